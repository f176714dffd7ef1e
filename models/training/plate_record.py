"""The record of a rendered plate, and the last step that every plate takes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.training.glyphs import Canvas
from models.training.grounds import aged


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedPlate:
    """A flat plate seen from the front, filling the picture."""

    image: NDArray[Any] = field(repr=False)
    """uint8 (H, W, 3), BGR."""
    text: str = field(repr=False)
    """A-Z and 0-9, upper line first."""
    region: str
    style: str
    upper: int = 0
    """Characters on the upper of two lines; 0 where there is one line."""


def finish(
    canvas: Canvas, rng: np.random.Generator, text: str, region: str, style: str, upper: int = 0
) -> RenderedPlate:
    """Age a plate and close its record."""
    aged(canvas, rng)
    image = np.clip(canvas, 0, 255).astype(np.uint8)
    return RenderedPlate(image=image, text=text, region=region, style=style, upper=upper)
