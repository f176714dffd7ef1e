"""Reads a list file whole, says what is wrong with it, and puts it into the vault in one swap."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, BinaryIO, Protocol

from alpr_city.hotlists.files import Row, clew, table
from alpr_city.hotlists.lines import Fault, ListError
from alpr_city.vault.lists import decode_row, encode_row

ROWS_A_CALL = 1024
KEPT_FAULTS = 10_000
"""Faults that are reported one by one; more are counted."""
MOST_ROWS = 5_000_000
"""Of one list: a file without end is refused before it fills the memory."""
CLEW_FILES = {
    "svs.tbl": "stolen vehicle",
    "sfr.tbl": "felony vehicle",
    "slr.tbl": "stolen plate",
}


class Asks(Protocol):
    """The vault's client."""

    def call(self, operation: str, *arguments: Any) -> Any:
        """Ask for one operation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What the policy says of a class of lists; recorded with each list."""

    policy: str
    """Version."""
    list_class: str
    federal: bool
    """The class's source is federal; such a list is never taken."""
    dropped_kinds: tuple[str, ...]
    """Rows whose kind holds one of these words are dropped and counted (immigration)."""
    least_confidence: float
    least_character: float
    region_sure: float
    stale_s: int
    live_s: int
    hit_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What whoever imports says of a list; all of it must be said."""

    name: str
    owner: str
    legal_basis: str
    made_at: datetime
    """When its source wrote it: its age counts from there."""
    expires_at: datetime

    def check(self, rules: Rules, now: datetime) -> None:
        """Refuse a list that may not be.

        Raises:
            ListError: Something is missing, it has expired, or the law forbids it.
        """
        if rules.federal:
            raise ListError(
                "a federal list is not taken: data goes between California agencies alone"
                " (Civil Code 1798.90.55)"
            )
        for what in ("name", "owner", "legal_basis"):
            if not getattr(self, what).strip():
                raise ListError(f"the {what.replace('_', ' ')} is missing")
        if self.expires_at <= now:
            raise ListError("the list has expired already", fix="give a later expiry")
        if self.made_at > now:
            raise ListError("the list is dated in the future", fix="give the source's own date")


@dataclass(slots=True)
class Reading:
    """A file as it was read."""

    rows: list[bytes] = field(default_factory=list, repr=False)
    faults: list[Fault] = field(default_factory=list)
    faulty: int = 0
    dropped: int = 0
    duplicates: int = 0
    sha256: str = ""

    @property
    def whole(self) -> bool:
        """Nothing is wrong with the file as a whole."""
        return not any(f.line == 0 for f in self.faults)


class _Hashing:
    """Hashes a file while it is read."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self.digest = file, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        chunk = self._file.read(size)
        self.digest.update(chunk)
        return chunk


def read(
    file: BinaryIO,
    *,
    kind: str,
    mapping: Mapping[str, str] | None = None,
    dropped_kinds: Iterable[str] = (),
    told: Callable[[Fault], object] | None = None,
) -> Reading:
    """Read a list file; without a mapping it is a CLEW table. Nothing is kept anywhere: a dry run.

    `told` hears of every bad line, the reading keeps the first `KEPT_FAULTS`.

    Raises:
        ListError: The mapping does not fit the file, or it has too many rows.
    """
    hashing: Any = _Hashing(file)
    dropped_words = tuple(w.casefold() for w in dropped_kinds)
    reading = Reading()
    items = clew(hashing, kind) if mapping is None else table(hashing, mapping, kind)
    for item in items:
        if isinstance(item, Row):
            words = item.kind.casefold()
            if any(word in words for word in dropped_words):
                reading.dropped += 1
            else:
                if len(reading.rows) == MOST_ROWS:
                    raise ListError(f"the file has more than {MOST_ROWS} rows", fix="split it")
                reading.rows.append(
                    encode_row(item.plate, item.state, item.kind, item.noted, item.reference)
                )
        else:
            reading.faulty += 1
            if told is not None:
                told(item)
            if item.line == 0 or len(reading.faults) < KEPT_FAULTS:
                reading.faults.append(item)
    reading.sha256 = hashing.digest.hexdigest()
    reading.rows.sort()
    reading.duplicates = _drop_duplicates(reading.rows)
    return reading


def put(
    vault: Asks,
    access: Mapping[str, Any],
    reading: Reading,
    about: Description,
    rules: Rules,
    *,
    least_share: float = 0.0,
) -> str:
    """Put a list into the vault in the place of the one before; its version.

    `access` is the vault's, and on record before a row is sent. `least_share` guards against a
    file that lost its rows: of the present list's number at least so much.

    Raises:
        ListError: The description or the file is no good; the list stays as it was.
        VaultError: The vault refused.
    """
    about.check(rules, datetime.now(UTC))
    if not reading.whole:
        raise ListError(next(f.why for f in reading.faults if f.line == 0))
    if not reading.rows:
        raise ListError("the file has no row that can be taken")
    present = {row["list"]: row["rows"] for row in vault.call("lists")}
    if len(reading.rows) < least_share * present.get(about.name, 0):
        raise ListError(
            f"the file has {len(reading.rows)} rows, the list in its place"
            f" {present[about.name]}: too few to replace it",
            fix="ask the source, then allow it to shrink",
        )
    facts = {
        "owner": about.owner,
        "legal_basis": about.legal_basis,
        "class": rules.list_class,
        "made_us": int(about.made_at.timestamp() * 1e6),
        "expires_us": int(about.expires_at.timestamp() * 1e6),
        "policy": rules.policy,
        "least_confidence": rules.least_confidence,
        "least_character": rules.least_character,
        "region_sure": rules.region_sure,
        "stale_s": rules.stale_s,
        "live_s": rules.live_s,
        "hit_s": rules.hit_s,
    }
    rows = len(reading.rows)
    version: str = vault.call("list_begin", dict(access), about.name, facts, rows)
    try:
        for at in range(0, rows, ROWS_A_CALL):
            vault.call("list_rows", version, reading.rows[at : at + ROWS_A_CALL])
        vault.call("list_commit", dict(access), version, rows)
    except BaseException:
        vault.call("list_abandon", version)
        raise
    return version


def _drop_duplicates(rows: list[bytes]) -> int:
    """Of rows that name the same plate, state and kind the last stays."""
    kept, before = 0, None
    for row in rows:
        entry = decode_row(row)
        name = entry["plate"], entry["state"], entry["kind"]
        if name == before:
            kept -= 1
        rows[kept] = row
        kept, before = kept + 1, name
    gone = len(rows) - kept
    del rows[kept:]
    return gone
