"""Real pictures for composed scenes: vehicles whose plates are covered, and flat plates with texts.

Only pictures of the train split are used; they stay in the data folder.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from models.training.serials import DIGITS, LETTERS

Image = NDArray[Any]
"""uint8 (H, W, 3), BGR."""
VEHICLE_SETS = (
    "openimages_plates",
    "kaggle_car_plates_433",
    "openlpr_web_mixed",
    "romania_dashcam",
)
FLAT_SETS = ("us_state_plates", "openalpr_us_crops", "california_plates")
EMPTY_SETS = ("negatives_openalpr",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Backdrop:
    """A picture and the boxes of the plates in it, (x, y, width, height)."""

    path: Path
    size_wh: tuple[int, int]
    boxes: tuple[tuple[float, float, float, float], ...]

    def read(self, scale: float) -> tuple[Image, float]:
        """The picture, decoded small where it will be shrunk anyway, and the scale it came in."""
        half = scale <= 0.5
        image = cv2.imread(str(self.path), cv2.IMREAD_REDUCED_COLOR_2 if half else cv2.IMREAD_COLOR)
        assert image is not None, f"{self.path} vanished"
        return np.asarray(image, np.uint8), 0.5 if half else 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FlatPlate:
    """A pictured plate that fills its picture."""

    path: Path
    text: str | None = field(repr=False)
    region: str

    def read(self) -> Image:
        """The picture, BGR."""
        image = cv2.imread(str(self.path), cv2.IMREAD_COLOR)
        assert image is not None, f"{self.path} vanished"
        return np.asarray(image, np.uint8)


def _rows(data: Path, names: tuple[str, ...]) -> list[tuple[Path, dict[str, object]]]:
    splits = json.loads((data / "splits.json").read_text())
    rows = []
    for name in names:
        for line in (data / name / "labels.jsonl").read_text().splitlines():
            row = json.loads(line)
            if splits.get(f"{name}/{row['image']}") == "train":
                rows.append((data / name / row["image"], row))
    return rows


def load_vehicles(data: Path) -> list[Backdrop]:
    """Vehicle pictures with at least one plate big enough to cover."""
    found = []
    for path, row in _rows(data, VEHICLE_SETS):
        plates = row["plates"]
        assert isinstance(plates, list)
        boxes = tuple(tuple(float(v) for v in p["box"]) for p in plates)
        width, height = row["width"], row["height"]
        assert isinstance(width, int)
        assert isinstance(height, int)
        if any(b[2] >= 16 and b[3] >= 5 for b in boxes):
            found.append(Backdrop(path=path, size_wh=(width, height), boxes=boxes))  # type: ignore[arg-type]
    return found


def load_empty(data: Path) -> list[Backdrop]:
    """Pictures without a plate."""
    found = []
    for path, row in _rows(data, EMPTY_SETS):
        width, height = row["width"], row["height"]
        assert isinstance(width, int)
        assert isinstance(height, int)
        found.append(Backdrop(path=path, size_wh=(width, height), boxes=()))
    return found


def load_flat(data: Path) -> list[FlatPlate]:
    """Pictured plates; the text is None where it holds anything but A-Z and 0-9."""
    found = []
    for path, row in _rows(data, FLAT_SETS):
        text = str(row["text"] or "").upper()
        known = text != "" and all(c in LETTERS + DIGITS for c in text)
        found.append(FlatPlate(path=path, text=text if known else None, region=str(row["region"])))
    return found
