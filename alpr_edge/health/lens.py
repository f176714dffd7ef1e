"""What the empty road tells about the glass: covered, dirty, or a web before the infra-red lamp.

Works on the small grey background that the motion gate learns (160 pixels wide), in which no plate
can be read; gives shares of the picture and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from alpr_edge.seams import Image

CELL_PX = 8
# Of the local brightness; what the noise of a sensor leaves in a learnt background is under this.
STRUCTURE = 0.045
DARK = 50.0
"""Median grey level of a night scene."""
HAZE = 90.0
"""A lit web is this much brighter than the night around it, and smooth."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LensView:
    """Shares of the picture, 0 to 1."""

    flat: float
    """Has nothing in it to see."""
    kept: float | None
    """Of what had something in it when commissioned; None without a baseline of this size."""
    haze: float
    """Bright and smooth in the dark."""
    night: bool


def look(background: Image, baseline: Image | None) -> LensView:
    """Judge a background, uint8 (h, 160), beside the commissioned one."""
    mean, detail = _cells(background)
    structured = detail > STRUCTURE
    night = float(np.median(mean)) < DARK
    kept = None
    if baseline is not None and baseline.shape == background.shape:
        before = _cells(baseline)[1] > STRUCTURE
        if before.any():
            kept = round(float(structured[before].mean()), 3)
    haze = (mean > np.median(mean) + HAZE) & (detail < 2 * STRUCTURE) if night else np.zeros(1)
    return LensView(
        flat=round(float(1 - structured.mean()), 3),
        kept=kept,
        haze=round(float(haze.mean()), 3),
        night=night,
    )


def _cells(grey: Image) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Mean brightness and relative detail of every cell."""
    rows, columns = grey.shape[0] // CELL_PX, grey.shape[1] // CELL_PX
    cut = grey[: rows * CELL_PX, : columns * CELL_PX].astype(np.float32)
    cells = cut.reshape(rows, CELL_PX, columns, CELL_PX)
    mean = cells.mean(axis=(1, 3))
    return mean, cells.std(axis=(1, 3)) / (mean + 8)
