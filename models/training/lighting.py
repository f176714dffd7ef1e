"""Light and weather of a whole scene, and plates that fit into it."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from models.training import optics, weather

Image = NDArray[Any]
"""uint8 (H, W, 3), BGR."""
Box = tuple[float, float, float, float]
"""x, y, width, height."""


def paper_shade(image: Image, box: Box) -> float | None:
    """How bright the old plate's paper is, or None where too little of it is seen."""
    x, y = max(0, int(box[0])), max(0, int(box[1]))
    part = image[y : int(box[1] + box[3]) : 2, x : int(box[0] + box[2]) : 2]
    return float(np.percentile(part, 85)) if part.size > 60 else None


def box_of(corners: NDArray[Any]) -> Box:
    """The upright box round some corners."""
    low, size = corners.min(0), np.ptp(corners, axis=0)
    return float(low[0]), float(low[1]), float(size[0]), float(size[1])


def erase(image: Image, box: Box) -> None:
    """Fill a box with what stands above and below it, so that no old plate shows by a new one."""
    height, width = image.shape[:2]
    x, y, w, h = box
    x0, x1 = max(0, int(x - 0.04 * w)), min(width, int(np.ceil(x + 1.04 * w)))
    y0, y1 = max(1, int(y - 0.08 * h)), min(height - 1, int(np.ceil(y + 1.08 * h)))
    if x1 - x0 < 2 or y1 - y0 < 2:
        return
    ends = np.stack([image[y0 - 1, x0:x1], image[y1, x0:x1]])
    ends = cv2.blur(ends, (max(3, (x1 - x0) // 8), 1))
    image[y0:y1, x0:x1] = cv2.resize(ends, (x1 - x0, y1 - y0), interpolation=cv2.INTER_LINEAR)


def darkened(image: Image, mode: str, rng: np.random.Generator) -> Image:
    """The surroundings as the mode lights them, before plates are laid in."""
    if mode == "day":
        return image
    if mode == "dusk":
        cast = (rng.uniform(1.0, 1.25), 1.0, rng.uniform(0.8, 1.1))
        return optics.tone(
            image, rng.uniform(1.1, 1.7), rng.uniform(0.4, 0.85), rng.uniform(0, 15), cast
        )
    if mode == "night":
        return optics.tone(image, rng.uniform(1.2, 2.0), rng.uniform(0.15, 0.5), rng.uniform(0, 12))
    return optics.tone(
        optics.grey(image), rng.uniform(1.0, 1.8), rng.uniform(0.12, 0.6), rng.uniform(0, 15)
    )


def lit(
    image: Image, mode: str, rng: np.random.Generator, dim: float, shade: float | None
) -> Image:
    """A plate in the light of its surroundings."""
    if mode == "infrared":
        return optics.infrared(image, rng)
    paper = max(60.0, float(np.percentile(image[::4, ::4], 85)))
    gain = float(np.clip(((shade or 190.0) / paper) ** 0.7, 0.3, 1.3)) * rng.uniform(0.8, 1.15)
    # Sheeting throws lamps back: plates are never as dark as what stands round them.
    gain *= dim if mode == "day" else max(dim, rng.uniform(0.25, 0.95))
    out = optics.tone(image, float(np.exp(rng.normal(0, 0.15))), gain, rng.uniform(0, 12))
    if mode == "day" and rng.random() < 0.2:
        out = weather.shade_edge(out, rng)
    if rng.random() < 0.1:
        out = weather.dirt(out, rng)
    return out


def scene_optics(image: Image, mode: str, rng: np.random.Generator) -> Image:
    """What lens, weather, sensor and codec do to a whole frame."""
    unit = image.shape[1] / 1280
    if mode == "infrared":
        image = optics.bloom(image, unit * rng.uniform(1, 5), 225, rng.uniform(0.05, 0.3))
    elif mode != "day":
        for _ in range(int(rng.integers(0, 4))):
            x, y = rng.random(2) * (image.shape[1], image.shape[0])
            image = weather.glow(
                image, x, y, unit * rng.uniform(20, 120), rng.uniform(0.3, 1), rng.uniform(0, 0.3)
            )
    if rng.random() < 0.08:
        image = weather.rain(image, rng)
    draw = rng.random()
    if draw < 0.3:
        image = optics.defocus(image, unit * rng.uniform(0.4, 2.2))
    elif draw < 0.5:
        image = optics.motion_blur(image, unit * rng.uniform(1.5, 9), float(rng.normal(0, 0.7)))
    if rng.random() < 0.5:
        cast = rng.normal(1, 0.05, 3) if mode != "infrared" else np.ones(3)
        image = optics.tone(
            image,
            float(np.exp(rng.normal(0, 0.2))),
            rng.uniform(0.75, 1.15),
            rng.uniform(0, 20),
            (float(cast[0]), float(cast[1]), float(cast[2])),
        )
    if rng.random() < 0.15:
        image = optics.grey(image)
    noisy = 0.9 if mode != "day" else 0.4
    if rng.random() < noisy:
        image = optics.grain(
            image, rng, rng.uniform(1, 6 if mode == "day" else 12), mode == "infrared"
        )
    if rng.random() < 0.4:
        image = optics.jpeg(image, int(rng.uniform(30, 90)))
    return image
