"""One aiming session: looks, measures and keeps what the terminal and the page show."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import Protocol

from alpr_edge.aim.lanes import INFRA_RED, Lane, Lanes
from alpr_edge.aim.meters import LEAST_WIDTH_PX, measure
from alpr_edge.aim.preview import jpeg, masked
from alpr_edge.capture.exposure import shutter_limit_s
from alpr_edge.capture.gate import MotionGate
from alpr_edge.capture.source import Source
from alpr_edge.capture.view import sharpness
from alpr_edge.seams import Image, PlateBox

MOST_S = 15 * 60.0


class Detects(Protocol):
    """Finds plates."""

    def detect(self, image: Image) -> list[PlateBox]:
        """Plates in a picture, surest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """The newest look."""

    lanes: tuple[Lane, ...]
    frames: int
    left_s: float
    picture: bytes
    """JPEG, masked."""
    size_wh: tuple[int, int]
    exposure_s: float | None
    brightness: float
    sharpness: float

    @property
    def passes(self) -> bool:
        """Whether every lane passes."""
        return all(lane.passes for lane in self.lanes)

    @property
    def unmeasured(self) -> tuple[str, ...]:
        """What no meter judged, and why: a lane passes without it."""
        found = []
        if self.exposure_s is None:
            found.append("shutter, motion blur: this source does not tell its exposure")
        if not any(m.name == INFRA_RED for lane in self.lanes for m in lane.meters):
            found.append("infra-red: no plate was seen at night")
        return tuple(found)


class Session:
    """Ends by itself after fifteen minutes. One thread steps, any may look at `shown`."""

    def __init__(
        self, source: Source, detector: Detects, *, lanes: int, mph: float, most_s: float = MOST_S
    ) -> None:
        self._source, self._detector, self._mph = source, detector, mph
        self._lanes = Lanes(lanes, shutter_limit_s(mph))
        self._gate = MotionGate(full_look_s=1.0, hold_s=1.0, min_area=0.001)
        self._until_s = time.monotonic() + most_s
        self._frames = 0
        self._lock = threading.Lock()
        self._shown: Shown | None = None

    @property
    def shown(self) -> Shown | None:
        """The newest look, once there is one."""
        with self._lock:
            return self._shown

    @property
    def left_s(self) -> float:
        """Until the session ends."""
        return max(0.0, self._until_s - time.monotonic())

    @property
    def background(self) -> Image | None:
        """The empty road as it was learnt, for the baseline."""
        return self._gate.background

    def step(self) -> bool:
        """Look at one frame; False once the time is over or a recording has ended.

        Raises:
            CameraError: The camera failed.
        """
        shot = self._source.read() if self.left_s > 0 else None
        if shot is None:
            return False
        self._gate.look(shot.luma, shot.monotonic_s)
        image = shot.develop()
        boxes = self._detector.detect(image)
        readings = [measure(image, box, exposure_s=shot.exposure_s, mph=self._mph) for box in boxes]
        self._lanes.add(readings)
        self._frames += 1
        picture = jpeg(masked(image, boxes, [r.width_px >= LEAST_WIDTH_PX for r in readings]))
        shown = Shown(
            lanes=tuple(self._lanes.lanes(shot.exposure_s)),
            frames=self._frames,
            left_s=self.left_s,
            picture=picture,
            size_wh=(image.shape[1], image.shape[0]),
            exposure_s=shot.exposure_s,
            brightness=round(float(shot.luma.mean()), 1),
            sharpness=round(sharpness(image), 4),
        )
        with self._lock:
            self._shown = shown
        return True
