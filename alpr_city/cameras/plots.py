"""Small plots of health over time, as lines of an inline SVG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from alpr_city.cameras.models import Health

WIDTH, HEIGHT = 600, 90
SERIES = (
    ("Frames a second", ("camera", "frames_per_s")),
    ("Reads in the last hour", ("reads", "last_hour")),
    ("Waiting to be sent", ("outbox", "waiting")),
    ("Temperature, degrees Celsius", ("machine", "temperature_c")),
    ("Brightness", ("camera", "brightness")),
)


@dataclass(frozen=True, slots=True)
class Plot:
    """One line, with what it says in words."""

    title: str
    points: str
    low: float
    high: float
    last: float


def plots(reports: Sequence[Health]) -> list[Plot]:
    """A plot for each figure that the reports carry, in their order of time."""
    found = []
    for title, path in SERIES:
        values = [(r.at, v) for r in reports if (v := _number(r.report, path)) is not None]
        if len(values) > 1:
            found.append(_plot(title, values))
    return found


def _plot(title: str, values: list[tuple[datetime, float]]) -> Plot:
    numbers = [v for _, v in values]
    low, high = min(numbers), max(numbers)
    start, end = values[0][0], values[-1][0]
    span, height = (end - start).total_seconds() or 1.0, (high - low) or 1.0
    points = " ".join(
        f"{WIDTH * (at - start).total_seconds() / span:.1f},"
        f"{HEIGHT - 5 - (HEIGHT - 10) * (value - low) / height:.1f}"
        for at, value in values
    )
    return Plot(title, points, low, high, numbers[-1])


def _number(report: Any, path: tuple[str, ...]) -> float | None:
    for key in path:
        report = report.get(key) if isinstance(report, dict) else None
    return float(report) if isinstance(report, int | float) else None
