"""What a camera on a pole does to a picture: blur, noise, tone, infra-red, compression.

Each function takes a uint8 (H, W, 3) BGR picture and gives a new one; none writes into its input.
Sizes are in pixels of that picture, so a small crop must be given small ones.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from models.training import weather

Image = NDArray[Any]
"""uint8 (H, W, 3), BGR."""
_STEPS = np.arange(256, dtype=np.float32) / 255


def _u8(values: NDArray[Any]) -> Image:
    return np.asarray(np.clip(values, 0, 255), np.uint8)


def motion_blur(image: Image, length: float, angle: float) -> Image:
    """Smear along a line of `length` pixels at `angle` radians, with sub-pixel ends."""
    half = max(0.3, length / 2)
    side = 2 * int(np.ceil(half)) + 1
    kernel = np.zeros((side, side), np.float32)
    dx, dy = np.cos(angle) * half, np.sin(angle) * half
    middle = side // 2
    for t in np.linspace(-1, 1, 2 * side + 1):
        x, y = middle + dx * t, middle + dy * t
        x0, y0 = int(x), int(y)
        fx, fy = x - x0, y - y0
        for ox, oy, share in (
            (0, 0, (1 - fx) * (1 - fy)),
            (1, 0, fx * (1 - fy)),
            (0, 1, (1 - fx) * fy),
            (1, 1, fx * fy),
        ):
            if x0 + ox < side and y0 + oy < side:
                kernel[y0 + oy, x0 + ox] += share
    return _image(cv2.filter2D(image, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REPLICATE))


def _image(array: Any) -> Image:
    out: Image = np.asarray(array, np.uint8)
    return out


def defocus(image: Image, radius: float) -> Image:
    """A lens out of focus: a disc, softened at its rim; below one pixel a Gaussian."""
    if radius < 1.2:
        return _image(cv2.GaussianBlur(image, (0, 0), max(0.2, radius * 0.6)))
    reach = int(np.ceil(radius + 0.5))
    ys, xs = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    kernel = np.clip(radius + 0.5 - np.hypot(xs, ys), 0, 1).astype(np.float32)
    return _image(cv2.filter2D(image, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REPLICATE))


def low_resolution(image: Image, factor: float, rng: np.random.Generator) -> Image:
    """Shrink by `factor` and grow back, as if seen from further away."""
    height, width = image.shape[:2]
    size = (max(4, round(width / factor)), max(3, round(height / factor)))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    grow = cv2.INTER_LINEAR if rng.random() < 0.6 else cv2.INTER_CUBIC
    return _image(cv2.resize(small, (width, height), interpolation=grow))


@cache
def _grain() -> tuple[Image, NDArray[Any]]:
    """A sheet of normal noise, as uint8 round 128 with deviation 32, and as float32."""
    sheet = np.random.default_rng(11).standard_normal((1100, 1600, 3), np.float32)
    return _u8(128 + 32 * sheet), sheet


def _window(sheet: NDArray[Any], shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[Any]:
    height, width = shape[:2]
    if height > sheet.shape[0] or width > sheet.shape[1]:
        sheet = np.tile(sheet, (-(-height // sheet.shape[0]), -(-width // sheet.shape[1]), 1))
    y, x = (
        int(rng.integers(sheet.shape[0] - height + 1)),
        int(rng.integers(sheet.shape[1] - width + 1)),
    )
    return sheet[y : y + height, x : x + width]


def gain_noise(image: Image, rng: np.random.Generator, level: float) -> Image:
    """Shot and read noise of a sensor at high gain; `level` is the deviation at mid grey.

    Half the time smeared by the camera's own denoiser, which leaves blotches of colour.
    """
    noise = _window(_grain()[1], image.shape, rng)
    deviation = np.sqrt(0.25 + 1.5 * _STEPS) * np.float32(level)
    out = _u8(image + cv2.LUT(image, deviation).reshape(image.shape) * noise)
    if rng.random() < 0.5:
        soft = cv2.GaussianBlur(out, (0, 0), 0.4 + 0.05 * min(level, 14))
        luma = rng.uniform(0.2, 0.8)
        out = _image(cv2.addWeighted(out, 1 - luma, soft, luma, 0))
    return out


def grain(image: Image, rng: np.random.Generator, level: float, mono: bool = False) -> Image:
    """Noise of one deviation everywhere: coarse, but quick on a whole frame."""
    sheet: Image = _window(_grain()[0], image.shape, rng)
    if mono:
        sheet = _image(cv2.cvtColor(np.ascontiguousarray(sheet[..., 0]), cv2.COLOR_GRAY2BGR))
    return _image(
        cv2.addWeighted(image, 1.0, np.ascontiguousarray(sheet), level / 32, -128 * level / 32)
    )


def jpeg(image: Image, quality: int) -> Image:
    """Compress and read back."""
    data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return _image(cv2.imdecode(data, cv2.IMREAD_COLOR))


def tone(
    image: Image,
    gamma: float = 1.0,
    gain: float = 1.0,
    lift: float = 0.0,
    cast: tuple[float, float, float] = (1, 1, 1),
) -> Image:
    """Gamma, contrast, black level (0 to 255) and a gain for blue, green and red."""
    curve = np.power(_STEPS, np.float32(gamma)) * np.float32(255 * gain)
    table = np.stack([np.clip(curve * c + lift, 0, 255) for c in cast], 1).astype(np.uint8)
    if cast == (1, 1, 1):
        return _image(cv2.LUT(image, table[:, 0]))
    return _image(cv2.LUT(image, table[None]))


def grey(image: Image) -> Image:
    """Monochrome, still three channels."""
    return _image(cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR))


def bloom(image: Image, radius: float, threshold: float = 200, strength: float = 0.6) -> Image:
    """What is too bright spills over what stands next to it."""
    table = np.where(np.arange(256) > threshold, np.arange(256), 0).astype(np.uint8)
    bright = cv2.GaussianBlur(cv2.LUT(image, table), (0, 0), max(0.5, radius))
    return _image(cv2.addWeighted(image, 1.0, bright, strength, 0))


def infrared(image: Image, rng: np.random.Generator) -> Image:
    """A plate by infra-red flash: monochrome, paper glaring, ink pale, edges eaten by bloom.

    For a crop of a plate; a scene darkens its surroundings before it lays the plate in.
    """
    out = grey(image)
    low, high = np.percentile(out[::3, ::3, 0], (6, 88))
    if high - low < 12:
        return out
    # However strong the flash, an automatic exposure keeps ink and paper apart.
    ink, paper = rng.uniform(5, 165), rng.uniform(215, 262)
    table = _u8((np.arange(256) - low) * ((paper - ink) / (high - low)) + ink)
    return bloom(
        _image(cv2.LUT(out, table)),
        image.shape[0] * rng.uniform(0.01, 0.05),
        225,
        rng.uniform(0.05, 0.3),
    )


def _lighting(image: Image, rng: np.random.Generator, strength: float) -> Image:
    draw = rng.random()
    if draw < 0.12 * strength:
        return infrared(image, rng)
    if draw < 0.24:
        image = grey(image)
    spread = 0.35 * strength
    most = 1.15 * 235 / max(60.0, float(np.percentile(image[::3, ::3], 80)))
    cast = rng.normal(1, 0.08 * strength, 3)
    return tone(
        image,
        gamma=float(np.exp(rng.normal(0, spread))),
        gain=float(np.clip(rng.normal(0.9, 0.2 * strength), 0.25, most)),
        lift=float(max(0, rng.uniform(-20, 45 * strength))),
        cast=(float(cast[0]), float(cast[1]), float(cast[2])),
    )


def degrade(image: Image, rng: np.random.Generator, strength: float = 1.0) -> Image:
    """A plausible chain for one crop of a plate, in the order in which the world applies it.

    Surface, then light, then lens and motion, then distance, sensor and codec. With `strength` 0
    hardly anything happens, with 1 the worst is at the edge of what a person can read.
    """
    scale = image.shape[1] / 192
    chain: list[tuple[float, Callable[[Image], Image]]] = [
        (0.15, lambda im: weather.dirt(im, rng)),
        (0.22, lambda im: weather.shade_edge(im, rng)),
        (0.9, lambda im: _lighting(im, rng, strength)),
        (0.06, lambda im: weather.headlights(im, rng)),
        (0.05, lambda im: weather.rain(im, rng)),
        (0.3, lambda im: defocus(im, scale * strength * rng.uniform(0.5, 3.2))),
        (
            0.3,
            lambda im: motion_blur(
                im, scale * strength * rng.uniform(1, 11), float(rng.normal(0, 0.6))
            ),
        ),
        (0.6, lambda im: low_resolution(im, float(np.exp(rng.uniform(0, 1.35 * strength))), rng)),
        (0.6, lambda im: gain_noise(im, rng, strength * float(rng.uniform(1, 14)))),
        (0.5, lambda im: jpeg(im, int(rng.uniform(90 - 70 * strength, 95)))),
    ]
    out = image
    for chance, step in chain:
        if rng.random() < chance * min(1.0, 0.3 + strength):
            out = step(out)
    return out
