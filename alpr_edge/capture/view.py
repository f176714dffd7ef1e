"""What can go wrong with a view: out of focus, turned away, too dark; measured in numbers only."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from alpr_edge.errors import InputError
from alpr_edge.seams import Image

# Under this peak two pictures have too little in common to tell how far one moved.
LEAST_RESPONSE = 0.08


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """How far the view stands from the commissioned one, as parts of its width and height."""

    right: float
    down: float
    response: float
    """0 to 1: how surely."""


def sharpness(image: Image) -> float:
    """Variance of the Laplacian over the middle of a picture, by its contrast; larger is sharper.

    Divided by the variance of the grey levels, so that dusk alone is no loss of focus.
    """
    height, width = image.shape[:2]
    middle = image[height // 4 : height * 3 // 4, width // 4 : width * 3 // 4]
    grey = cv2.cvtColor(middle, cv2.COLOR_BGR2GRAY)
    spread = float(grey.var())
    return float(cv2.Laplacian(grey, cv2.CV_32F).var()) / spread if spread > 1 else 0.0


def shift(baseline: Image, now: Image) -> Shift | None:
    """Compare two small grey pictures of the empty road; None when nobody can tell.

    By edges and not by brightness: the sun moves every shadow's depth and no kerb.
    """
    if baseline.shape != now.shape:
        return None
    height, width = now.shape
    window = cv2.createHanningWindow((width, height), cv2.CV_32F)
    (right, down), response = cv2.phaseCorrelate(_edges(baseline), _edges(now), window)
    if response < LEAST_RESPONSE:
        return None
    return Shift(right=right / width, down=down / height, response=float(response))


def load_baseline(path: Path) -> Image | None:
    """The empty road as it was commissioned, uint8 (h, 160); None when there is no such file.

    Raises:
        InputError: The file is there and is no picture.
    """
    if not path.exists():
        return None
    picture = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    if picture is None:
        raise InputError(f"{path}: is no picture", fix="commission the camera again")
    return np.asarray(picture, np.uint8)


def save_baseline(path: Path, background: Image) -> None:
    """Keep the empty road as the view to compare with."""
    cv2.imwrite(str(path), background)


def _edges(luma: Image) -> NDArray[np.float32]:
    smooth = cv2.GaussianBlur(luma.astype(np.float32), (3, 3), 0)
    across = cv2.Sobel(smooth, cv2.CV_32F, 1, 0)
    along = cv2.Sobel(smooth, cv2.CV_32F, 0, 1)
    return np.asarray(np.log1p(cv2.magnitude(across, along)), np.float32)
