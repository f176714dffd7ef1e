"""One vehicle's plate, from its first sighting on."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal

from alpr_edge.seams import Frame, Image, Mode, PlateBox, PlateText
from alpr_edge.track.fuse import Reading, fuse

# How fast the estimate of a plate's motion follows what is seen.
FOLLOW = 0.6
GROWTH = 0.15
"""Change of the width's logarithm that counts as coming or going: about 16 %."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """The sighting that the passage's crop comes from."""

    frame: Frame
    box: PlateBox
    crop: Image = field(repr=False)
    overview: Image = field(repr=False)
    value: float
    """Larger for larger and sharper crops."""
    mode: Mode


@dataclass(slots=True)
class Track:
    """Where a plate is, where it goes, and what was read of it. Pixels and seconds."""

    box: PlateBox
    first_s: float
    last_s: float
    first_x: float
    first_y: float
    first_width: float
    x: float
    y: float
    width: float
    vx: float = 0.0
    vy: float = 0.0
    looks: int = 1
    score: float = 0.0
    """The best the detector gave."""
    readings: list[Reading] = field(default_factory=list)
    best: Look | None = None
    fused: PlateText | None = None
    read_s: float = float("-inf")
    widest_move: float = 0.0
    """Farthest from where it began, in plate widths."""
    told: bool = False
    """Its passage was given out: a parked vehicle that is still followed."""

    @classmethod
    def begin(cls, box: PlateBox, now_s: float) -> Track:
        """A plate that was not there before."""
        x, y = centre(box)
        width = box.width_px
        return cls(
            box=box, first_s=now_s, last_s=now_s, first_x=x, first_y=y, first_width=width,
            x=x, y=y, width=width, score=box.score,
        )  # fmt: skip

    def expected(self, now_s: float) -> tuple[float, float]:
        """Where its centre should be."""
        ahead = now_s - self.last_s
        return self.x + self.vx * ahead, self.y + self.vy * ahead

    def follow(self, box: PlateBox, now_s: float) -> None:
        """It was seen again."""
        x, y = centre(box)
        passed = max(now_s - self.last_s, 1e-3)
        gain = 1.0 if self.looks == 1 else FOLLOW
        self.vx += gain * ((x - self.x) / passed - self.vx)
        self.vy += gain * ((y - self.y) / passed - self.vy)
        self.box, self.x, self.y, self.width = box, x, y, box.width_px
        self.last_s = now_s
        self.looks += 1
        self.score = max(self.score, box.score)
        moved = math.hypot(x - self.first_x, y - self.first_y) / max(1.0, self.width)
        self.widest_move = max(self.widest_move, moved)

    def hear(self, text: PlateText, look: Look) -> None:
        """It was read."""
        self.readings.append(Reading(text=text, weight=look.value))
        self.read_s = look.frame.monotonic_s
        self.fused = fuse(self.readings)
        right = self.fused is not None and text.raw_text == self.fused.raw_text
        value = look.value * (1.0 if right else 0.5)
        if self.best is None or value > self.best.value:
            self.best = look

    def direction(
        self, still: float
    ) -> Literal["approaching", "receding", "left", "right", "still"]:
        """Where it went, as the camera sees it."""
        if self.widest_move < still:
            return "still"
        growth = math.log(max(1.0, self.width) / max(1.0, self.first_width))
        if abs(growth) >= GROWTH:
            return "approaching" if growth > 0 else "receding"
        dx, dy = self.x - self.first_x, self.y - self.first_y
        if abs(dx) >= abs(dy):
            return "right" if dx > 0 else "left"
        # A camera above the road sees what comes nearer move down.
        return "approaching" if dy > 0 else "receding"


def centre(box: PlateBox) -> tuple[float, float]:
    """The middle of a plate's corners."""
    return sum(x for x, _ in box.corners) / 4, sum(y for _, y in box.corners) / 4
