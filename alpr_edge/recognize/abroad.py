"""Plates from outside North America, which a second reader reads.

The same network with weights of its own, taught on the plates of Europe and South America, on one
line or two. It is asked wherever the first reader does not clearly take a plate for American. One
reader for all read American plates worse (docs/DECISIONS.md).
"""

from __future__ import annotations

import numpy as np

from alpr_edge.seams import Corners

HOME = ("us", "can")
"""Regions, or how they begin, that are the first reader's."""
CLEARLY_HOME = 0.9
"""Probability of these regions from which the second reader is not asked."""
SQUARISH = 1.75
"""Width over height under which a plate may have two lines; one-line plates have 2 or more,
but seen from the side they look narrower."""


def at_home(region: str | None) -> bool:
    """Whether a region's plates are the first reader's; unknown ones are not."""
    return region is not None and region.startswith(HOME)


def squarish(corners: Corners) -> bool:
    """Whether a plate of this shape may have two lines."""
    a, b, c, d = (np.array(p) for p in corners)
    wide = float(np.linalg.norm(b - a) + np.linalg.norm(c - d))
    tall = float(np.linalg.norm(d - a) + np.linalg.norm(c - b))
    return wide < SQUARISH * tall


def agree(one: str, other: str) -> bool:
    """Whether two readings differ at most in what looks alike: O and 0, I and 1."""
    return alike(one) == alike(other)


def alike(text: str) -> str:
    """A text with O as 0 and I as 1."""
    return text.replace("O", "0").replace("I", "1")
