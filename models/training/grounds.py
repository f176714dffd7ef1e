"""What a plate is painted with before it is stamped: flat sheets, fades, bands, landscapes."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np

from models.training.glyphs import Canvas, rgb, tripled


@cache
def _noise(seed: int) -> Canvas:
    """Smooth noise, 512x256, mean 0, about -1 to 1."""
    rng = np.random.default_rng(seed)
    coarse = cv2.resize(
        rng.standard_normal((16, 32), np.float32), (512, 256), interpolation=cv2.INTER_CUBIC
    )
    fine = cv2.GaussianBlur(rng.standard_normal((256, 512), np.float32), (0, 0), 1.2) * 1.5
    return (0.6 * coarse + 0.4 * fine).astype(np.float32)


def texture(size_wh: tuple[int, int], rng: np.random.Generator) -> Canvas:
    """A piece of smooth noise of the size asked for."""
    width, height = size_wh
    sheet = _noise(int(rng.integers(6)))
    if width > sheet.shape[1] or height > sheet.shape[0]:
        return cv2.resize(sheet, size_wh)
    x, y = (
        int(rng.integers(sheet.shape[1] - width + 1)),
        int(rng.integers(sheet.shape[0] - height + 1)),
    )
    return sheet[y : y + height, x : x + width]


def ground(recipe: str, size_wh: tuple[int, int], rng: np.random.Generator) -> Canvas:
    """Paint a recipe, float32 (H, W, 3).

    `flat:RRGGBB`, `fade:TOP,..,BOTTOM` (evenly spaced, blended), `bands:COLOUR@END,..` (hard edges,
    END as a share of the height), `hills:SKY,GROUND,HILL`, `side:LEFT,..,RIGHT`,
    `photo:COLOUR,COLOUR,COLOUR` (soft blobs, as on plates with pictures).
    """
    width, height = size_wh
    kind, _, rest = recipe.partition(":")
    parts = rest.split(",")
    if kind == "flat":
        return np.tile(np.array(rgb(parts[0]), np.float32), (height, width, 1))
    if kind == "bands":
        out: Canvas = np.empty((height, width, 3), np.float32)
        top = 0
        for part in parts:
            colour, _, end = part.partition("@")
            bottom = round(float(end or 1) * height)
            out[top:bottom] = rgb(colour)
            top = bottom
        return out
    stops = np.array([rgb(p) for p in parts], np.float32)
    if kind in ("fade", "side"):
        line = cv2.resize(
            stops[:, None], (1, height if kind == "fade" else width), interpolation=cv2.INTER_LINEAR
        )
        if kind == "fade":
            return np.repeat(line, width, 1)
        return np.repeat(line.transpose(1, 0, 2), height, 0)
    if kind == "hills":
        out = cv2.resize(stops[:2, None], (1, height), interpolation=cv2.INTER_LINEAR).repeat(
            width, 1
        )
        noise = texture((width, 1), rng)[0]
        line = height * (0.62 + 0.16 * noise)
        below = np.arange(height, dtype=np.float32)[:, None] > cv2.GaussianBlur(
            line[None], (0, 0), 6
        )
        out[below] += (stops[2] - out[below]) * np.float32(0.55)
        return out
    if kind == "photo":
        out = np.tile(stops[0], (height, width, 1))
        for colour in stops[1:]:
            weight = np.clip(texture(size_wh, rng) * 1.6 - 0.1, 0, 0.75)
            rows = out.reshape(height, -1)
            rows += (np.tile(colour, width) - rows) * tripled(weight)
        return out
    raise ValueError(f"unknown ground {kind!r}")


def aged(canvas: Canvas, rng: np.random.Generator) -> None:
    """Dull, stain and grain a plate as years outdoors do; most plates only a little."""
    size_wh = (canvas.shape[1], canvas.shape[0])
    rows = canvas.reshape(canvas.shape[0], -1)
    age = rng.random() ** 2
    rows += tripled(texture(size_wh, rng)) * np.float32(1.5 + 14 * age)
    if rng.random() < 0.14:
        rust = np.clip(texture(size_wh, rng) - 1.5 + age, 0, 0.7)
        rows += (np.tile(np.array(rgb("6b4a33"), np.float32), size_wh[0]) - rows) * tripled(rust)
    if rng.random() < 0.25:
        rows += (np.float32(rng.uniform(90, 200)) - rows) * np.float32(rng.uniform(0.05, 0.35))
