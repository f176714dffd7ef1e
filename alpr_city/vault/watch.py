"""Matches reads against hot lists as they arrive, and opens what a match found, on record.

A match says how sure the read is and how it differs; whether that is a hit is for the policy's
rules, which travel with the list. Nothing here says a plate.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cbor2

from alpr_city.errors import VaultError
from alpr_city.vault.arrivals import unwrap, wrap
from alpr_city.vault.index import UNLIKELY, fold
from alpr_city.vault.keyring import Use
from alpr_city.vault.lists import BASE, MOST_CHARACTERS, Lists, Table, packed
from alpr_wire.read_fields import Fields
from alpr_wire.reads import CHARACTERS, ReadBody

if TYPE_CHECKING:
    from alpr_city.vault.vault import Vault

MOST_DOUBTFUL = 4
"""Characters of a read. One of several is never a hit: it shows a person where to look again."""
EXACT, LOOK_ALIKE, ALTERNATIVE = "exact", "look-alike", "alternative"


class Watch:
    """Hot lists in a vault."""

    def __init__(self, vault: Vault, lists: Lists) -> None:
        self._vault, self._lists = vault, lists
        self._found: list[dict[str, Any]] = []
        self._tables: list[Table] = []
        vault.watch = self.look

    # Ingest.

    def arrive(self, batches: list[list[Any]]) -> list[Any]:
        """The vault's `arrive`, and a fourth part: the matches."""
        self._found = []
        self._tables = [t for t in self._lists.tables.values() if not t.expired]
        try:
            day, answers, patterns = self._vault.arrive(batches)
        finally:
            self._tables = []
        return [day, answers, patterns, self._found]

    def look(self, camera: str, stream: bytes, seq: int, day: str, read: Fields) -> None:
        """Match one read against the lists that stood when its round began."""
        if not self._tables:
            return
        keys = keys_of(read)
        for table in self._tables:
            marks, size = table.marks, len(table.marks)
            for key in keys:
                if marks[key % size] and table.has(key):
                    self._compare(camera, stream, seq, day, read, table, key)

    def _compare(
        self, camera: str, stream: bytes, seq: int, day: str, read: Fields, table: Table, key: int
    ) -> None:
        for row in self._lists.rows(table, key):
            how = compare(read, row["plate"])
            if how:
                found = self._match(
                    camera, stream, seq, day, read.converted(), table.name, row, how
                )
                self._found.append(found)

    def _match(
        self,
        camera: str,
        stream: bytes,
        seq: int,
        day: str,
        read: ReadBody,
        name: str,
        row: dict[str, str],
        how: str,
    ) -> dict[str, Any]:
        table = self._lists.tables[name]
        day_key, _ = self._vault.keyring.day(day)
        about = _about(camera, stream, seq, table.version)
        return {
            "camera": camera,
            "stream": stream,
            "seq": seq,
            "list": name,
            "version": table.version,
            "facts": table.facts,
            "how": how,
            "confidence": read.confidence,
            "least": min((p[0][1] for p in read.lattice), default=0.0),
            "state": state_of(read, row["state"]),
            "region_confidence": read.region_confidence,
            "captured_us": read.captured_us,
            "sealed": wrap(day_key, cbor2.dumps(row), about),
        }

    # Lists; every one of these is on record first.

    def begin(self, access: dict[str, Any], name: str, facts: dict[str, Any], rows: int = 0) -> str:
        """Begin a version of a list, of about so many rows."""
        self._vault._put_on_record(access)
        return self._lists.begin(name, facts, rows)

    def commit(self, access: dict[str, Any], version: str, rows: int) -> int:
        """Put it in its place; the access record's number."""
        record = self._vault._put_on_record(access)
        self._lists.commit(version, rows)
        self._vault.log.outcome(record, rows, [])
        return record

    def drop(self, access: dict[str, Any], name: str) -> int:
        """Take a list away; the access record's number."""
        record = self._vault._put_on_record(access)
        self._lists.drop(name)
        return record

    def state(self) -> list[dict[str, Any]]:
        """Every list without its rows."""
        return [
            {"list": t.name, "version": t.version, "rows": len(t.keys), "facts": t.facts}
            for t in self._lists.tables.values()
        ]

    def entry(
        self, access: dict[str, Any], place: list[Any], name: str, version: str, sealed: bytes
    ) -> list[Any]:
        """`[record, entry, listed]`: what the list said when the read came, and whether the list
        in its present version still says it (None where the list is gone).

        Raises:
            VaultError: It could not be put on record, was changed, or its day was purged.
        """
        record = self._vault._put_on_record(access)
        camera, stream, seq, day = place
        key = self._vault.keyring.secret(Use.DAY, day)
        row = cbor2.loads(unwrap(key, sealed, _about(camera, stream, seq, version)))
        table = self._lists.tables.get(name)
        listed = None
        if table is not None and not table.expired:
            number = packed(row["plate"])
            listed = any(
                (r["plate"], r["state"]) == (row["plate"], row["state"])
                for r in self._lists.rows(table, number)
            )
        self._vault.log.outcome(record, 1, [stream + seq.to_bytes(8, "big")])
        return [record, row, listed]


def keys_of(read: Fields) -> set[int]:
    """Where a read would stand in a list: its text, and each text one alternative away.

    With more than `MOST_DOUBTFUL` characters in doubt it is the text alone: the rest is anybody's.
    This is done for every read that arrives, so texts one character apart are told by arithmetic:
    a folded text is a number (`packed`), and another character moves it by its place's worth.
    """
    text, lattice = read.text, read.lattice
    gaps, length = text.count("?"), len(text)
    if gaps > 1 or not 0 < length <= MOST_CHARACTERS:
        return set()
    # A gap counts as 0 until an alternative fills it.
    number = packed(text.replace("?", "0") if gaps else text)
    keys, doubtful = set() if gaps else {number}, 0
    if len(lattice) != length:
        return keys
    for here, worth, position in zip(text, _WORTHS[length], lattice, strict=True):
        if (len(position) == 1 and position[0][0] == here) or (gaps and here != "?"):
            continue
        without, before = number - worth[here], len(keys)
        for character, share in position:
            if character != here and share >= UNLIKELY and character != "?":
                keys.add(without + worth[character])
        if len(keys) > before:
            doubtful += 1
            if doubtful > MOST_DOUBTFUL:
                return {number}
    return keys


_DIGITS = {c: 0 if c == "?" else int(fold(c), BASE) for c in CHARACTERS}
_WORTHS = [
    [{c: digit * BASE**place for c, digit in _DIGITS.items()} for place in reversed(range(length))]
    for length in range(MOST_CHARACTERS + 1)
]
"""For each length of a text and each place in it, what a character adds to the number."""


def compare(read: Fields, plate: str) -> str:
    """How a read matches a listed plate; empty where it does not."""
    if read.text == plate:
        return EXACT
    if len(read.text) != len(plate):
        return ""
    if fold(read.text) == fold(plate):
        return LOOK_ALIKE
    return ALTERNATIVE


def state_of(read: ReadBody, state: str) -> str:
    """Whether the read's region is the listed state: 'same', 'other' or 'unknown'."""
    if not read.region or not state:
        return "unknown"
    return "same" if read.region.lower() == f"us-{state.lower()}" else "other"


def _about(camera: str, stream: bytes, seq: int, version: str) -> bytes:
    if not isinstance(stream, bytes):
        raise VaultError("a hit names its read")
    return f"alpr/1/hit/{camera}/{stream.hex()}/{seq}/{version}".encode()
