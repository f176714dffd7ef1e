"""Which part of a frame the detector looks at, once it is known where things are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from alpr_edge.seams import Image, PlateBox, Point

Box = tuple[float, float, float, float]
"""Left, top, right, bottom."""

# A plate is looked for this many of its widths around where it was: at 100 mph and 15 frames a
# second a near one moves about two between frames.
REACH = 2.5
# Above this part of a frame a cut-out shows plates little larger than the frame does.
MOST_OF_FRAME = 0.6


def choose(
    frame_wh: tuple[int, int],
    detector_wh: tuple[int, int],
    *,
    plates: Sequence[PlateBox],
    moving: Box | None,
) -> Box | None:
    """The cut-out to look at, in whole pixels; None for the whole frame.

    It holds where each plate may be by now and everything that moves (`moving`, as fractions of
    the frame), so that a vehicle that enters elsewhere widens it to the whole frame. It is never
    smaller than the detector's input: enlarging finds nothing more.
    """
    if not plates:
        return None
    width, height = frame_wh
    boxes = [_around(plate) for plate in plates]
    if moving is not None:
        left, top, right, bottom = moving
        boxes.append((left * width, top * height, right * width, bottom * height))
    left, right = _span(min(b[0] for b in boxes), max(b[2] for b in boxes), detector_wh[0], width)
    top, bottom = _span(min(b[1] for b in boxes), max(b[3] for b in boxes), detector_wh[1], height)
    if (right - left) * (bottom - top) > MOST_OF_FRAME * width * height:
        return None
    return left, top, right, bottom


def cut(image: Image, box: Box) -> Image:
    """The cut-out, a view of the frame."""
    left, top, right, bottom = (round(side) for side in box)
    return image[top:bottom, left:right]


def shifted(plate: PlateBox, box: Box) -> PlateBox:
    """A plate found in a cut-out, in pixels of the frame."""
    corners: list[Point] = [(x + box[0], y + box[1]) for x, y in plate.corners]
    a, b, c, d = corners
    return replace(plate, corners=(a, b, c, d))


def _around(plate: PlateBox) -> Box:
    left, top, right, bottom = plate.xyxy
    reach = REACH * plate.width_px
    return left - reach, top - reach, right + reach, bottom + reach


def _span(low: float, high: float, least: int, limit: int) -> tuple[int, int]:
    """Whole pixels from low to high, at least so many where the frame has them, inside it."""
    least = min(least, limit)
    missing = max(0.0, least - (high - low)) / 2
    start = round(min(max(low - missing, 0), limit - least))
    return start, max(start + least, min(round(high + missing), limit))
