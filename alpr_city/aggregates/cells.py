"""Counts that isolate nobody, whatever was asked before, by whomever.

The scheme. A cell is one camera on one calendar day, or one offence in one calendar month: cells of
a kind do not overlap, and nothing finer or coarser is ever answered. When a cell is first asked
for, it is answered once and for all: its count where at least `smallest` different vehicles stand
behind it, else "fewer", zero included. That answer is kept, and every later request gets it again.

Why it holds. Every number that leaves is the count of an answered cell or a sum of those. Cells
are disjoint, so in the space of cells every such number is a vector with zeros at every withheld
cell, and so is every sum, difference or other combination of them: no sequence of requests, from
any number of people together, says of a withheld cell more than that it is under the threshold.
Totals leave withheld cells out, so there is no complement to subtract. A read that arrives late, or
is corrected or purged, changes no answer that was given, so asking twice shows no difference.
`tests/city/aggregates` states this as a property: take one vehicle out of a withheld cell, and no
answer of any sequence changes.

Hits of one vehicle on different days cannot be told apart without opening them, so for hits the
threshold counts hits, over the whole city and a month.

What is left: who knows a camera's counts from elsewhere can subtract those. So the public page
rounds, and no other count by camera and day leaves the city.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Protocol

from alpr_city.errors import ReleaseError

MOST_CELLS = 5000


class Kind(StrEnum):
    """What can be counted. There is nothing else."""

    PLATES = "plates"
    HITS = "hits"


@dataclass(frozen=True, slots=True, order=True)
class Cell:
    """One camera and day, or one offence and month."""

    kind: Kind
    subject: str
    period: str
    """'2026-11-25' or '2026-11'."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What stands in a cell now."""

    count: int
    vehicles: int
    """Different ones at least: where that is doubtful, fewer."""


class Kept(Protocol):
    """Where answers are kept for ever."""

    def recall(self, cells: Sequence[Cell]) -> dict[Cell, int | None]:
        """Those of the cells that were answered before; None for a withheld one."""

    def keep(self, answers: Mapping[Cell, int | None]) -> dict[Cell, int | None]:
        """Keep first answers; what is kept, where somebody else was first."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a requester gets."""

    rows: tuple[tuple[Cell, int | None], ...]
    smallest: int

    @property
    def total(self) -> int:
        """Of the counts shown: withheld cells are not in it."""
        return sum(count for _, count in self.rows if count is not None)

    @property
    def withheld(self) -> int:
        """How many cells are not shown."""
        return sum(count is None for _, count in self.rows)


def answer(
    cells: Sequence[Cell], count: Callable[[Cell], Tally], kept: Kept, smallest: int
) -> Answer:
    """Answer whole cells, each as it was answered first."""
    known = kept.recall(cells)
    fresh: dict[Cell, int | None] = {}
    for cell in cells:
        if cell not in known:
            now = count(cell)
            fresh[cell] = now.count if now.vehicles >= smallest else None
    known |= kept.keep(fresh)
    return Answer(tuple((cell, known[cell]) for cell in cells), smallest)


def cells_of(
    kind: Kind, subjects: Sequence[str], first: date, last: date, today: date
) -> list[Cell]:
    """The cells of a request.

    Raises:
        ReleaseError: The period is empty, not over, too long, or (hits) not of whole months.
    """
    if not subjects or len(set(subjects)) != len(subjects):
        raise ReleaseError("a request names each location or offence once")
    if first > last:
        raise ReleaseError("the period ends before it begins")
    if last >= today:
        raise ReleaseError("the period is not over", fix="ask for days before today")
    if (last - first).days >= MOST_CELLS:
        raise ReleaseError("the period is too long", fix="ask for less at a time")
    days = [first + timedelta(n) for n in range((last - first).days + 1)]
    if kind is Kind.HITS:
        if first.day != 1 or (last + timedelta(1)).day != 1:
            raise ReleaseError("hits are counted by whole calendar months", fix="widen the period")
        periods = sorted({day.isoformat()[:7] for day in days})
    else:
        periods = [day.isoformat() for day in days]
    if len(periods) * len(subjects) > MOST_CELLS:
        raise ReleaseError(f"more than {MOST_CELLS} counts", fix="ask for less at a time")
    return [Cell(kind, subject, period) for subject in sorted(subjects) for period in periods]
