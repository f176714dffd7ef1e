"""Plates with two lines, as European motorcycles and many Brazilian ones carry them.

A second reader, with the same network and weights of its own, reads both lines of them. It is asked
only where there may be two: on a squarish plate, and not where plates carry one full line whatever
their shape. One reader for both lost more on plates with one line than it was worth
(docs/DECISIONS.md).
"""

from __future__ import annotations

import numpy as np

from alpr_edge.seams import Corners

SQUARISH = 1.75
"""Width over height under which a plate may have two lines; one-line plates have 2 or more,
but seen from the side they look narrower."""
ONE_LINE = ("us", "can")
"""Regions, or how they begin, whose plates carry one full line."""


def room_for_two(region: str | None) -> bool:
    """Whether plates of a region may carry two full lines."""
    return region is None or not region.startswith(ONE_LINE)


def squarish(corners: Corners) -> bool:
    """Whether a plate of this shape may have two lines."""
    a, b, c, d = (np.array(p) for p in corners)
    wide = float(np.linalg.norm(b - a) + np.linalg.norm(c - d))
    tall = float(np.linalg.norm(d - a) + np.linalg.norm(c - b))
    return wide < SQUARISH * tall
