"""What one plate in one frame says about the aim, in numbers a person can turn a camera by."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from alpr_edge.capture.exposure import shutter_limit_s
from alpr_edge.seams import Image, PlateBox

LEAST_WIDTH_PX, LEAST_CHARACTER_PX = 130.0, 20.0
MOST_TILT_DEG, MOST_SKEW = 15.0, 1.25
LEAST_SHARPNESS = 60.0
"""Variance of the Laplacian over the plate at a fixed size; a plate out of focus has under 40."""
MOST_GLARE = 0.12
MOST_BLUR_PX = 3.0
LEAST_BRIGHTER = 25.0
"""A plate throws infra-red light back: at night it stands out from its surroundings by this."""
NIGHT = 50.0

PLATE_M = 0.305
MPH = 0.44704
# A camera that looks 30 degrees down along the lane sees half of a vehicle's way.
FORESHORTENED = 0.5
# Height of the characters as a part of the plate's: 12 x 6 inches, and 520 x 110 mm.
TALL_SHARE, LONG_SHARE, LONG_ASPECT = 0.43, 0.70, 3.2
_WH = (160, 80)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One plate, measured; nothing of its text."""

    centre: float
    """Across the picture, 0 to 1."""
    width_px: float
    character_px: float
    tilt_deg: float
    """Of its top edge against the horizon."""
    skew: float
    """Its taller side over the other: 1 when looked at squarely."""
    sharpness: float
    glare: float
    """Share that is burnt out."""
    brighter: float
    """Mean grey of the plate less that of its surroundings."""
    blur_px: float | None
    """How far a plate moves while the shutter is open, at the lane's speed."""
    night: bool


def measure(image: Image, box: PlateBox, *, exposure_s: float | None, mph: float) -> Reading:
    """Measure one plate in a frame, uint8 (H, W, 3), BGR."""
    corners = np.array(box.corners, np.float32)
    top, right, bottom, left = (
        float(np.linalg.norm(corners[(i + 1) % 4] - corners[i])) for i in range(4)
    )
    width, height = (top + bottom) / 2, max(1.0, (left + right) / 2)
    edge = corners[1] - corners[0]
    share = LONG_SHARE if width / height > LONG_ASPECT else TALL_SHARE
    grey = np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), np.uint8)
    target = np.array([(0, 0), (_WH[0], 0), _WH, (0, _WH[1])], np.float32)
    flat = cv2.warpPerspective(grey, cv2.getPerspectiveTransform(corners, target), _WH)
    speed_px_s = mph * MPH * width / PLATE_M * FORESHORTENED
    return Reading(
        centre=float(corners[:, 0].mean()) / image.shape[1],
        width_px=width,
        character_px=height * share,
        tilt_deg=float(np.degrees(np.arctan2(edge[1], edge[0]))),
        skew=max(left, right) / max(1.0, min(left, right)),
        sharpness=float(cv2.Laplacian(flat, cv2.CV_32F).var()),
        glare=float((flat >= 250).mean()),
        brighter=float(flat.mean()) - _around(grey, box),
        blur_px=None if exposure_s is None else speed_px_s * exposure_s,
        night=float(grey.mean()) < NIGHT,
    )


def shutter_ok(exposure_s: float | None, mph: float) -> bool | None:
    """Whether the shutter is short enough for the lane; None where the source does not tell."""
    return None if exposure_s is None else exposure_s <= shutter_limit_s(mph) * 1.05


def _around(grey: Image, box: PlateBox) -> float:
    """Mean grey of a band round the plate."""
    left, top, right, bottom = box.xyxy
    wide, high = (right - left) / 2, (bottom - top) / 2
    rows = slice(max(0, int(top - high)), int(bottom + high) + 1)
    columns = slice(max(0, int(left - wide)), int(right + wide) + 1)
    band = grey[rows, columns].astype(np.float32)
    inside = np.zeros(band.shape, bool)
    y, x = int(top) - rows.start, int(left) - columns.start
    inside[max(0, y) : y + int(bottom - top) + 1, max(0, x) : x + int(right - left) + 1] = True
    return float(band[~inside].mean()) if (~inside).any() else 0.0
