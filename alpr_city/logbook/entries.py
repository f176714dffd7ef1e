"""Access records as an auditor reads them. What was asked for stays sealed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from alpr_city.people.journal import vault
from alpr_city.vault.reading import MOST_ENTRIES

NEWEST = 2**62


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One record; of an access, with its outcome where one followed."""

    seq: int
    at: datetime
    action: str
    user: str
    organisation: str = ""
    purpose: str = ""
    case: str = ""
    reason: str = ""
    policy: str = ""
    approver: str = ""
    what: str = ""
    rows: int | None = None
    sealed: bool = False
    """Whether there is a query to unmask."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the auditor narrows to; empty parts do not."""

    user: str = ""
    action: str = ""
    case: str = ""
    purpose: str = ""
    first: date | None = None
    last: date | None = None

    def times_us(self) -> tuple[int, int]:
        """From and to in microseconds, whole days of UTC."""
        first = datetime.combine(self.first or date(1970, 1, 1), time.min, UTC)
        last = datetime.combine(self.last or date(9999, 12, 31), time.max, UTC)
        return int(first.timestamp() * 1e6), int(last.timestamp() * 1e6)

    def takes(self, line: Line) -> bool:
        """Whether a record is wanted."""
        day = line.at.date()
        return (
            self.user.lower() in line.user.lower()
            and self.action in line.action
            and self.case.upper() in line.case.upper()
            and self.purpose in line.purpose
            and (self.first is None or day >= self.first)
            and (self.last is None or day <= self.last)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Records that are wanted, newest first."""

    lines: list[Line]
    older: int | None
    """Where to go on; None at the end."""
    looked: int
    """How many records were gone through."""


def read(access: dict[str, Any], wanted: Wanted, most: int, before: int = NEWEST) -> Page:
    """The newest records before a number that are wanted. Reading them is put on record.

    One page goes through `MOST_ENTRIES` records; where few of them are wanted, older ones follow.

    Raises:
        VaultError: That could not be put on record.
    """
    first_us, last_us = wanted.times_us()
    _, entries, outcomes, older = vault().call(
        "log_page", access, before, first_us, last_us, MOST_ENTRIES
    )
    rows = dict(outcomes)
    found: list[Line] = []
    for seq, body in reversed(entries):
        if body.get(2) == "outcome":
            continue
        line = _line(seq, body, rows)
        if not wanted.takes(line):
            continue
        if len(found) == most:
            return Page(lines=found, older=found[-1].seq, looked=len(entries))
        found.append(line)
    return Page(lines=found, older=older, looked=len(entries))


def _line(seq: int, body: dict[int, Any], outcomes: dict[int, int]) -> Line:
    at = datetime.fromtimestamp(body[1] / 1e6, UTC)
    if 9 not in body:  # a note: of the console, or of the vault itself
        facts = body.get(3, {})
        console = isinstance(facts.get(1), str) and isinstance(facts.get(2), str)
        return Line(
            seq=seq,
            at=at,
            action=str(body[2]),
            user=facts[1] if console else "vault",
            what=facts[2] if console else "",
            policy=facts.get(4, "") if console else "",
        )
    return Line(
        seq=seq,
        at=at,
        action=body[2],
        user=body[3],
        organisation=body[4],
        purpose=body[5],
        case=body[6],
        reason=body[7],
        policy=body[8],
        approver=body.get(14, ""),
        rows=outcomes.get(seq),
        sealed=True,
    )
