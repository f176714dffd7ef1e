"""The key-encryption key: what the keyring's file is worthless without."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from alpr_city.errors import VaultError

KEK_BYTES = 32
_NONCE_BYTES = 12


class Kek(Protocol):
    """Wraps and unwraps keys. A hardware token may stand behind it."""

    @property
    def name(self) -> str:
        """Which generation this is; not secret."""

    def wrap(self, secret: bytes, about: bytes) -> bytes:
        """The secret, sealed and bound to what it is about."""

    def unwrap(self, wrapped: bytes, about: bytes) -> bytes:
        """The secret again."""

    def successor(self) -> Kek:
        """A new generation, durable beside this one."""

    def settle(self, name: str) -> Kek:
        """The generation of this name, from now on the only one: every other is destroyed."""


class FileKek:
    """A key-encryption key in a file that only the vault's user may read."""

    def __init__(self, path: Path) -> None:
        """Read the key.

        Raises:
            VaultError: The file is missing, open to others, or no key.
        """
        try:
            secret = path.read_bytes()
            open_to = path.stat().st_mode & 0o077
        except OSError as error:
            raise VaultError(
                f"{path}: the key-encryption key cannot be read ({error.strerror})",
                fix="run `alpr-city init`, or bring the key back from where it is kept",
            ) from error
        if len(secret) != KEK_BYTES:
            raise VaultError(f"{path}: a key-encryption key is {KEK_BYTES} bytes")
        if open_to:
            raise VaultError(f"{path}: others can read this key", fix=f"chmod 600 {path}")
        self._path = path
        self._aead = AESGCM(secret)
        self.name = hashlib.sha256(b"alpr/1/kek" + secret).hexdigest()[:16]

    @staticmethod
    def create(path: Path) -> FileKek:
        """Draw a new key; a file that is there already is never overwritten."""
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(AESGCM.generate_key(KEK_BYTES * 8))
            file.flush()
            os.fsync(file.fileno())
        return FileKek(path)

    def wrap(self, secret: bytes, about: bytes) -> bytes:
        """Nonce and ciphertext."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._aead.encrypt(nonce, secret, about)

    def unwrap(self, wrapped: bytes, about: bytes) -> bytes:
        """The secret.

        Raises:
            VaultError: It was wrapped by another key, or changed.
        """
        try:
            return self._aead.decrypt(wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:], about)
        except (InvalidTag, ValueError) as error:
            raise VaultError(
                "a key does not open with this key-encryption key",
                fix="bring back the key-encryption key that belongs to this keyring",
            ) from error

    def successor(self) -> FileKek:
        """The next generation, in a file beside this one's until it is settled."""
        self._next.unlink(missing_ok=True)  # of a change that came to nothing
        return FileKek.create(self._next)

    def settle(self, name: str) -> FileKek:
        """Finish or undo a change of generations that was cut off at any instant.

        Raises:
            VaultError: Neither generation here has this name.
        """
        if name == self.name:
            self._destroy(self._next)
            return self
        if self._next.exists():
            successor = FileKek(self._next)
            if successor.name == name:
                _overwrite(self._path)
                self._next.replace(self._path)
                _sync(self._path.parent)
                return FileKek(self._path)
        raise VaultError(
            "this keyring belongs to another key-encryption key",
            fix="bring back the key-encryption key that belongs to it",
        )

    def destroy(self) -> None:
        """Overwrite it, and its successor where there is one."""
        for path in (self._next, self._path):
            self._destroy(path)

    @property
    def _next(self) -> Path:
        return self._path.with_name(self._path.name + ".next")

    def _destroy(self, path: Path) -> None:
        if path.exists():
            _overwrite(path)
            path.unlink()
            _sync(path.parent)


def _overwrite(path: Path) -> None:
    """Zeros over a key; a disk that moves its blocks may keep a copy all the same."""
    with path.open("r+b") as file:
        file.write(bytes(KEK_BYTES))
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
