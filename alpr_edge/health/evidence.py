"""Everything that can be known of a camera without asking its processes, gathered once."""

from __future__ import annotations

import json
import math
import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alpr_edge.config import EdgeConfig, load
from alpr_edge.errors import ConfigError

MOST_STATE_BYTES = 1 << 20
OUTBOX_FILE = "outbox.db"
READ = 1  # alpr_wire.records.Kind.READ


@dataclass(frozen=True, slots=True)
class State:
    """A state file as a process left it; whoever wrote it, only numbers are taken from it."""

    values: dict[str, Any]
    age_s: float
    """How long ago it was written; endless where that is before this boot."""

    def number(self, *path: str) -> float | None:
        """The number at a path, or None."""
        found: Any = self.values
        for key in path:
            found = found.get(key) if isinstance(found, dict) else None
        right = isinstance(found, (int, float)) and not isinstance(found, bool)
        return float(found) if right and math.isfinite(found) else None

    def says(self, word: str, *path: str) -> bool:
        """Whether this word stands at a path."""
        found: Any = self.values
        for key in path:
            found = found.get(key) if isinstance(found, dict) else None
        return bool(found == word)

    def holds(self, *path: str) -> bool:
        """Whether `true` stands at a path."""
        found: Any = self.values
        for key in path:
            found = found.get(key) if isinstance(found, dict) else None
        return found is True


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What waits in the outbox, counted in the file itself."""

    waiting: int
    """Records that the city has not receipted."""
    oldest_s: float | None
    """Age of the oldest read among them."""
    receipt_s: float | None
    """Age of the last receipt."""
    bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One look."""

    config: EdgeConfig
    config_faults: tuple[str, ...]
    capture: State | None
    sync: State | None
    baseline: State | None
    """Numbers of the commissioned view."""
    outbox: Held | str | None
    """A text says why it cannot be read; None where there is none."""
    proc: Path
    sys: Path
    run: Path


def gather(
    settings: Path,
    *,
    proc: Path = Path("/proc"),
    sys: Path = Path("/sys"),
    run: Path = Path("/run"),
) -> Evidence:
    """Look at everything once. Nothing that is missing or spoilt stops it."""
    faults: tuple[str, ...] = ()
    try:
        config = load(settings)
    except ConfigError as error:
        # Only to know where files lie: the check "config" is critical all the same.
        config, faults = EdgeConfig(), error.faults or (str(error),)
    return Evidence(
        config=config,
        config_faults=faults,
        capture=read_state(config.health.folder / "capture.json"),
        sync=read_state(config.health.folder / "sync.json"),
        baseline=read_state(config.health.baseline.with_suffix(".json")),
        outbox=_held(config.outbox.folder / OUTBOX_FILE),
        proc=proc,
        sys=sys,
        run=run,
    )


def read_state(path: Path) -> State | None:
    """A state file, or None where there is no sound one."""
    try:
        with path.open("rb") as file:
            values = json.loads(file.read(MOST_STATE_BYTES))
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(values, dict):
        return None
    state = State(values, 0.0)
    written_s = state.number("written_monotonic_s")
    age_s = math.inf if written_s is None else time.monotonic() - written_s
    return State(values, age_s if age_s >= 0 else math.inf)


def _held(path: Path) -> Held | str | None:
    if not path.exists():
        return None
    try:
        db = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5)
        try:
            last, receipted, received_us = db.execute(
                "SELECT (SELECT coalesce(max(seq), -1) FROM records),"
                " (SELECT coalesce(max(seq), -1) FROM receipts),"
                " (SELECT max(received_us) FROM receipts)"
            ).fetchone()
            oldest = db.execute(
                "SELECT stored_us FROM records WHERE seq > ? AND kind = ? ORDER BY seq LIMIT 1",
                (receipted, READ),
            ).fetchone()
        finally:
            db.close()
        size = sum(p.stat().st_size for p in path.parent.glob(f"{path.name}*"))
    except (sqlite3.Error, OSError) as error:
        return type(error).__name__
    now_us = time.time_ns() // 1000
    return Held(
        waiting=max(0, last - receipted),
        oldest_s=None if oldest is None else (now_us - oldest[0]) / 1e6,
        receipt_s=None if received_us is None else (now_us - received_us) / 1e6,
        bytes=size,
    )
