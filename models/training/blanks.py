"""California's sample plates without serials, from a data folder; not part of the product."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np

from models.training.glyphs import Canvas, Colour
from models.training.us_plates import SIZE_WH, varied

_SERIES = {
    "pass": "passenger",
    "comm": "commercial",
    "trailer": "trailer",
    "exempt": "exempt",
    "elp": "personal",
}


def _colour(bgr: list[int]) -> Colour:
    blue, green, red = bgr
    return float(blue), float(green), float(red)


@lru_cache(maxsize=1)
def _blanks(
    data: Path,
) -> dict[str, list[tuple[Canvas, tuple[float, float, float, float], Colour]]]:
    """The DMV's sample plates without serials, by series, cut to the plate."""
    folder = data / "templates" / "us-ca"
    found: dict[str, list[tuple[Canvas, tuple[float, float, float, float], Colour]]] = {}
    for row in json.loads((folder / "blank.json").read_text()):
        image = cv2.imread(str(folder / row["image"]))
        assert image is not None
        x, y, width, height = row["plate_box"]
        sheet = cv2.resize(
            image[y : y + height, x : x + width], SIZE_WH, interpolation=cv2.INTER_AREA
        ).astype(np.float32)
        sx, sy, sw, sh = row["serial_box"]
        fx, fy = SIZE_WH[0] / width, SIZE_WH[1] / height
        box = ((sx - x) * fx, (sy - y) * fy, sw * fx, sh * fy)
        stem = Path(row["image"]).stem.split("-")[0].split("_")[0]
        series = next((v for k, v in _SERIES.items() if stem.startswith(k)), "picture")
        if not 1.8 < width / height < 2.2 or stem in ("DPautocoml", "billofrights", "plate"):
            continue  # motorcycle blanks, and those with stacked letters left in
        found.setdefault(series, []).append((sheet, box, _colour(row["serial_bgr"])))
    return found


def blank_for(
    data: Path, series: str, rng: np.random.Generator
) -> tuple[Canvas, tuple[float, float, float, float], Colour] | None:
    options = _blanks(data).get("passenger" if series == "passenger-2026" else series)
    if not options or rng.random() < 0.45:
        return None
    sheet, box, ink = options[int(rng.integers(len(options)))]
    gain = np.float32(rng.uniform(0.88, 1.05))
    return sheet * gain, box, varied(ink, rng)
