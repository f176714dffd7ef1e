"""Counters and gauges of one process, written where `alpr-edge health` finds them.

The file outlives the process, so that health can be told when the process is dead. It holds
numbers only: no plate, no picture, no key.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

SCHEMA = 1
HOUR_S = 3600.0
RATE_S = 10.0
# Enough for the last half minute at 15 frames a second.
STAGE_SAMPLES = 512


class Stages:
    """How long each stage took lately."""

    def __init__(self) -> None:
        self._samples: dict[str, deque[float]] = {}

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """Measure what happens inside."""
        began_s = time.monotonic()
        yield
        self.add(stage, time.monotonic() - began_s)

    def add(self, stage: str, seconds: float) -> None:
        """Note one duration."""
        self._samples.setdefault(stage, deque(maxlen=STAGE_SAMPLES)).append(seconds)

    def summary(self) -> dict[str, dict[str, float | int]]:
        """Median and 95th percentile of each stage, in milliseconds."""
        found: dict[str, dict[str, float | int]] = {}
        for stage, samples in list(self._samples.items()):
            ordered = sorted(samples.copy())
            found[stage] = {
                "p50_ms": round(_percentile(ordered, 0.50) * 1000, 3),
                "p95_ms": round(_percentile(ordered, 0.95) * 1000, 3),
                "samples": len(ordered),
            }
        return found


class Hourly:
    """How often something happened, since the start and within the last hour."""

    def __init__(self) -> None:
        self._times: deque[float] = deque()
        self._lock = threading.Lock()
        self.total = 0

    def mark(self, now_s: float) -> None:
        """It happened."""
        with self._lock:
            self.total += 1
            self._times.append(now_s)
            self._forget(now_s)

    def last_hour(self, now_s: float) -> int:
        """How often within the hour before now."""
        with self._lock:
            self._forget(now_s)
            return len(self._times)

    def _forget(self, now_s: float) -> None:
        while self._times and now_s - self._times[0] > HOUR_S:
            self._times.popleft()


class Rate:
    """Turns a count that only grows into a rate over the last ten seconds."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque()

    def per_s(self, now_s: float, count: int) -> float:
        """The rate, given the count now."""
        self._seen.append((now_s, count))
        while len(self._seen) > 2 and now_s - self._seen[1][0] >= RATE_S:
            self._seen.popleft()
        then_s, before = self._seen[0]
        return round((count - before) / (now_s - then_s), 2) if now_s > then_s else 0.0


class StateFile:
    """Where one process keeps its state: whole at any instant, or not there."""

    def __init__(self, folder: Path, process: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / f"{process}.json"
        self._process = process
        self._started_at = datetime.now(UTC)

    def write(self, state: dict[str, Any]) -> None:
        """Replace the file. A power cut leaves the old one or the new one."""
        whole = {
            "schema": SCHEMA,
            "process": self._process,
            "pid": os.getpid(),
            "started_at": self._started_at.isoformat(),
            "written_at": datetime.now(UTC).isoformat(),
            "written_monotonic_s": time.monotonic(),
        } | state
        new = self.path.with_suffix(".new")
        # No fsync: the folder lies in memory, and a state from before a power cut says nothing.
        new.write_text(json.dumps(whole, indent=1, allow_nan=False) + "\n")
        new.replace(self.path)


def _percentile(ordered: list[float], part: float) -> float:
    return ordered[min(len(ordered) - 1, round(part * (len(ordered) - 1)))]
