"""Cuts a plate out of a picture and straightens it by its four corners."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from alpr_edge.seams import Corners, Image

# Above this shrinkage a bilinear warp skips pixels and thin strokes break up; measured on
# rendered plates, the reader loses nothing up to about 1.5.
ALIAS_RATIO = 1.5


def rectify(
    image: Image, corners: Corners, size_wh: tuple[int, int], margin_xy: tuple[float, float]
) -> Image:
    """The plate seen straight on, uint8 (h, w, 3), with a margin round it.

    `margin_xy` is the fraction of the plate's width and height added on each side, in the
    plate's own perspective. Outside the picture its edge is repeated.
    """
    quad = _grow(np.array(corners, np.float32), margin_xy)
    width, height = size_wh
    low, high = quad.min(0), quad.max(0)
    # Only the plate's surroundings: OpenCV warps no picture wider than 32,767 pixels.
    x0, y0 = np.maximum(low.astype(int) - 4, 0)
    x1, y1 = np.maximum(high.astype(int) + 5, 0)
    part = image[y0:y1, x0:x1]
    if part.size:
        image, quad = part, quad - (x0, y0)
    ratio = float(min((high - low) / (width, height)))
    if ratio > ALIAS_RATIO:
        wide, tall = image.shape[1], image.shape[0]
        size = (max(1, round(wide / ratio)), max(1, round(tall / ratio)))
        image = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
        quad = quad * (size[0] / wide, size[1] / tall)
    # Half a pixel: corners are measured from the picture's edge, OpenCV's warp from the
    # centre of its first pixel.
    target = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32) - 0.5
    matrix = cv2.getPerspectiveTransform(quad.astype(np.float32) - 0.5, target)
    straight = cv2.warpPerspective(
        image, matrix, size_wh, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(straight, np.uint8)


def _grow(quad: NDArray[np.float32], margin_xy: tuple[float, float]) -> NDArray[Any]:
    mx, my = margin_xy
    unit = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)
    grown = np.array([[[-mx, -my], [1 + mx, -my], [1 + mx, 1 + my], [-mx, 1 + my]]], np.float32)
    out: NDArray[Any] = cv2.perspectiveTransform(grown, cv2.getPerspectiveTransform(unit, quad))[0]
    return out
