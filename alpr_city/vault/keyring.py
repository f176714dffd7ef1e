"""The vault's keys, each wrapped under the key-encryption key, in one SQLite file.

A key is in a backup before it is used, and its destruction stays on record when it is gone.
"""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from enum import StrEnum
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from alpr_city.errors import KeyGoneError, VaultError
from alpr_city.vault.backup import Backup, Row
from alpr_city.vault.durable import make_durable
from alpr_city.vault.kek import Kek

_SCHEMA = """
CREATE TABLE IF NOT EXISTS keys (
    use TEXT NOT NULL, label TEXT NOT NULL, wrapped BLOB, made_us INTEGER NOT NULL,
    not_before_us INTEGER NOT NULL, not_after_us INTEGER NOT NULL, certificate BLOB,
    destroyed_us INTEGER, why TEXT,
    PRIMARY KEY (use, label)
);
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""
FOR_EVER_US = 2**53 - 1


class Use(StrEnum):
    """What a key is for."""

    SEAL = "seal"
    DAY = "day"
    INDEX = "index"
    RECEIPT = "receipt"
    COMMAND = "command"
    LOG = "log"
    QUERY = "query"
    LIST = "list"
    WATCHED = "watched"
    EVIDENCE = "evidence"
    RELEASE = "release"
    CASE = "case"


class Keyring:
    """The living keys, and the record of the dead ones. One thread at a time uses it."""

    def __init__(self, path: Path, kek: Kek, backup: Backup) -> None:
        """Open or create the file.

        Raises:
            VaultError: The file is damaged or belongs to another key-encryption key.
        """
        self._path, self._kek, self._backup = path, kek, backup
        self._cache: dict[tuple[Use, str], bytes] = {}
        try:
            self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            path.chmod(0o600)
            make_durable(self._db)
            self._db.execute("PRAGMA secure_delete = ON")
            self._db.executescript(_SCHEMA)
            row = self._db.execute("SELECT value FROM facts WHERE name = 'kek'").fetchone()
            if row is None:
                self._db.execute("INSERT INTO facts VALUES ('kek', ?)", (kek.name,))
        except sqlite3.Error as error:
            raise VaultError(f"{path}: the keyring cannot be opened ({error})") from error
        if row is not None:
            self._kek = kek.settle(row[0])

    def make(
        self,
        use: Use,
        label: str,
        secret: bytes,
        *,
        not_before_us: int = 0,
        not_after_us: int = FOR_EVER_US,
    ) -> bytes:
        """Back a new key up, then keep it; the secret. A key that is there already is kept.

        Raises:
            KeyGoneError: A key of this name was destroyed.
            VaultError: The backup could not be written.
        """
        row = self._row(use, label)
        if row is not None:
            return self.secret(use, label)
        self._backup.write([*self._rows(), (use, label, secret, not_before_us, not_after_us)])
        self._insert((use, label, secret, not_before_us, not_after_us))
        return secret

    def secret(self, use: Use, label: str) -> bytes:
        """A living key.

        Raises:
            KeyGoneError: It was destroyed, or never made.
        """
        cached = self._cache.get((use, label))
        if cached is not None:
            return cached
        row = self._row(use, label)
        if row is None:
            raise KeyGoneError(f"there is no {use} key {label}")
        if row[0] is None:
            raise KeyGoneError(f"the {use} key {label} was destroyed on record")
        secret = self._kek.unwrap(row[0], _about(use, label))
        self._cache[(use, label)] = secret
        return secret

    def has(self, use: Use, label: str) -> bool:
        """Whether a key lives."""
        row = self._row(use, label)
        return row is not None and row[0] is not None

    def day(self, day: str) -> tuple[bytes, bytes]:
        """Data key and index key of a day (ISO), made at its first read.

        Raises:
            KeyGoneError: The day was purged.
        """
        if (Use.INDEX, day) not in self._cache:
            self.make(Use.DAY, day, AESGCM.generate_key(256))
            self.make(Use.INDEX, day, AESGCM.generate_key(256))
        return self.secret(Use.DAY, day), self.secret(Use.INDEX, day)

    def labels(self, use: Use) -> list[tuple[str, int, int]]:
        """Label, not before and not after of the living keys of a use, oldest first."""
        return [
            (str(label), int(a), int(b))
            for label, a, b in self._db.execute(
                "SELECT label, not_before_us, not_after_us FROM keys"
                " WHERE use = ? AND wrapped IS NOT NULL ORDER BY not_before_us, label",
                (use,),
            )
        ]

    def destroy(self, use: Use, label: str, why: str) -> None:
        """Overwrite a key; that it was, and why it is gone, stays on record.

        Raises:
            KeyGoneError: There is no such living key.
        """
        self._cache.pop((use, label), None)
        changed = self._db.execute(
            "UPDATE keys SET wrapped = NULL, destroyed_us = ?, why = ?"
            " WHERE use = ? AND label = ? AND wrapped IS NOT NULL",
            (time.time_ns() // 1000, why, use, label),
        ).rowcount
        if not changed:
            raise KeyGoneError(f"there is no living {use} key {label}")
        self._forget_pages()

    def destroyed_at(self, use: Use, label: str) -> int | None:
        """When a key was destroyed, in microseconds; None while it lives or never was."""
        row = self._db.execute(
            "SELECT destroyed_us FROM keys WHERE use = ? AND label = ?", (use, label)
        ).fetchone()
        return None if row is None or row[0] is None else int(row[0])

    def destroyed(self) -> set[tuple[str, str]]:
        """Every key that is gone."""
        return set(self._db.execute("SELECT use, label FROM keys WHERE wrapped IS NULL"))

    def rewrap(self, kek: Kek) -> int:
        """Wrap every living key under a new key-encryption key; how many."""
        rows = [(u, lb, self.secret(Use(u), lb)) for u, lb, *_ in self._rows()]
        self._db.execute("BEGIN IMMEDIATE")
        try:
            for use, label, secret in rows:
                self._db.execute(
                    "UPDATE keys SET wrapped = ? WHERE use = ? AND label = ?",
                    (kek.wrap(secret, _about(use, label)), use, label),
                )
            self._db.execute("UPDATE facts SET value = ? WHERE name = 'kek'", (kek.name,))
            self._db.execute("COMMIT")
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._kek = kek
        self._forget_pages()
        return len(rows)

    def rotate(self) -> int:
        """Wrap every living key under a new key-encryption key and destroy the old; how many.

        Cut off at any instant, the keyring opens again with the one or the other.
        """
        old = self._kek
        new = old.successor()
        count = self.rewrap(new)
        self._kek = old.settle(new.name)
        return count

    def restore(self, rows: list[Row]) -> int:
        """Take keys from a backup that are neither here nor destroyed; how many."""
        taken = 0
        for row in rows:
            if self._row(Use(row[0]), row[1]) is None:
                self._insert(row)
                taken += 1
        return taken

    def back_up(self) -> Path:
        """Write a backup of everything now, and drop those that expired."""
        path = self._backup.write(self._rows())
        self._backup.prune()
        return path

    def certify(self, use: Use, label: str, certificate: bytes) -> None:
        """Keep the root's statement for a public half."""
        self._db.execute(
            "UPDATE keys SET certificate = ? WHERE use = ? AND label = ?", (certificate, use, label)
        )

    def certificate(self, use: Use, label: str) -> bytes | None:
        """The root's statement for a public half."""
        row = self._db.execute(
            "SELECT certificate FROM keys WHERE use = ? AND label = ?", (use, label)
        ).fetchone()
        return None if row is None or row[0] is None else bytes(row[0])

    def close(self) -> None:
        """Let go of the file."""
        self._cache.clear()
        self._db.close()

    def _insert(self, row: Row) -> None:
        use, label, secret, not_before_us, not_after_us = row
        wrapped = self._kek.wrap(secret, _about(use, label))
        self._db.execute(
            "INSERT INTO keys (use, label, wrapped, made_us, not_before_us, not_after_us)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (use, label, wrapped, time.time_ns() // 1000, not_before_us, not_after_us),
        )

    def _row(self, use: Use, label: str) -> tuple[bytes | None] | None:
        row: tuple[bytes | None] | None = self._db.execute(
            "SELECT wrapped FROM keys WHERE use = ? AND label = ?", (use, label)
        ).fetchone()
        return row

    def _rows(self) -> list[Row]:
        with closing(
            self._db.execute(
                "SELECT use, label, not_before_us, not_after_us FROM keys"
                " WHERE wrapped IS NOT NULL ORDER BY use, label"
            )
        ) as found:
            return [(u, lb, self.secret(Use(u), lb), a, b) for u, lb, a, b in found.fetchall()]

    def _forget_pages(self) -> None:
        """What was overwritten must not live on in the write-ahead log."""
        self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _about(use: str, label: str) -> bytes:
    return f"alpr/1/keyring/{use}/{label}".encode()
