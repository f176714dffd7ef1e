"""What the capture process tells about itself: the state file and systemd's status line."""

from __future__ import annotations

import logging
import time
from dataclasses import asdict
from typing import Any, Protocol

from alpr_edge.capture.clock import read_clock
from alpr_edge.capture.feed import Feed
from alpr_edge.capture.shot import Shot
from alpr_edge.capture.slot import NewestSlot
from alpr_edge.capture.view import load_baseline, shift
from alpr_edge.chronicle import Chronicle
from alpr_edge.config import EdgeConfig
from alpr_edge.errors import InputError, OutboxError
from alpr_edge.health import lens
from alpr_edge.health_state import Rate, Stages, StateFile
from alpr_edge.hours import Hours
from alpr_edge.keeper import Keeper
from alpr_edge.loop import FrameLoop
from alpr_edge.machine import disk, footprint, vitals
from alpr_edge.pace import Pace

log = logging.getLogger(__name__)

VITALS_S = 1.0
VIEW_S = 10.0
# A card wears: what is lost to a power cut is five minutes of a count.
HOURS_S = 300.0


class Tells(Protocol):
    """A store that can be asked how full it is."""

    def state(self) -> dict[str, Any]:
        """Counts, sizes and ages for the health state; numbers only."""


class Report:
    """Gathers numbers from every room. `step` is called several times a second."""

    def __init__(
        self,
        config: EdgeConfig,
        *,
        feed: Feed,
        slot: NewestSlot[Shot],
        loop: FrameLoop,
        keeper: Keeper,
        pace: Pace,
        stages: Stages,
        outbox: Tells,
        chronicle: Chronicle,
    ) -> None:
        self._config = config
        self._feed = feed
        self._slot = slot
        self._loop = loop
        self._keeper = keeper
        self._pace = pace
        self._stages = stages
        self._outbox = outbox
        self._chronicle = chronicle
        self._file = StateFile(config.health.folder, "capture")
        self._offered, self._processed, self._looked = Rate(), Rate(), Rate()
        self._view: dict[str, float] | None = None
        self._lens: dict[str, Any] | None = None
        self._vitals = vitals()
        self._hours = Hours(config.health.baseline.with_name("hours.json"))
        self._counted, self._counted_s = 0, time.monotonic()
        self._saved_s = self._counted_s
        self._vitals_s = self._view_s = self._written_s = float("-inf")

    def step(self) -> str | None:
        """Judge the pace and write what is due; a line for systemd when the file was written."""
        now_s = time.monotonic()
        if now_s - self._vitals_s >= VITALS_S:
            self._vitals_s = now_s
            self._vitals = vitals()
            self._pace.judge(
                now_s, self._vitals, offered=self._slot.offered, dropped=self._slot.dropped
            )
            self._chronicle.clock(read_clock(), utc_s=time.time(), monotonic_s=time.monotonic())
        if now_s - self._view_s >= VIEW_S:
            self._view_s = now_s
            self._view = self._shift()
            self._count(now_s)
        if now_s - self._written_s < self._config.health.every_s:
            return None
        self._written_s = now_s
        state = self.state("capturing")
        self._write(state)
        camera, reads = state["camera"], state["reads"]
        return (
            f"{state['mode']}, {camera['frames_per_s']} frames/s,"
            f" {reads['last_hour']} reads in the last hour"
        )

    def close(self) -> None:
        """Leave a last state behind that says that the process ended by itself."""
        self._write(self.state("stopped"))
        self._saved_s = float("-inf")
        self._count(time.monotonic())

    def state(self, phase: str) -> dict[str, Any]:
        """Everything, as it is now."""
        now_s = time.monotonic()
        return {
            "phase": phase,
            "mode": self._pace.mode,
            "camera": self._camera(now_s),
            "view": self._view,
            "lens": self._lens,
            "stages": self._stages.summary(),
            "reads": {
                "total": self._keeper.reads.total,
                "last_hour": self._keeper.reads.last_hour(now_s),
                "abstained_last_hour": self._keeper.abstained.last_hour(now_s),
                "waiting": self._keeper.waiting,
                "rolling_hour": self._hours.rolling(time.time()),
                "usual_hour": self._hours.usual(time.time()),
            },
            "outbox": self._outbox_state(),
            "machine": {
                "temperature_c": self._vitals.temperature_c,
                "throttled": self._vitals.throttled,
                **footprint(),
                **self._disk(),
            },
            "clock": self._clock(),
        }

    def _camera(self, now_s: float) -> dict[str, Any]:
        seen, newest_s = self._loop.seen, self._feed.newest_s
        return {
            "source": self._config.camera.source,
            "connected": self._feed.connected,
            "frame_age_s": None if newest_s is None else round(now_s - newest_s, 3),
            "frames_per_s": self._offered.per_s(now_s, self._slot.offered),
            "processed_per_s": self._processed.per_s(now_s, seen.frames),
            "looked_per_s": self._looked.per_s(now_s, seen.looked),
            "frames": self._slot.offered,
            "dropped": self._slot.dropped,
            "spoilt": seen.spoilt,
            "reconnects": self._feed.reconnects,
            "exposure_s": seen.exposure_s,
            "gain": seen.gain,
            "focus": seen.focus,
            "sharpness": seen.sharpness,
            "brightness": round(seen.brightness, 1),
        }

    def _shift(self) -> dict[str, float] | None:
        """How far the view stands from the commissioned one; None where nobody can tell."""
        background = self._loop.background
        try:
            baseline = load_baseline(self._config.health.baseline)
        except InputError:
            return None  # `alpr-edge health` tells that the baseline is spoilt
        found = None
        if background is not None:
            self._lens = asdict(lens.look(background, baseline))
        if baseline is not None and background is not None:
            found = shift(baseline, background)
        self._chronicle.view(found)
        if found is None:
            return None
        camera = self._config.camera
        return {
            "right_px": round(found.right * camera.width_px, 1),
            "down_px": round(found.down * camera.height_px, 1),
            "response": round(found.response, 3),
        }

    def _count(self, now_s: float) -> None:
        """Put the reads and the time watched since the last call into their hour."""
        total = self._keeper.reads.total
        self._hours.add(total - self._counted, now_s - self._counted_s, time.time())
        self._counted, self._counted_s = total, now_s
        if now_s - self._saved_s >= HOURS_S:
            self._saved_s = now_s
            try:
                self._hours.save()
            except OSError as error:
                log.warning("counts of past hours cannot be kept", extra={"reason": error.strerror})

    def _outbox_state(self) -> dict[str, Any] | None:
        try:
            return self._outbox.state()
        except OutboxError:
            return None  # it failed; its worker dies of the same and says so

    def _write(self, state: dict[str, Any]) -> None:
        """A state that cannot be written is soon an old one, which health calls critical."""
        try:
            self._file.write(state)
        except OSError as error:
            log.warning("health state cannot be written", extra={"reason": error.strerror})

    def _disk(self) -> dict[str, int]:
        free, total = disk(self._config.outbox.folder)
        return {"disk_free_bytes": free, "disk_bytes": total}

    def _clock(self) -> dict[str, Any]:
        clock = read_clock()
        return {"synchronised": clock.synchronised, "error_s": clock.error_s}
