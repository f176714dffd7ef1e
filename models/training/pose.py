"""Plates in perspective: how a flat plate stands in a camera's view, and laying it into a picture.

Points are continuous pixels: the origin is the top left corner of the top left pixel, so a pixel's
centre lies half a pixel further. Corners run top left, top right, bottom right, bottom left.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from models.training.trim import rounded

Image = NDArray[Any]
"""uint8 (H, W, 3), BGR."""
Points = NDArray[Any]
OVERSAMPLE = 2


def posed_quad(
    aspect: float, yaw: float, pitch: float, roll: float, distance: float = 8.0
) -> Points:
    """Corners of a plate one unit wide, centred on the origin, (4, 2), y downwards.

    Angles in radians: `yaw` turns its right side away, `pitch` is how far above it the camera
    stands, `roll` turns it clockwise. `distance`, in plate widths, sets the perspective.
    """
    half = 0.5 / aspect
    corners = np.array([[-0.5, -half, 0], [0.5, -half, 0], [0.5, half, 0], [-0.5, half, 0]])
    cy, sy, cp, sp, cr, sr = (f(a) for a in (yaw, pitch, roll) for f in (np.cos, np.sin))
    turn_yaw = np.array([[cy, 0, -sy], [0, 1, 0], [sy, 0, cy]])
    turn_pitch = np.array([[1, 0, 0], [0, cp, sp], [0, -sp, cp]])
    turn_roll = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
    space = corners @ (turn_roll @ turn_pitch @ turn_yaw).T
    quad: Points = space[:, :2] * (distance / (distance + space[:, 2:]))
    return quad


def fitted(quad: Points, box: tuple[float, float, float, float], most_wide: float = 1.6) -> Points:
    """A centred quad grown until it covers a box (x, y, width, height), but not far wider."""
    x, y, width, height = box
    span = np.ptp(quad, axis=0)
    scale = max(width / span[0], height / span[1]) * 1.04
    scale = min(scale, most_wide * width / span[0])
    middle = (quad.max(0) + quad.min(0)) / 2
    moved: Points = (quad - middle) * scale + (x + width / 2, y + height / 2)
    return moved


def _homography(size_wh: tuple[int, int], quad: Points) -> Points:
    width, height = size_wh
    source = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32) - 0.5
    return np.asarray(cv2.getPerspectiveTransform(source, (quad - 0.5).astype(np.float32)))


def quad_mask(size_wh: tuple[int, int], quad: Points) -> Image:
    """An antialiased filled quad."""
    mask = np.zeros((size_wh[1], size_wh[0]), np.uint8)
    cv2.fillConvexPoly(mask, np.round((quad - 0.5) * 16).astype(np.int32), 255, cv2.LINE_AA, 4)
    return mask


def grown(quad: Points, by: float) -> Points:
    """A quad enlarged about its middle."""
    middle = quad.mean(0)
    larger: Points = (quad - middle) * (1 + by) + middle
    return larger


def lay(
    frame: Image,
    plate: Image,
    quad: Points,
    *,
    soft_px: float = 0.0,
    shadow: float = 0.0,
    radius: float = 0.05,
) -> None:
    """Paint a plate into a frame so that its outer edge falls on `quad`.

    The frame is changed; parts outside it are lost. `soft_px` blurs plate and edge, `shadow`
    (0 to 1) darkens what lies round it, `radius` rounds its corners as a share of its height.
    """
    pad = int(np.ceil(3 * soft_px + 3 + shadow * 0.2 * np.ptp(quad[:, 1])))
    x0, y0 = np.maximum(np.floor(quad.min(0)).astype(int) - pad, 0)
    x1, y1 = np.minimum(np.ceil(quad.max(0)).astype(int) + pad, (frame.shape[1], frame.shape[0]))
    if x1 <= x0 or y1 <= y0:
        return
    size_wh = (int(x1 - x0), int(y1 - y0))
    local = quad - (x0, y0)
    part = frame[y0:y1, x0:x1]
    if shadow > 0:
        dark: Image = quad_mask(
            size_wh, grown(local, 0.03) + np.array([0, 0.05 * np.ptp(local[:, 1])])
        )
        dark = cv2.GaussianBlur(dark, (0, 0), max(0.6, 0.05 * np.ptp(local[:, 1])))
        weight = 1 - dark.astype(np.float32) * np.float32(shadow / 255)
        part[:] = cv2.multiply(part, cv2.merge((weight, weight, weight)), dtype=cv2.CV_8U)
    whole = _warped(plate, local, size_wh, radius)
    if soft_px > 0.15:
        whole = np.asarray(cv2.GaussianBlur(whole, (0, 0), soft_px))
    colour, alpha = whole[..., :3], whole[..., 3]
    under: Image = part.astype(np.float32)
    share = cv2.merge((alpha, alpha, alpha))
    # Colour already carries its alpha, so that what is outside the plate does not bleed in.
    part[:] = np.clip(under * (1 - share) + colour + 0.5, 0, 255).astype(np.uint8)


def _warped(plate: Image, quad: Points, size_wh: tuple[int, int], radius: float) -> Image:
    """The plate on its quad, float32 (h, w, 4): colour times alpha, then alpha, 0 to 1."""
    height, width = plate.shape[:2]
    sides = np.linalg.norm(np.roll(quad, -1, 0) - quad, axis=1)
    wide, tall = OVERSAMPLE * max(sides[0], sides[2]), OVERSAMPLE * max(sides[1], sides[3])
    size = (int(np.clip(np.ceil(wide), 4, width)), int(np.clip(np.ceil(tall), 4, height)))
    rim = rounded(size, 0, min(size[1] * radius, size[0] / 3), 0) if radius else None
    flat = cv2.resize(plate, size, interpolation=cv2.INTER_AREA)
    alpha = np.full((size[1], size[0]), 255, np.uint8) if rim is None else rim
    sheet = cv2.merge((cv2.multiply(flat, cv2.merge((alpha, alpha, alpha)), scale=1 / 255), alpha))
    matrix = _homography(size, quad * OVERSAMPLE)
    large = (size_wh[0] * OVERSAMPLE, size_wh[1] * OVERSAMPLE)
    # Against the empty border colour and alpha fade alike, half of both at the very edge.
    whole: Image = cv2.warpPerspective(sheet, matrix, large, flags=cv2.INTER_LINEAR)
    whole = cv2.resize(whole, size_wh, interpolation=cv2.INTER_AREA).astype(np.float32)
    whole[..., 3] *= np.float32(1 / 255)
    return whole
