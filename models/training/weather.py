"""What lies between a plate and the camera: shade, mud, rain, the light of lamps.

As in `optics`, each function takes a uint8 (H, W, 3) BGR picture and gives a new one.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[Any]
"""uint8 (H, W, 3), BGR."""


def _times(image: Image, weight: NDArray[Any]) -> Image:
    """Multiply by an (H, W) weight."""
    return np.asarray(cv2.multiply(image, cv2.merge((weight, weight, weight)), dtype=cv2.CV_8U))


def shade_edge(image: Image, rng: np.random.Generator) -> Image:
    """The edge of a shadow across the picture, hard or soft."""
    height, width = image.shape[:2]
    angle = rng.uniform(0, 2 * np.pi)
    xs = np.linspace(-0.5, 0.5, width, dtype=np.float32) - np.float32(rng.uniform(-0.35, 0.35))
    ys = (
        np.linspace(-0.5, 0.5, height, dtype=np.float32) - np.float32(rng.uniform(-0.35, 0.35))
    ) * np.float32(height / width)
    side = xs[None] * np.float32(np.cos(angle)) + ys[:, None] * np.float32(np.sin(angle))
    ramp = np.clip(side * np.float32(np.exp(rng.uniform(1, 5))) + 0.5, 0, 1)
    return _times(image, 1 - np.float32(rng.uniform(0.25, 0.75)) * ramp)


@cache
def _cloud(seed: int) -> NDArray[Any]:
    rng = np.random.default_rng([12, seed])
    return np.asarray(
        cv2.resize(rng.random((9, 14), np.float32), (256, 160), interpolation=cv2.INTER_CUBIC)
    )


def dirt(image: Image, rng: np.random.Generator) -> Image:
    """Mud: a film that thickens towards the bottom, and splashes."""
    height, width = image.shape[:2]
    film = cv2.resize(_cloud(int(rng.integers(8))), (width, height))
    low = np.linspace(0, 1, height, dtype=np.float32)[:, None]
    film = np.clip(
        film - 0.6 + 0.5 * low * np.float32(rng.random()), 0, np.float32(rng.uniform(0.1, 0.5))
    )
    splash = np.zeros((height, width), np.uint8)
    for _ in range(int(rng.integers(0, 14))):
        centre = (int(rng.integers(width)), int(rng.integers(height)))
        cv2.circle(
            splash,
            centre,
            max(1, int(height * rng.uniform(0.005, 0.04))),
            int(rng.integers(90, 255)),
            -1,
            cv2.LINE_AA,
        )
    film = np.maximum(film, splash * np.float32(0.8 / 255))
    mud = np.array([rng.uniform(40, 110), rng.uniform(55, 120), rng.uniform(65, 135)], np.float32)
    weight = film[..., None]
    return np.asarray(np.clip(image + (mud - image) * weight, 0, 255), np.uint8)


def rain(image: Image, rng: np.random.Generator) -> Image:
    """Bright streaks, all nearly along one direction, and a thin veil."""
    height, width = image.shape[:2]
    streaks: Image = np.zeros((height, width), np.uint8)
    angle = rng.normal(0, 0.2)
    count = int(rng.uniform(20, 120) * min(4.0, 1 + width / 640))
    starts = rng.random((count, 2)) * (width, height)
    lengths = rng.uniform(0.05, 0.16, count) * min(height, 400)
    for (x, y), length in zip(starts, lengths, strict=True):
        end = (int(x + np.sin(angle) * length), int(y + np.cos(angle) * length))
        cv2.line(streaks, (int(x), int(y)), end, int(rng.integers(50, 170)), 1, cv2.LINE_AA)
    streaks = cv2.blur(streaks, (1, 3))
    out = cv2.addWeighted(
        image,
        0.92,
        cv2.merge((streaks, streaks, streaks)),
        rng.uniform(0.3, 0.8),
        rng.uniform(4, 22),
    )
    return np.asarray(out)


def glow(
    image: Image, x: float, y: float, radius: float, strength: float, warm: float = 0.0
) -> Image:
    """A lamp at x, y: a hard core, a wide veil, over everything near it."""
    height, width = image.shape[:2]
    step = max(1, min(height, width) // 90)
    ys, xs = np.mgrid[0:height:step, 0:width:step].astype(np.float32)
    far = np.hypot(xs - np.float32(x), ys - np.float32(y)) / np.float32(radius)
    light = np.float32(255 * strength) * (
        np.exp(-((far * 2.2) ** 2)) + 0.45 / (1 + (far * 1.6) ** 2)
    )
    light = cv2.resize(light, (width, height))
    return np.asarray(
        cv2.add(image, cv2.merge((light * np.float32(1 - warm), light, light)), dtype=cv2.CV_8U)
    )


def headlights(image: Image, rng: np.random.Generator) -> Image:
    """One or two lamps somewhere in or beside the picture."""
    height, width = image.shape[:2]
    y = rng.uniform(-0.1, 1.1) * height
    radius = height * rng.uniform(0.15, 0.8)
    strength = rng.uniform(0.25, 1.0)
    x = rng.uniform(-0.2, 1.2) * width
    out = glow(image, x, y, radius, strength, rng.uniform(0, 0.2))
    return (
        glow(out, x + radius * rng.uniform(1.5, 4), y, radius, strength)
        if rng.random() < 0.5
        else out
    )
