"""One exposure as a source delivers it: a small grey picture at once, the whole one on demand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import cv2
import numpy as np

from alpr_edge.capture.clock import dated, read_clock
from alpr_edge.seams import Clock, Frame, Image

LUMA_WIDTH_PX = 160
# Enough rows for a fair mean over each small pixel; a third of the time of using them all.
LUMA_ROWS = 360


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """What stands between the camera and the frame loop.

    On an empty road nobody asks for the picture, so turning it into colour costs nothing there.
    """

    luma: Image = field(repr=False)
    """uint8 (h, 160)."""
    develop: Callable[[], Image] = field(repr=False)
    """Gives the whole picture, uint8 (H, W, 3), BGR, which the caller may change. Call it once."""
    captured_at: datetime
    monotonic_s: float
    clock: Clock
    sequence: int
    source: str
    exposure_s: float | None = None
    gain: float | None = None
    focus: float | None = None

    def frame(self, image: Image) -> Frame:
        """The record that the rooms after capture see, round the developed picture."""
        return Frame(
            image=image,
            luma=self.luma,
            captured_at=self.captured_at,
            monotonic_s=self.monotonic_s,
            clock=self.clock,
            sequence=self.sequence,
            source=self.source,
            exposure_s=self.exposure_s,
            gain=self.gain,
            focus=self.focus,
        )


def small_luma(picture: Image) -> Image:
    """The picture in grey, 160 pixels wide; takes a Y plane (H, W) or BGR (H, W, 3)."""
    height, width = picture.shape[:2]
    rows = picture[:: max(1, height // LUMA_ROWS)]  # a view, which OpenCV takes as it is
    size = (LUMA_WIDTH_PX, max(1, round(LUMA_WIDTH_PX * height / width)))
    small = cv2.resize(rows, size, interpolation=cv2.INTER_AREA)
    return np.asarray(small if small.ndim == 2 else cv2.cvtColor(small, cv2.COLOR_BGR2GRAY))


def take(
    luma: Image,
    develop: Callable[[], Image],
    *,
    monotonic_s: float,
    sequence: int,
    source: str,
    exposure_s: float | None = None,
    gain: float | None = None,
    focus: float | None = None,
) -> Shot:
    """A shot with its date and the quality of the clock that gave it."""
    return Shot(
        luma=luma,
        develop=develop,
        captured_at=dated(monotonic_s),
        monotonic_s=monotonic_s,
        clock=read_clock(),
        sequence=sequence,
        source=source,
        exposure_s=exposure_s,
        gain=gain,
        focus=focus,
    )


def bgr_of_i420(planes: Image, width_px: int) -> Image:
    """YUV420 planes, uint8 (H * 3 / 2, at least W), in colour."""
    return np.asarray(cv2.cvtColor(planes, cv2.COLOR_YUV2BGR_I420), np.uint8)[:, :width_px]
