"""Opens reads as they arrive, and makes what the city stores beside the camera's bytes."""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Iterator
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hpke import MLKEM768X25519PrivateKey

from alpr_city.errors import VaultError
from alpr_city.vault import index
from alpr_city.vault.backup import private_from_seeds
from alpr_city.vault.keyring import Keyring, Use
from alpr_wire.errors import SealError, WireError
from alpr_wire.hmacs import Keyed
from alpr_wire.read_fields import Fields, fields_of
from alpr_wire.records import Picture, Record, decode_record, take_bytes
from alpr_wire.sealing import KEY_BYTES, KEY_ID_BYTES, EpochOpener

MOST_EPOCHS = 4096
"""Open epochs kept at hand, newest used last."""
NONCE_BYTES = 12
NONCES = 256
"""Drawn at once for a day's reads."""


class Day:
    """A day's two keys, made ready for many reads."""

    def __init__(self, label: str, data_key: bytes, index_key: bytes) -> None:
        self.label, self.index_key = label, index_key
        self._keys = data_key, index_key
        self._end = b"/" + label.encode()
        self._data = AESGCM(data_key)
        self._index = Keyed(index_key)
        self._nonces: Iterator[bytes] = iter(())

    def has(self, label: str, keys: tuple[bytes, bytes]) -> bool:
        """Whether it is of this day and these keys."""
        return (self.label, self._keys) == (label, keys)

    def store(self, keys: bytes, start: bytes, seq: int, read: Fields) -> tuple[list[Any], str]:
        """What is stored of an opened read: `[seq, wrapped, captured_us, tokens]`, and its pattern.

        Its keys are bound to its place: `start_of` its stream, its number and this day.
        """
        nonce = next(self._nonces, None) or self._nonce()
        wrapped = nonce + self._data.encrypt(nonce, keys, b"%s%d%s" % (start, seq, self._end))
        readings, pattern = index.index_of(read)
        return [seq, wrapped, read.captured_us, index.tokens(self._index, readings)], pattern

    def _nonce(self) -> bytes:
        """Random, like each of `wrap`'s; the system is asked for many at once."""
        drawn = os.urandom(NONCE_BYTES * NONCES)
        cuts = range(0, len(drawn), NONCE_BYTES)
        self._nonces = iter([drawn[at : at + NONCE_BYTES] for at in cuts])
        return next(self._nonces)


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

    def open(self, camera: str, stream: bytes, read: list[Any]) -> tuple[bytes, Fields]:
        """Open one read, of which `asked_of` says what it takes; its keys, and what it says.

        Raises:
            VaultError: Its epoch is unknown, or it does not open.
        """
        seq, epoch, number, sealed, commitment = read
        opener = self._epochs.get((camera, stream, epoch))
        if opener is None:
            raise VaultError("the read's epoch is not here")
        try:
            keys, plain = opener.open(seq, number, sealed, commitment)
            return keys, fields_of(plain)
        except (WireError, SealError) as error:
            raise VaultError(f"a read does not open: {error}") from error


def asked_of(read: Record) -> list[Any]:
    """What `Arrivals.open` needs of a read's record."""
    body = read.body
    return [read.seq, body.get(1), body.get(2), body.get(3), body.get(4)]


def seal_label(record: Record) -> str:
    """Which seal key an epoch record names.

    Raises:
        WireError: It names none.
    """
    return take_bytes(record.body, 1, KEY_ID_BYTES, "the seal key's id").hex()


def place(camera: str, stream: bytes, seq: int, day: str) -> bytes:
    """Binds wrapped keys to their read."""
    return b"%s%d/%s" % (start_of(camera, stream), seq, day.encode())


def start_of(camera: str, stream: bytes) -> bytes:
    """The part of `place` that the reads of a stream share."""
    return b"alpr/1/wrapped/%s/%s/" % (camera.encode(), stream.hex().encode())


def wrap(key: bytes, plain: bytes, about: bytes) -> bytes:
    """Nonce and ciphertext."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, about)


def unwrap(key: bytes, wrapped: bytes, about: bytes) -> bytes:
    """What was wrapped.

    Raises:
        VaultError: Another key, another place, or changed.
    """
    try:
        return AESGCM(key).decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], about)
    except (InvalidTag, ValueError) as error:
        raise VaultError("what was stored beside this read was changed") from error


def read_keys(plain: bytes) -> dict[int, bytes]:
    """The three keys of a read from their wrapped form."""
    if len(plain) != KEY_BYTES * (1 + len(Picture)):
        raise VaultError("what was stored beside this read was changed")
    cut = [plain[i : i + KEY_BYTES] for i in range(0, len(plain), KEY_BYTES)]
    return dict(zip((0, *(int(kind) for kind in Picture)), cut, strict=True))
