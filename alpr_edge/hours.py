"""How many reads each hour had, kept over weeks, so that an hour can be held against its like."""

from __future__ import annotations

import json
import time
from pathlib import Path
from statistics import median

HOUR_S = 3600
WEEK_H = 168
KEPT_WEEKS = 5
LEAST_WATCHED_S = 2700
"""An hour in which the camera watched for less says little of the road."""


class Hours:
    """Reads and watched seconds of each hour, in a small file; counts alone."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._hours: dict[int, list[int]] = _load(path)
        self._written: dict[int, list[int]] | None = None

    def add(self, reads: int, watched_s: float, now_s: float) -> None:
        """Count what happened since the last call, in the hour of `now_s` (UTC seconds)."""
        hour = self._hours.setdefault(int(now_s) // HOUR_S, [0, 0])
        hour[0] += reads
        hour[1] = min(HOUR_S, hour[1] + round(watched_s))

    def rolling(self, now_s: float) -> float:
        """Reads of the last sixty minutes, as two neighbouring hours give them."""
        hour, part = int(now_s) // HOUR_S, (now_s % HOUR_S) / HOUR_S
        before = self._hours.get(hour - 1, [0, 0])[0]
        return (1 - part) * before + self._hours.get(hour, [0, 0])[0]

    def usual(self, now_s: float) -> float | None:
        """The same sixty minutes in past weeks, their median; None without history."""
        hour, part = int(now_s) // HOUR_S, (now_s % HOUR_S) / HOUR_S
        before, during = self._like(hour - 1), self._like(hour)
        if before is None or during is None:
            return None
        return (1 - part) * before + part * during

    def save(self) -> None:
        """Replace the file where something changed.

        Raises:
            OSError: The disk refuses.
        """
        newest = max(self._hours, default=0)
        self._hours = {h: v for h, v in self._hours.items() if h > newest - KEPT_WEEKS * WEEK_H}
        if self._hours == self._written:
            return
        half = self._path.with_suffix(".new")
        half.write_text(json.dumps({str(h): v for h, v in sorted(self._hours.items())}))
        half.replace(self._path)
        self._written = {h: list(v) for h, v in self._hours.items()}

    def _like(self, hour: int) -> float | None:
        weeks = [self._hours.get(hour - n * WEEK_H) for n in range(1, KEPT_WEEKS)]
        counts = [w[0] for w in weeks if w is not None and w[1] >= LEAST_WATCHED_S]
        return float(median(counts)) if counts else None


def _load(path: Path) -> dict[int, list[int]]:
    """What is there; history that cannot be read is begun anew, which loses nothing but time."""
    try:
        table = json.loads(path.read_text())
        found = {int(h): [int(v[0]), int(v[1])] for h, v in table.items()}
    except (OSError, ValueError, TypeError, AttributeError, IndexError):
        return {}
    ahead = int(time.time()) // HOUR_S + 1
    return {h: v for h, v in found.items() if h <= ahead}
