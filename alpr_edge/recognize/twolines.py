"""Plates with two lines, as European motorcycles and many Brazilian ones carry them.

The network reads one line well, and of two it reads the lower. So a squarish plate is read three
times: whole, and each half as a plate of its own. Where the lower half says what the whole said,
and the upper half says something too, the plate has two lines.
"""

from __future__ import annotations

import numpy as np

from alpr_edge.seams import Corners, PlateText, Point

SQUARISH = 1.75
"""Width over height under which a plate may have two lines; one-line plates have 2 or more,
but seen from the side they look narrower."""
HALF = 0.56
"""Each half reaches a little past the middle."""
LEAST_UPPER = 0.2
"""Confidence from which the upper half counts as text."""
MOST_CHARACTERS = 10


def squarish(corners: Corners) -> bool:
    """Whether a plate of this shape may have two lines."""
    a, b, c, d = (np.array(p) for p in corners)
    wide = float(np.linalg.norm(b - a) + np.linalg.norm(c - d))
    tall = float(np.linalg.norm(d - a) + np.linalg.norm(c - b))
    return wide < SQUARISH * tall


def halves(corners: Corners) -> tuple[Corners, Corners]:
    """The corners of the upper and the lower half, which overlap a little."""
    a, b, c, d = corners
    upper = (a, b, _between(b, c, HALF), _between(a, d, HALF))
    lower = (_between(a, d, 1 - HALF), _between(b, c, 1 - HALF), c, d)
    return upper, lower


def has_two(whole: PlateText, upper: PlateText, lower: PlateText) -> bool:
    """Whether the three readings are those of a plate with two lines."""
    if not upper.raw_text or upper.confidence < LEAST_UPPER:
        return False
    if len(upper.raw_text) + len(whole.raw_text) > MOST_CHARACTERS:
        return False
    return lower.raw_text[-3:] == whole.raw_text[-3:] and len(lower.raw_text) <= len(whole.raw_text)


def joined(upper: PlateText, lower: PlateText) -> PlateText:
    """Both lines as one text, as sure as both together."""
    return PlateText(
        text=_spelt(upper) + _spelt(lower),
        raw_text=upper.raw_text + lower.raw_text,
        confidence=upper.confidence * lower.confidence,
        characters=upper.characters + lower.characters,
        region=lower.region,
        region_confidence=lower.region_confidence,
    )


def _spelt(line: PlateText) -> str:
    return "".join(c.best for c in line.characters)


def _between(a: Point, b: Point, share: float) -> Point:
    return a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])
