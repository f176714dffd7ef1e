"""The painted near face of a drawn vehicle: sheet metal, lamps, bumper, the recess for a plate."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[Any]
"""uint8 (H, W, 3), BGR."""
PX_PER_M = 220


def paint_face(
    rng: np.random.Generator,
    rear: bool,
    tall: bool,
    paint: tuple[float, ...],
    size_m: tuple[float, float],
    plate: tuple[float, float],
    plate_v: float,
    lit: bool,
) -> Image:
    """Paint the near face: sheet metal, lamps, bumper, grille or boot, the recess for the plate."""
    scale = PX_PER_M
    width, height = round(size_m[0] * scale), round(size_m[1] * scale)
    shade = np.linspace(1.15, 0.6, height, dtype=np.float32)[:, None, None]
    image: Image = np.clip(
        np.array(paint, np.float32) * shade + np.zeros((1, width, 1), np.float32), 0, 255
    ).astype(np.uint8)

    def box(
        u: float, v: float, w: float, h: float, colour: tuple[float, ...], line: int = -1
    ) -> None:
        x, y = width / 2 + u * scale, height - v * scale
        cv2.rectangle(
            image,
            (round(x - w * scale / 2), round(y - h * scale / 2)),
            (round(x + w * scale / 2), round(y + h * scale / 2)),
            colour,
            line,
            cv2.LINE_AA,
        )

    dark = tuple(c * 0.55 for c in paint)
    half = size_m[0] / 2
    if tall:
        box(0, size_m[1] - 0.38, size_m[0] * 0.82, 0.5, (56, 48, 40))
        box(0.3, size_m[1] - 0.3, 0.08, 0.3, (74, 66, 58))
    box(0, 0.36, size_m[0], 0.26, tuple(c * 0.8 for c in paint))  # bumper
    box(0, 0.49, size_m[0], 0.012, dark)
    box(0, 0.12, size_m[0], 0.24, (24, 24, 24))
    for side in (-1, 1):
        box(side * (half - 0.16), 0.1, 0.2, 0.3, (16, 16, 16))  # tyres
        if rear:
            tall_lamp = 0.34 if tall else 0.15
            box(
                side * (half - 0.16),
                0.78,
                0.26,
                tall_lamp,
                (40, 34, 170) if not lit else (80, 70, 250),
            )
            box(
                side * (half - 0.22),
                0.78,
                0.1,
                tall_lamp * 0.5,
                (70, 120, 220) if not lit else (150, 160, 255),
            )
        else:
            box(
                side * (half - 0.2),
                0.68,
                0.32,
                0.14,
                (190, 190, 186) if not lit else (250, 255, 255),
            )
            box(
                side * (half - 0.2),
                0.68,
                0.3,
                0.12,
                (120, 120, 120) if not lit else (255, 255, 255),
                2,
            )
    if rear:
        box(0, 0.56 if plate_v > 0.55 else 0.8, size_m[0] * 0.9, 0.008, dark)
    else:
        box(0, 0.64, size_m[0] * 0.5, 0.18, (26, 26, 26))
        for bar in range(4):
            box(0, 0.575 + bar * 0.045, size_m[0] * 0.48, 0.008, (120, 120, 120))
    cv2.circle(
        image,
        (width // 2, round(height - 0.86 * scale)),
        round(0.045 * scale),
        (170, 170, 168),
        -1,
        cv2.LINE_AA,
    )
    box(0, plate_v, plate[0] * 1.35, plate[1] * 1.45, tuple(c * 0.62 for c in paint))
    box(0, plate_v - plate[1] * 0.1, plate[0] * 1.3, plate[1] * 1.3, tuple(c * 0.75 for c in paint))
    image = cv2.GaussianBlur(image, (0, 0), 1.1)
    grit = rng.normal(0, 2.5, image.shape[:2]).astype(np.float32)
    return np.asarray(np.clip(image + grit[..., None], 0, 255), np.uint8)
