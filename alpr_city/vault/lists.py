"""Hot lists as the vault keeps them: rows sealed under a key of their own, found by folded text.

A version of a list is one file of sealed blocks, sorted by key, and one key of its own. In memory
stand the sorted keys alone, eight bytes a row. A new version is built aside, chunk by chunk, and
swapped in; the old one's key is destroyed and its file removed.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
import time
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import cbor2
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from alpr_city.errors import VaultError
from alpr_city.vault.arrivals import unwrap, wrap
from alpr_city.vault.durable import make_durable
from alpr_city.vault.index import FOLD
from alpr_city.vault.keyring import Keyring, Use

BASE = 36
BLOCK_ROWS = 512
MOST_ROWS_A_CALL = 8192
MOST_CHARACTERS = 11
"""So that a text is a number of 64 bits; no listed plate is longer."""
KEY_BYTES = 8
LEAST_ROWS, MOST_SIEVED = 4096, 4_000_000
MARKS_A_ROW = 16
SEPARATOR = "\x1f"
FIELDS = ("plate", "state", "kind", "noted", "reference")
RULES = ("least_confidence", "least_character", "region_sure", "stale_s", "live_s", "hit_s")
_SCHEMA = """
CREATE TABLE IF NOT EXISTS versions (
    version TEXT PRIMARY KEY, list TEXT NOT NULL UNIQUE, facts BLOB NOT NULL
);
"""


def packed(plate: str) -> int:
    """A plate with its look-alikes folded, as a number; the leading 1 keeps leading zeros apart."""
    return int(b"1" + plate.encode().translate(FOLD), BASE)


def encode_row(plate: str, state: str, kind: str, noted: str, reference: str) -> bytes:
    """A row as it is sorted, sent and sealed: its key in eight bytes, then its fields."""
    fields = SEPARATOR.join((plate, state, kind, noted, reference))
    return packed(plate).to_bytes(KEY_BYTES, "big") + fields.encode()


def decode_row(row: bytes) -> dict[str, str]:
    """The fields of a row."""
    return dict(zip(FIELDS, row[KEY_BYTES:].decode().split(SEPARATOR), strict=True))


@dataclass(slots=True)
class Table:
    """One version of one list, ready to be matched against."""

    name: str
    version: str
    facts: dict[str, Any] = field(repr=False)
    path: Path
    keys: array[int] = field(default_factory=lambda: array("Q"), repr=False)
    starts: array[int] = field(default_factory=lambda: array("Q"))
    """First row of each block."""
    offsets: array[int] = field(default_factory=lambda: array("Q"))
    marks: bytearray = field(default_factory=bytearray, repr=False)
    """For each key one byte is set, the one at its remainder: where none is set, no key is. This
    spares nearly every read the search in `has`."""

    def sieve(self, rows: int) -> None:
        """Make room for the marks of so many rows; with more rows they spare less."""
        slots = min(max(rows, LEAST_ROWS), MOST_SIEVED) * MARKS_A_ROW
        # Keys are numbers of base 36: a size without its factors spreads them.
        self.marks = bytearray(slots - slots % 6 + 1)

    def append(self, key: int) -> None:
        """One more key, not smaller than those before."""
        self.keys.append(key)
        self.marks[key % len(self.marks)] = 1

    def has(self, key: int) -> bool:
        """Whether a row has this key."""
        at = bisect_left(self.keys, key)
        return at < len(self.keys) and self.keys[at] == key

    @property
    def expired(self) -> bool:
        """An expired list matches nothing."""
        return bool(time.time_ns() // 1000 >= self.facts["expires_us"])


class Lists:
    """A folder of lists. One thread at a time uses it."""

    def __init__(self, folder: Path, keyring: Keyring) -> None:
        """Open the folder; what was half built is gone.

        Raises:
            VaultError: A list is damaged.
        """
        self._folder, self._keyring = folder, keyring
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._building: dict[str, tuple[Table, BinaryIO]] = {}
        self.tables: dict[str, Table] = {}
        try:
            self._db = sqlite3.connect(
                folder / "lists.db", isolation_level=None, check_same_thread=False
            )
            make_durable(self._db)
            self._db.executescript(_SCHEMA)
            rows = self._db.execute("SELECT version, list, facts FROM versions").fetchall()
        except sqlite3.Error as error:
            raise VaultError(f"{folder}: the hot lists cannot be opened ({error})") from error
        for version, name, facts in rows:
            self.tables[name] = self._load(name, version, cbor2.loads(facts))
        kept = {t.version for t in self.tables.values()}
        for label, *_ in keyring.labels(Use.LIST):
            if label not in kept:
                self._destroy(label, "never completed, or replaced")

    def begin(self, name: str, facts: dict[str, Any], rows: int = 0) -> str:
        """Begin to build a version; its id. `rows`: about how many it will have.

        Raises:
            VaultError: The facts lack what every list must have.
        """
        for what in ("owner", "legal_basis", "class"):
            if not str(facts.get(what, "")).strip():
                raise VaultError(f"a hot list names its {what.replace('_', ' ')}")
        if not all(isinstance(facts.get(n), (int, float)) for n in RULES) or "policy" not in facts:
            raise VaultError("a hot list comes with the policy's rules for its class")
        expires_us, made_us = facts.get("expires_us"), facts.get("made_us")
        if type(expires_us) is not int or type(made_us) is not int:
            raise VaultError("a hot list has an expiry and a date")
        if expires_us <= time.time_ns() // 1000:
            raise VaultError("this hot list has expired already")
        version = secrets.token_hex(8)
        self._keyring.make(Use.LIST, version, AESGCM.generate_key(256))
        path = self._folder / f"{version}.list"
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        table = Table(name, version, facts, path)
        table.sieve(rows)
        self._building[version] = table, os.fdopen(descriptor, "wb")
        return version

    def add(self, version: str, rows: list[bytes]) -> int:
        """Add rows, sorted by key after those before; how many there are.

        Raises:
            VaultError: They are not sorted, malformed, or too many at once.
        """
        table, file = self._under_way(version)
        if len(rows) > MOST_ROWS_A_CALL:
            raise VaultError(f"at most {MOST_ROWS_A_CALL} rows at once")
        last = table.keys[-1] if table.keys else 0
        key = self._keyring.secret(Use.LIST, version)
        for at in range(0, len(rows), BLOCK_ROWS):
            block = rows[at : at + BLOCK_ROWS]
            for row in block:
                number = int.from_bytes(row[:KEY_BYTES], "big")
                if number < last or number != packed(_plate(row)):
                    raise VaultError("the rows of a hot list come sorted by their folded plates")
                last = number
                table.append(number)
            table.starts.append(len(table.keys) - len(block))
            table.offsets.append(file.tell())
            sealed = wrap(key, cbor2.dumps(block), _about(version, len(table.starts) - 1))
            file.write(len(sealed).to_bytes(4, "big") + sealed)
        file.flush()
        os.fsync(file.fileno())  # each time a little, so that nobody waits for all of it
        return len(table.keys)

    def commit(self, version: str, rows: int) -> None:
        """Put a version in its list's place; the one before is destroyed.

        Raises:
            VaultError: It does not have so many rows.
        """
        table, file = self._under_way(version)
        if len(table.keys) != rows:
            raise VaultError(f"{len(table.keys)} rows arrived of {rows}; the list stays as it was")
        file.close()
        del self._building[version]
        before = self.tables.get(table.name)
        self._db.execute(
            "INSERT INTO versions VALUES (?, ?, ?) ON CONFLICT (list) DO UPDATE SET"
            " version = excluded.version, facts = excluded.facts",
            (version, table.name, cbor2.dumps(table.facts)),
        )
        self.tables[table.name] = table
        if before is not None:
            self._destroy(before.version, "replaced")

    def abandon(self, version: str) -> None:
        """Drop what was begun."""
        _, file = self._under_way(version)
        file.close()
        del self._building[version]
        self._destroy(version, "abandoned")

    def drop(self, name: str) -> None:
        """Take a list away.

        Raises:
            VaultError: There is none of this name.
        """
        table = self.tables.pop(name, None)
        if table is None:
            raise VaultError("there is no such hot list")
        self._db.execute("DELETE FROM versions WHERE list = ?", (name,))
        self._destroy(table.version, "taken away")

    def rows(self, table: Table, number: int) -> Iterator[dict[str, str]]:
        """The rows of a table under one key."""
        first, last = bisect_left(table.keys, number), bisect_right(table.keys, number)
        at = first
        while at < last:
            block_no = bisect_right(table.starts, at) - 1
            start = table.starts[block_no]
            block = self._block(table, block_no)
            stop = min(last, start + len(block))
            for row in block[at - start : stop - start]:
                yield decode_row(row)
            at = stop

    def _block(self, table: Table, number: int) -> list[bytes]:
        with table.path.open("rb") as file:
            file.seek(table.offsets[number])
            sealed = file.read(int.from_bytes(file.read(4), "big"))
        key = self._keyring.secret(Use.LIST, table.version)
        rows: list[bytes] = cbor2.loads(unwrap(key, sealed, _about(table.version, number)))
        return rows

    def _load(self, name: str, version: str, facts: dict[str, Any]) -> Table:
        table = Table(name, version, facts, self._folder / f"{version}.list")
        try:
            size, at = table.path.stat().st_size, 0
            with table.path.open("rb") as file:
                while at < size:
                    table.offsets.append(at)
                    at += 4 + int.from_bytes(file.read(4), "big")
                    file.seek(at)
        except OSError as error:
            raise VaultError(f"a hot list is not there ({error.strerror})") from error
        table.sieve(len(table.offsets) * BLOCK_ROWS)
        for number in range(len(table.offsets)):
            table.starts.append(len(table.keys))
            for row in self._block(table, number):
                table.append(int.from_bytes(row[:KEY_BYTES], "big"))
        return table

    def _under_way(self, version: str) -> tuple[Table, BinaryIO]:
        found = self._building.get(version)
        if found is None:
            raise VaultError("no such version of a hot list is being built")
        return found

    def _destroy(self, version: str, why: str) -> None:
        self._keyring.destroy(Use.LIST, version, why)
        (self._folder / f"{version}.list").unlink(missing_ok=True)

    def close(self) -> None:
        """Let go of every file."""
        for _, file in self._building.values():
            file.close()
        self._db.close()


def _plate(row: bytes) -> str:
    try:
        fields = row[KEY_BYTES:].decode().split(SEPARATOR)
    except UnicodeDecodeError:
        fields = []
    plate = fields[0] if len(fields) == len(FIELDS) else ""
    if not (0 < len(plate) <= MOST_CHARACTERS and plate.isascii() and plate.isalnum()):
        raise VaultError("a row of a hot list is malformed")
    return plate


def _about(version: str, block: int) -> bytes:
    return f"alpr/1/list/{version}/{block}".encode()
