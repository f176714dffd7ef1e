"""The records that travel between rooms, in the order a plate travels.

    capture ── Frame ──► recognize ── PlateBox, PlateText ──► track ── Passage ──► buffer

Rooms import these and never each other. Everything here is frozen; an array inside a record
belongs to whoever made it and is never written to by whoever receives it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
"""uint8 (H, W, 3), BGR, unless said otherwise."""

Point = tuple[float, float]
"""x, y in pixels of the frame, origin at the top left corner of the top left pixel."""

Corners = tuple[Point, Point, Point, Point]
"""Top left, top right, bottom right, bottom left, as the plate is read."""

Mode = Literal["full", "slow", "hot"]
"""How hard the frame loop worked: every frame, fewer because behind, fewer because hot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """How far a capture time can be trusted."""

    synchronised: bool
    error_s: float | None
    """Estimated largest error in seconds; None when nobody can say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One picture from a camera or a recording."""

    image: Image = field(repr=False)
    """Full resolution, uint8 (H, W, 3), BGR."""
    luma: Image | None = field(default=None, repr=False)
    """A small grey picture for the motion gate, uint8 (h, w), where the source gives one."""
    captured_at: datetime
    """Aware, UTC, at the start of exposure as well as the source knows."""
    monotonic_s: float
    """`time.monotonic()` at capture; durations are differences of this."""
    clock: Clock
    sequence: int
    """Counts what the sensor delivered, so a hole is a dropped frame."""
    source: str
    """Name of the source, for logs."""
    exposure_s: float | None = None
    gain: float | None = None
    focus: float | None = None
    """Focus figure of merit as the source reports it, larger is sharper."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlateBox:
    """Where a plate is in a frame."""

    corners: Corners
    score: float
    """0 to 1."""

    @property
    def xyxy(self) -> tuple[float, float, float, float]:
        """The upright box around the corners: left, top, right, bottom in pixels."""
        xs = [x for x, _ in self.corners]
        ys = [y for _, y in self.corners]
        return min(xs), min(ys), max(xs), max(ys)

    @property
    def width_px(self) -> float:
        """Mean length of the plate's top and bottom edges."""
        (ax, ay), (bx, by), (cx, cy), (dx, dy) = self.corners
        return float((np.hypot(bx - ax, by - ay) + np.hypot(cx - dx, cy - dy)) / 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Character:
    """One position of a plate: what it may be, likeliest first."""

    alternatives: tuple[tuple[str, float], ...] = field(repr=False)
    """(character, probability), at least one, probabilities 0 to 1 and summing to at most 1."""

    @property
    def best(self) -> str:
        """The likeliest character."""
        return self.alternatives[0][0]

    @property
    def probability(self) -> float:
        """The probability of the likeliest character."""
        return self.alternatives[0][1]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlateText:
    """What the OCR read, on one crop or fused over a passage."""

    text: str = field(repr=False)  # personal data: stays out of logs and tracebacks
    """A-Z, 0-9, and '?' where the reader abstains. Empty when nothing is legible."""
    raw_text: str = field(repr=False)
    """The reading before abstention and before any syntax prior; never rewritten."""
    confidence: float
    """Calibrated probability, 0 to 1, that `raw_text` is right as a whole."""
    characters: tuple[Character, ...] = field(repr=False)
    """One per character of `raw_text`."""
    region: str | None = None
    """'us-ca', 'eu', 'br', ... or None when unknown."""
    region_confidence: float = 0.0
    nothing: float = 0.0
    """Probability that there is no text at all: a sign's edge, a lamp, a plate too blurred."""
    lines: int = 1
    """Lines of text that were read: 2 on the plates of many motorcycles."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """One plate in one frame, as the tracker sees it."""

    frame: Frame
    box: PlateBox
    text: PlateText | None = None
    """None where the crop was not worth reading."""
    crop: Image | None = field(default=None, repr=False)
    """The rectified crop that `text` was read from."""
    sharpness: float = 0.0
    """Larger is sharper; comparable within one passage only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """One vehicle that passed, ready to be sealed: becomes exactly one read."""

    text: PlateText
    """Fused over the passage."""
    captured_at: datetime
    """Time of the frame that the crop comes from. Aware, UTC."""
    monotonic_s: float
    clock: Clock
    first_seen_s: float
    """`time.monotonic()` of the first and the last sighting."""
    last_seen_s: float
    direction: Literal["approaching", "receding", "left", "right", "still"]
    looks: int
    """Sightings in the passage."""
    readings: int
    """How many of them the OCR read."""
    box: PlateBox
    """In the frame that the crop comes from."""
    frame_size_wh: tuple[int, int]
    crop: Image = field(repr=False)
    """The very crop that was read best, rectified."""
    overview: Image | None = field(default=None, repr=False)
    """The whole frame, reduced; None where policy or space forbids it."""
    mode: Mode
    source: str
    models: tuple[str, ...]
    """Name and short hash of each model used."""
