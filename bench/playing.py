"""Plays drawn clips through the frame loop with everything real behind it but the camera."""

from __future__ import annotations

import queue
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from alpr_edge.capture.gate import MotionGate
from alpr_edge.capture.shot import Shot, small_luma
from alpr_edge.capture.slot import NewestSlot
from alpr_edge.capture.zones import Zones
from alpr_edge.config import EdgeConfig
from alpr_edge.health_state import Stages
from alpr_edge.loop import FrameLoop
from alpr_edge.pace import Pace
from alpr_edge.recognize import Recognizer
from alpr_edge.recognize.manifest import load_manifest
from alpr_edge.recognize.recognizer import SHIPPED
from alpr_edge.rooms import TimedReader
from alpr_edge.seams import Clock, Image, Passage
from alpr_edge.track import Tracker

CLOCK = Clock(synchronised=True, error_s=0.001)


class Player:
    """A frame loop that is given pictures and their times."""

    def __init__(self, *, threads: int = 1, models: Path = SHIPPED) -> None:
        config = EdgeConfig()
        recognizer = Recognizer.load(models, threads=threads)
        _, height, width, _ = load_manifest(models / "plate_detector.toml").input_shape
        self.stages = Stages()
        self.passages: queue.Queue[Passage] = queue.Queue()
        self._slot: NewestSlot[Shot] = NewestSlot(live=False)
        self._count = 0
        gate = MotionGate(
            full_look_s=config.gate.full_look_s,
            hold_s=config.gate.hold_s,
            min_area=config.gate.min_area,
        )
        self.loop = FrameLoop(
            slot=self._slot,
            gate=gate,
            zones=Zones(roi=(), masks=()),
            pace=Pace(config.pace),
            detector=recognizer.detector,
            detector_wh=(width, height),
            tracker=Tracker(TimedReader(recognizer.reader, self.stages), models=recognizer.labels),
            passages=self.passages,
            stages=self.stages,
        )

    def show(self, image: Image, time_s: float) -> None:
        """One frame."""
        self._slot.put(
            Shot(
                luma=small_luma(image),
                develop=image.copy,
                captured_at=datetime.fromtimestamp(1_790_000_000 + time_s, UTC),
                monotonic_s=time_s,
                clock=CLOCK,
                sequence=self._count,
                source="drawn",
            )
        )
        self._count += 1
        self.loop.step()

    def play(self, frames: Iterable[tuple[Image, float]]) -> list[Passage]:
        """All frames, and what was read by the end."""
        for image, time_s in frames:
            self.show(image, time_s)
        self.loop.finish()
        return [self.passages.get_nowait() for _ in range(self.passages.qsize())]


def spent(work: Iterable[object]) -> tuple[float, float]:
    """Seconds of wall and of CPU that running through `work` takes."""
    wall, cpu = time.perf_counter(), time.process_time()
    for _ in work:
        pass
    return time.perf_counter() - wall, time.process_time() - cpu
