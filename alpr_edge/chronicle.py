"""What befell the camera itself, put into the same chain as its reads: clock, settings, tampering.

The bodies, by their small integer keys:

    CONFIG  1: SHA-256 of the settings as `alpr_edge.config.text` prints them
    CLOCK   1: UTC in microseconds, 2: monotonic microseconds at that instant, 3: largest error in
            microseconds; once when the clock is first synchronised
    TAMPER  1: kind (`alpr_wire.records.Tamper`), 2: UTC in microseconds, 3: details
            clock step: by how many microseconds; view moved: [right, down] in thousandths
"""

from __future__ import annotations

import hashlib
import logging
import time
from typing import Any, Protocol

from alpr_edge.capture.view import Shift
from alpr_edge.config import EdgeConfig, text
from alpr_edge.seams import Clock
from alpr_wire.records import Kind, Tamper

log = logging.getLogger(__name__)

# Slewing keeps under 500 us a second; what jumps by more than this was set.
STEP_S = 1.0
# A twentieth of the picture, seen three times in a row, is no gust of wind.
MOVED, TIMES = 0.05, 3


class Records(Protocol):
    """A store that also takes records which are no reads."""

    def store_event(self, kind: Kind, body: dict[int, Any]) -> int:
        """Commit one record; its sequence number."""


class Chronicle:
    """Writes an event when there is one, and only then."""

    def __init__(self, outbox: Records, config: EdgeConfig) -> None:
        self._outbox = outbox
        self._synchronised = False
        self._offset_s: float | None = None
        self._moved = 0
        outbox.store_event(Kind.CONFIG, {1: hashlib.sha256(text(config).encode()).digest()})

    def clock(self, clock: Clock, *, utc_s: float, monotonic_s: float) -> None:
        """Look at the clock: the moment it is first trustworthy, and every step after that.

        A step before it was first synchronised is how it becomes so, and no tampering.
        """
        offset_s = utc_s - monotonic_s
        if self._offset_s is not None and self._synchronised:
            step_s = offset_s - self._offset_s
            if abs(step_s) > STEP_S:
                self._tamper(Tamper.CLOCK_STEP, round(step_s * 1e6))
        self._offset_s = offset_s
        if clock.synchronised and not self._synchronised:
            self._synchronised = True
            self._outbox.store_event(
                Kind.CLOCK,
                {
                    1: round(utc_s * 1e6),
                    2: round(monotonic_s * 1e6),
                    3: round((clock.error_s or 0) * 1e6),
                },
            )

    def view(self, shift: Shift | None) -> None:
        """Look at how far the view stands from the commissioned one; told once until it is back."""
        if shift is None:
            return
        if max(abs(shift.right), abs(shift.down)) < MOVED:
            self._moved = 0
            return
        self._moved += 1
        if self._moved == TIMES:
            self._tamper(Tamper.VIEW_MOVED, [round(shift.right * 1000), round(shift.down * 1000)])

    def _tamper(self, what: Tamper, details: object) -> None:
        log.warning("camera disturbed", extra={"what": what.name.lower()})
        self._outbox.store_event(Kind.TAMPER, {1: int(what), 2: time.time_ns() // 1000, 3: details})
