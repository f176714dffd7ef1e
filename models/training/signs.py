"""Boards with lettering that are no plates: traffic signs, house numbers, adverts, badges."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.training import grounds, trim
from models.training.glyphs import blend, rgb, words
from models.training.trim import pick, rounded

_PAINTS = (
    ("f2f2ee", "181818"),
    ("1d6a44", "f2f2ee"),
    ("1f4fa0", "f2f2ee"),
    ("f0c22c", "181818"),
    ("c02c34", "f4f4f4"),
    ("e8742c", "181818"),
    ("181818", "f0f0ea"),
    ("5c3c28", "f0ead8"),
)
_WORDS = (
    ("SPEED", "LIMIT", "35"),
    ("SPEED", "LIMIT", "65"),
    ("NO", "PARKING"),
    ("MAIN ST",),
    ("EXIT 24",),
    ("STOP",),
    ("ONE WAY",),
    ("5TH AVE",),
    ("TOW AWAY",),
    ("NO TURN", "ON RED"),
    ("FOR SALE",),
    ("OPEN 24 H",),
    ("TAXI",),
    ("CALL 311",),
    ("1420",),
    ("ROUTE", "101"),
    ("SCHOOL", "BUS"),
    ("WIDE LOAD",),
    ("HOW'S MY", "DRIVING"),
    ("POLICE",),
    ("PIZZA",),
    ("BUS STOP",),
    ("TURBO",),
    ("4X4",),
    ("V6",),
    ("US DOT 104332",),
    ("MAX 12-6",),
)


def sign(rng: np.random.Generator) -> NDArray[Any]:
    """A flat board seen from the front, uint8 (H, W, 3), BGR."""
    lines = (
        _WORDS[int(rng.integers(len(_WORDS)))] if rng.random() < 0.75 else (trim.dealer_words(rng),)
    )
    longest = max(len(line) for line in lines)
    height = 46 * len(lines) + 16
    width = round(max(0.35 * height, longest * rng.uniform(22, 34) + 16))
    paper, ink = _PAINTS[int(rng.integers(len(_PAINTS)))]
    canvas = grounds.ground(f"flat:{paper}", (width, height), rng)
    canvas *= np.float32(rng.uniform(0.75, 1.05))
    face = pick(rng, ("road-d", "road-c", "road-e", "overpass", "barlow-bold", "serif", "oswald"))
    for row, line in enumerate(lines):
        words(canvas, face, line, rgb(ink), (8, 12 + 46 * row, width - 16, 34))
    if rng.random() < 0.5:
        blend(canvas, rounded((width, height), 3, 6, 2), rgb(ink), 0, 0)
    grounds.aged(canvas, rng)
    return np.clip(canvas, 0, 255).astype(np.uint8)
