"""Backups of the keyring: whole, sealed to a recovery key that is kept elsewhere, for 35 days.

Every key is in a backup before it is used. A backup is opened by people, with the recovery key,
on a machine of their choice; the vault itself cannot open one.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hpke import MLKEM768X25519PrivateKey

from alpr_city.errors import VaultError
from alpr_wire.errors import SealError
from alpr_wire.seal_keys import from_raw
from alpr_wire.sealing import SUITE, SealPublicKey

LIFE_S = 35 * 24 * 3600
_INFO = b"alpr/1/key-backup"
_SEEDS_BYTES = 64 + 32

Row = tuple[str, str, bytes, int, int]
"""Use, label, secret, not before, not after (microseconds, UTC)."""
Memory = dict[str, list[list[Any]]]
"""Rows by table, as JSON holds them."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What a backup holds."""

    keys: list[Row] = field(repr=False)
    streams: Memory
    """Empty in backups of versions that did not keep it."""


def private_from_seeds(seeds: bytes) -> MLKEM768X25519PrivateKey:
    """A seal or recovery key from its 96 bytes.

    Raises:
        VaultError: Not such a key.
    """
    if len(seeds) != _SEEDS_BYTES:
        raise VaultError(f"a private seal or recovery key is {_SEEDS_BYTES} bytes")
    return MLKEM768X25519PrivateKey(
        MLKEM768PrivateKey.from_seed_bytes(seeds[:64]),
        X25519PrivateKey.from_private_bytes(seeds[64:]),
    )


def draw_seeds() -> bytes:
    """A new seal or recovery key, as its 96 bytes."""
    return os.urandom(_SEEDS_BYTES)


def public_of(seeds: bytes) -> bytes:
    """The public half, raw."""
    lattice = MLKEM768PrivateKey.from_seed_bytes(seeds[:64]).public_key()
    curve = X25519PrivateKey.from_private_bytes(seeds[64:]).public_key()
    return lattice.public_bytes_raw() + curve.public_bytes_raw()


@dataclass(frozen=True, slots=True)
class Backup:
    """A folder of sealed copies of the keyring."""

    folder: Path
    recovery: SealPublicKey
    beside: Callable[[], Memory] = field(default=dict)
    """What else goes into every backup: the vault's memory of streams."""

    @classmethod
    def to(cls, folder: Path, recovery_file: Path) -> Backup:
        """Backups in a folder, sealed to the public recovery key in a file.

        Raises:
            VaultError: The recovery key is missing or none.
        """
        try:
            return cls(folder, from_raw(recovery_file.read_bytes()))
        except (OSError, SealError) as error:
            raise VaultError(f"{recovery_file}: no public recovery key ({error})") from error

    def write(self, rows: list[Row], now_s: float | None = None) -> Path:
        """Write all keys, durably, before any new one of them is used; the new file.

        Raises:
            VaultError: The backup could not be written; the key must not be used.
        """
        now_s = time.time() if now_s is None else now_s
        kept = [[u, lb, secret.hex(), a, b] for u, lb, secret, a, b in rows]
        whole = {"version": 1, "made_s": int(now_s), "keys": kept, "streams": self.beside()}
        plain = json.dumps(whole).encode()
        sealed = SUITE.encrypt(plain, self.recovery, info=_INFO)
        path = self.folder / f"keys-{int(now_s * 1e6):020}.backup"
        half = path.with_suffix(".new")
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with half.open("wb") as file:
                file.write(sealed)
                file.flush()
                os.fsync(file.fileno())
            half.rename(path)
            folder = os.open(self.folder, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as error:
            raise VaultError(
                f"{self.folder}: the key backup cannot be written ({error.strerror})",
                fix="until it can, no new key is used and no read of a new day is opened",
            ) from error
        return path

    def prune(self, now_s: float | None = None) -> int:
        """Delete backups that have had their 35 days; how many went."""
        now_s = time.time() if now_s is None else now_s
        gone = 0
        for path in self.folder.glob("keys-*.backup"):
            if _made_s(path) < now_s - LIFE_S:
                path.unlink()
                gone += 1
        return gone


def open_backup(
    path: Path, recovery_seeds: bytes, destroyed: Collection[tuple[str, str]], now_s: float
) -> Opened:
    """A backup, without the keys that were destroyed on record.

    Args:
        path: The backup.
        recovery_seeds: The private recovery key.
        destroyed: (use, label) of every key that was destroyed, from what survives of the record.
        now_s: The time.

    Raises:
        VaultError: It has expired, or is not sealed to this key.
    """
    try:
        sealed = path.read_bytes()
        plain = SUITE.decrypt(sealed, private_from_seeds(recovery_seeds), info=_INFO)
        kept = json.loads(plain)
    except OSError as error:
        raise VaultError(f"{path}: cannot be read ({error.strerror})") from error
    except (InvalidTag, ValueError) as error:
        raise VaultError(f"{path}: not a backup that this recovery key opens") from error
    if kept["version"] != 1 or now_s - kept["made_s"] > LIFE_S:
        raise VaultError(f"{path}: this backup has expired; keys in it may have been destroyed")
    keys = [
        (use, label, bytes.fromhex(secret), a, b)
        for use, label, secret, a, b in kept["keys"]
        if (use, label) not in destroyed
    ]
    return Opened(keys, kept.get("streams", {}))


def _made_s(path: Path) -> float:
    try:
        return int(path.stem.split("-")[1]) / 1e6
    except (IndexError, ValueError):
        return float("inf")
