"""The frame loop: gate, detector, reader, tracker; light goes in and decided passages come out."""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from alpr_edge import region
from alpr_edge.capture.gate import Glance, MotionGate
from alpr_edge.capture.shot import Shot
from alpr_edge.capture.slot import NewestSlot
from alpr_edge.capture.view import sharpness
from alpr_edge.capture.zones import Zones
from alpr_edge.errors import CameraError
from alpr_edge.health_state import Stages
from alpr_edge.pace import Pace
from alpr_edge.seams import Frame, Image, Mode, Passage, PlateBox, Point

TAKE_S = 0.5
FOCUS_S = 5.0
# While a region is looked at, the whole frame is this often too: nothing enters unseen.
WHOLE_S = 0.4
# A vehicle that stopped moves no pixel; looked at this often it is not taken for gone.
FOLLOW_S = 0.4


class Detects(Protocol):
    """Finds plates."""

    def detect(self, image: Image) -> list[PlateBox]:
        """Plates in a picture, surest first."""


class Tracks(Protocol):
    """Follows plates and decides passages."""

    @property
    def open(self) -> int:
        """Vehicles that are followed and not yet decided."""

    def update(self, frame: Frame, boxes: Sequence[PlateBox], *, mode: Mode) -> list[Passage]:
        """What a frame showed; passages that are decided now."""

    def elapse(self, monotonic_s: float) -> list[Passage]:
        """Time went by without a look; passages that are decided by now."""

    def flush(self) -> list[Passage]:
        """Nothing more comes: every open passage, decided as it stands."""


@dataclass(slots=True)
class Seen:
    """What the loop saw last, for health; numbers only."""

    frames: int = 0
    """Frames that were taken from the slot."""
    looked: int = 0
    """Frames that the detector saw."""
    spoilt: int = 0
    """Frames that could not be decoded."""
    brightness: float = 0.0
    sharpness: float | None = None
    exposure_s: float | None = None
    gain: float | None = None
    focus: float | None = None
    moved_s: float = 0.0
    """`time.monotonic()` when something last moved or was tracked."""


class FrameLoop:
    """Takes shots, and gives decided passages to a queue."""

    def __init__(
        self,
        *,
        slot: NewestSlot[Shot],
        gate: MotionGate,
        zones: Zones,
        pace: Pace,
        detector: Detects,
        tracker: Tracks,
        passages: queue.Queue[Passage],
        stages: Stages,
        detector_wh: tuple[int, int] | None = None,
    ) -> None:
        """`detector_wh` is the detector's input; None always shows it the whole frame."""
        self._slot = slot
        self._zones = zones
        self._gate = gate
        self._pace = pace
        self._detector = detector
        self._tracker = tracker
        self._passages = passages
        self._stages = stages
        self._detector_wh = detector_wh
        self._boxes: list[PlateBox] = []
        self._whole_s = self._focus_s = self._looked_s = float("-inf")
        self.seen = Seen()
        self.ended = threading.Event()
        """Set when a recording is over and everything of it was looked at."""

    def step(self) -> bool:
        """Take one shot and do what it asks for."""
        shot = self._slot.take(TAKE_S)
        if shot is None:
            if self._slot.over:
                self.ended.set()
            elif self._slot.live:  # of a recording only its frames tell the time
                self._hand_on(self._tracker.elapse(time.monotonic()))
            return False
        self._take(shot)
        return True

    def finish(self) -> None:
        """Look at what is left and close every open passage."""
        shot = self._slot.take(0)
        if shot is not None:
            self._take(shot)
        self._hand_on(self._tracker.flush())

    def give_up(self) -> None:
        """After the loop died: what was open becomes reads as far as it still can."""
        with contextlib.suppress(Exception):
            self._hand_on(self._tracker.flush())

    @property
    def background(self) -> Image | None:
        """The empty road as the gate knows it, uint8 (h, 160)."""
        return self._gate.background

    @property
    def quiet_s(self) -> float:
        """How long nothing has moved."""
        return time.monotonic() - self.seen.moved_s

    def _take(self, shot: Shot) -> None:
        self.seen.frames += 1
        with self._stages.timed("gate"):
            glance = self._gate.look(shot.luma, shot.monotonic_s)
        if glance.why in ("motion", "hold") or self._tracker.open:
            self.seen.moved_s = time.monotonic()
        follows = self._tracker.open and shot.monotonic_s - self._looked_s >= FOLLOW_S
        if not (glance.why or follows) or not self._pace.allows(shot.monotonic_s):
            self._hand_on(self._tracker.elapse(shot.monotonic_s))
            return
        frame = self._developed(shot)
        if frame is not None:
            self._look(frame, glance)

    def _developed(self, shot: Shot) -> Frame | None:
        try:
            with self._stages.timed("develop"):
                image = shot.develop()
        except CameraError:
            self.seen.spoilt += 1  # the camera's cable, not its driver: the next frame may be good
            return None
        self._zones.paint(image)
        self._note(shot, image)
        return shot.frame(image)

    def _look(self, frame: Frame, glance: Glance) -> None:
        self.seen.looked += 1
        self._looked_s = frame.monotonic_s
        with self._stages.timed("detect"):
            boxes = self._find(frame, glance)
        with self._stages.timed("track"):
            decided = self._tracker.update(frame, boxes, mode=self._pace.mode)
        self._hand_on(decided)

    def _find(self, frame: Frame, glance: Glance) -> list[PlateBox]:
        height, width = frame.image.shape[:2]
        whole_is_due = frame.monotonic_s - self._whole_s >= WHOLE_S
        box = None
        if self._detector_wh is not None and glance.why != "full" and not whole_is_due:
            box = region.choose(
                (width, height), self._detector_wh, plates=self._boxes, moving=glance.region
            )
        if box is None:
            self._whole_s = frame.monotonic_s
            found = self._detector.detect(frame.image)
        else:
            cut = self._detector.detect(region.cut(frame.image, box))
            found = [region.shifted(plate, box) for plate in cut]
        self._boxes = [b for b in found if self._zones.admits(_centre(b), (width, height))]
        return self._boxes

    def _hand_on(self, passages: list[Passage]) -> None:
        for passage in passages:
            self._passages.put(passage)  # waits where the outbox is behind: frames drop, reads not

    def _note(self, shot: Shot, image: Image) -> None:
        seen = self.seen
        seen.brightness = float(shot.luma.mean())
        seen.exposure_s, seen.gain, seen.focus = shot.exposure_s, shot.gain, shot.focus
        if shot.monotonic_s - self._focus_s >= FOCUS_S:
            self._focus_s = shot.monotonic_s
            seen.sharpness = sharpness(image)


def _centre(box: PlateBox) -> Point:
    left, top, right, bottom = box.xyxy
    return (left + right) / 2, (top + bottom) / 2
