"""Opens reads as they arrive, and makes what the city stores beside the camera's bytes."""

from __future__ import annotations

import os
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hpke import MLKEM768X25519PrivateKey

from alpr_city.errors import VaultError
from alpr_city.vault import index
from alpr_city.vault.backup import private_from_seeds
from alpr_city.vault.keyring import Keyring, Use
from alpr_wire.errors import SealError, WireError
from alpr_wire.reads import ReadBody, decode_read
from alpr_wire.records import Kind, Picture, Record, decode_record, take_bytes
from alpr_wire.sealing import KEY_BYTES, KEY_ID_BYTES, EpochOpener, open_read

MOST_EPOCHS = 4096
"""Open epochs kept at hand, newest used last."""


@dataclass(frozen=True, slots=True)
class Opened:
    """One read, as far as it is stored in the clear or under the day's keys."""

    seq: int
    wrapped: bytes
    """The read's own keys under the day key."""
    captured_us: int
    tokens: list[int]
    pattern: str


class Arrivals:
    """The reads' way in. One thread at a time uses it."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring
        self._epochs: OrderedDict[tuple[str, bytes, int], EpochOpener] = OrderedDict()
        self._unpacked: tuple[bytes, MLKEM768X25519PrivateKey] | None = None

    def learn(self, camera: str, encoding: bytes) -> str:
        """Open an epoch's seed; the label of the seal key it is sealed to.

        Raises:
            VaultError: It does not open: sealed to a key that is not ours or no more.
        """
        try:
            record = decode_record(encoding)
            label = seal_label(record)
            key = (camera, record.stream, record.seq)
            if key not in self._epochs:
                self._epochs[key] = EpochOpener(camera, record, self._private(label))
                if len(self._epochs) > MOST_EPOCHS:
                    self._epochs.popitem(last=False)
        except (WireError, SealError) as error:
            raise VaultError(f"an epoch does not open: {error}") from error
        self._epochs.move_to_end(key)
        return label

    def _private(self, label: str) -> MLKEM768X25519PrivateKey:
        """A living seal key; the one used last is kept unpacked, which costs more than opening."""
        seeds = self._keyring.secret(Use.SEAL, label)
        if self._unpacked is None or self._unpacked[0] != seeds:
            self._unpacked = seeds, private_from_seeds(seeds)
        return self._unpacked[1]

    def open(
        self, camera: str, stream: bytes, day: str, seq: int, body: dict[int, Any]
    ) -> tuple[Opened, ReadBody]:
        """Open one read and wrap its keys.

        Raises:
            VaultError: Its epoch is unknown, or it does not open.
        """
        day_key, index_key = self._keyring.day(day)
        record = Record(kind=Kind.READ, stream=stream, seq=seq, body=body)
        opener = self._epochs.get((camera, stream, body.get(1, -1)))
        if opener is None:
            raise VaultError("the read's epoch is not here")
        try:
            keys = opener.keys(record)
            read = decode_read(open_read(camera, record, keys[0]))
        except (WireError, SealError) as error:
            raise VaultError(f"a read does not open: {error}") from error
        plain = keys[0] + b"".join(keys[kind] for kind in Picture)
        return Opened(
            seq,
            wrap(day_key, plain, place(camera, stream, seq, day)),
            read.captured_us,
            index.tokens(index_key, read),
            index.pattern(read),
        ), read


def seal_label(record: Record) -> str:
    """Which seal key an epoch record names.

    Raises:
        WireError: It names none.
    """
    return take_bytes(record.body, 1, KEY_ID_BYTES, "the seal key's id").hex()


def place(camera: str, stream: bytes, seq: int, day: str) -> bytes:
    """Binds wrapped keys to their read."""
    return b"alpr/1/wrapped/%s/%s/%d/%s" % (
        camera.encode(),
        stream.hex().encode(),
        seq,
        day.encode(),
    )


def wrap(key: bytes, plain: bytes, about: bytes) -> bytes:
    """Nonce and ciphertext."""
    nonce = os.urandom(12)
    return nonce + AESGCM(key).encrypt(nonce, plain, about)


def unwrap(key: bytes, wrapped: bytes, about: bytes) -> bytes:
    """What was wrapped.

    Raises:
        VaultError: Another key, another place, or changed.
    """
    try:
        return AESGCM(key).decrypt(wrapped[:12], wrapped[12:], about)
    except (InvalidTag, ValueError) as error:
        raise VaultError("what was stored beside this read was changed") from error


def read_keys(plain: bytes) -> dict[int, bytes]:
    """The three keys of a read from their wrapped form."""
    if len(plain) != KEY_BYTES * (1 + len(Picture)):
        raise VaultError("what was stored beside this read was changed")
    cut = [plain[i : i + KEY_BYTES] for i in range(0, len(plain), KEY_BYTES)]
    return dict(zip((0, *(int(kind) for kind in Picture)), cut, strict=True))
