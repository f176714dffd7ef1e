"""One setting: its default, what it means and what it may be, all said in one place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

T = TypeVar("T")

Fault = tuple[str, str]
"""What is wrong ("must be at least 1, got 0") and what to do ("set it to 1")."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What a settings file may say for one key."""

    doc: str
    least: float | None = None
    most: float | None = None
    check: Callable[[object], Fault | None] | None = None
    """Looks at the value once its type and range are right."""

    def fault(self, value: object) -> Fault | None:
        """Say what is wrong with a value of the right type, or None."""
        if isinstance(value, (int, float)):
            if self.least is not None and value < self.least:
                return f"must be at least {self.least}, got {value}", self._range()
            if self.most is not None and value > self.most:
                return f"must be at most {self.most}, got {value}", self._range()
        return self.check(value) if self.check else None

    def _range(self) -> str:
        if self.least is not None and self.most is not None:
            return f"set it between {self.least} and {self.most}"
        return f"set it to {self.least if self.least is not None else self.most}"


def setting(
    default: T,
    doc: str,
    *,
    least: float | None = None,
    most: float | None = None,
    check: Callable[[object], Fault | None] | None = None,
) -> T:
    """Declare a dataclass field that is a setting; `doc` becomes its comment in the file."""
    described = Setting(doc=doc, least=least, most=most, check=check)
    declared: T = field(default=default, metadata={"setting": described})
    return declared


def polygon_fault(value: object) -> Fault | None:
    """Refuse a polygon that has no area or leaves the picture."""
    assert isinstance(value, tuple)
    if not value:
        return None
    if len(value) < 3:
        return f"needs at least 3 corners, got {len(value)}", "give 3 or more [x, y] pairs"
    if any(not 0.0 <= part <= 1.0 for point in value for part in point):
        return (
            "corners must lie between 0 and 1",
            "give fractions of the picture's width and height, not pixels",
        )
    turns = zip(value, value[1:] + value[:1], strict=True)
    if abs(sum(ax * by - bx * ay for (ax, ay), (bx, by) in turns)) < 1e-6:
        return "encloses no area", "give the corners in order around the region"
    return None


def polygons_fault(value: object) -> Fault | None:
    """The same for a list of polygons, none of them empty."""
    assert isinstance(value, tuple)
    for number, polygon in enumerate(value, 1):
        fault = polygon_fault(polygon) if polygon else ("has no corners", "remove it")
        if fault:
            return f"polygon {number} {fault[0]}", fault[1]
    return None
