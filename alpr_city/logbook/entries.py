"""Access records as an auditor reads them. What was asked for stays sealed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from alpr_city.people.journal import vault
from alpr_city.vault.reading import MOST_ENTRIES
from alpr_wire.statements import decode_statement


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


def read(access: dict[str, Any], wanted: Wanted, most: int) -> list[Line]:
    """The newest records that are wanted, newest first. Reading them is put on record.

    Raises:
        VaultError: That could not be put on record.
    """
    newest = decode_statement(vault().call("head"), "log-head").body[1]
    after = max(-1, newest - MOST_ENTRIES)
    _, entries = vault().call("log_entries", access, after, MOST_ENTRIES)
    outcomes = {body[3]: body[4] for _, body in entries if body.get(2) == "outcome"}
    lines = [_line(seq, body, outcomes) for seq, body in entries if body.get(2) != "outcome"]
    return [line for line in reversed(lines) if wanted.takes(line)][:most]


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
