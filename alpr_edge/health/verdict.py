"""What one check found: a level, one line, the fix, and numbers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum


class Level(IntEnum):
    """The codes that monitoring plugins exit with."""

    OK = 0
    WARNING = 1
    CRITICAL = 2
    UNKNOWN = 3


# What a person must see first; not the order of the codes.
_GRAVITY = (Level.OK, Level.UNKNOWN, Level.WARNING, Level.CRITICAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """A number with its unit and limits, as performance data and metrics show it."""

    name: str
    value: float
    unit: str = ""
    """`s`, `%`, `B`, `c` for a counter, or nothing."""
    warn: float | None = None
    critical: float | None = None
    low: bool = False
    """Whether small values are the bad ones."""

    @property
    def level(self) -> Level:
        """Where the value stands."""
        for limit, level in ((self.critical, Level.CRITICAL), (self.warn, Level.WARNING)):
            if limit is not None and (self.value < limit if self.low else self.value > limit):
                return level
        return Level.OK


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One check's answer. A level that is not OK has a fix."""

    name: str
    level: Level
    what: str
    fix: str | None = None
    measures: tuple[Measure, ...] = ()

    def __post_init__(self) -> None:
        assert self.level is Level.OK or self.fix, f"{self.name} says what is wrong and no fix"


def worst(levels: Iterable[Level]) -> Level:
    """The gravest: critical, then warning, then unknown."""
    return max(levels, key=_GRAVITY.index, default=Level.OK)
