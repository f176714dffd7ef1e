"""Crops with known texts for the plate reader, real and rendered, and how they are spoiled."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from models.training.ocr_net import ALPHABET, CROP_WH, REGIONS

Image = NDArray[np.uint8]

CROP_SETS = (
    "california_plates",
    "us_state_plates",
    "openalpr_us_crops",
    "nyc_reported_crops",
    "nyc_reported_pseudo",
    "openalpr_br_crops",
    "openalpr_eu_crops",
    "argentina_crops",
)
SCENE_SETS = ("openimages_plates", "kaggle_car_plates_433", "openlpr_web_mixed")

# Draws per pass for each source, relative to its number of crops. Argentina and California are
# few and wanted; the pictured state plates are many, clean and alike.
WEIGHT = {
    "california_plates": 5.0,
    "us_state_plates": 0.8,
    "openalpr_us_crops": 5.0,
    "nyc_reported_crops": 2.0,
    "nyc_reported_pseudo": 0.8,
    "openalpr_br_crops": 1.2,
    "openalpr_eu_crops": 3.0,
    "argentina_crops": 10.0,
    "openimages_plates": 6.0,
    "kaggle_car_plates_433": 5.0,
    "openlpr_web_mixed": 5.0,
}


ABROAD_SHARE = 0.3
"""What the first reader sees of plates from abroad."""
# The same for the second reader, which reads them.
ABROAD_WEIGHT = {"openalpr_br_crops": 2.0, "openalpr_eu_crops": 6.0, "argentina_crops": 16.0}
SCENE_WEIGHT, HOME_SHARE, TWO_LINES = 8.0, 0.06, 1.1
"""Of other plates in scenes; what is left of American ones; of two lines against one."""
PSEUDO_WEIGHT = 2.5
TWO_LINE_WEIGHT, TWO_LINE_SHARE = 3.0, 0.2
"""Plates with two lines are few, and harder: more of them among the real and the rendered."""


ABROAD = -2
"""The class of a legible plate in a scene that no region is given for: some country, not the US."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A picture with one plate in it and what it says."""

    image: Image
    quad: NDArray[np.float32]
    """The plate's corners in `image`, (4, 2), top left first, clockwise."""
    text: str
    region: str | None
    source: str
    weight: float
    lines: int = 1
    upper: int = 0
    """Characters on the upper of two lines, where that is known; else 0."""


def clean_text(text: str) -> str | None:
    """The text if the reader can be taught it, else None."""
    text = text.upper()
    return text if text and len(text) <= 10 and all(c in ALPHABET for c in text) else None


def region_class(region: str | None) -> int:
    """Index into REGIONS, ABROAD, or -1 where the region is not known well enough to teach."""
    if region == "abroad":
        return ABROAD
    if region is None or region == "us":
        return -1
    if region in REGIONS:
        return REGIONS.index(region)
    head = region.split("-")[0]
    return REGIONS.index(head) if head in REGIONS else REGIONS.index("other")


def lines_of(width: float, height: float, region: str | None) -> int:
    """1 or 2. Two only on squarish plates from where such plates carry two full lines."""
    american = region is None or region.startswith(("us", "can"))
    return 1 if american or width > 1.7 * height else 2


def _box_quad(x: float, y: float, w: float, h: float) -> NDArray[np.float32]:
    return np.array([[x, y], [x + w, y], [x + w, y + h], [x, y + h]], np.float32)


def load_real(data: Path, split: str) -> Iterator[Example]:
    """Every real crop of a split whose text is known.

    Raises:
        FileNotFoundError: `data` is not the folder of picture sets.
    """
    splits = json.loads((data / "splits.json").read_text())
    for name in CROP_SETS + SCENE_SETS:
        for line in (data / name / "labels.jsonl").read_text().splitlines():
            row = json.loads(line)
            if splits.get(f"{name}/{row['image']}") != split:
                continue
            plates = row.get("plates", [row])
            plates = [p for p in plates if p.get("text") and clean_text(p["text"])]
            if not plates:
                continue
            image = cv2.imread(str(data / name / row["image"]))
            for plate in plates:
                text = clean_text(plate["text"])
                assert image is not None
                assert text is not None
                if "box" in plate:
                    yield _scene_example(image, plate, text, name)
                else:
                    height, width = image.shape[:2]
                    lines = lines_of(width, height, plate.get("region"))
                    yield Example(
                        image=image,
                        quad=_box_quad(0, 0, width, height),
                        text=text,
                        region=plate.get("region"),
                        source=name,
                        weight=WEIGHT[name] * (TWO_LINE_WEIGHT if lines == 2 else 1.0),
                        lines=lines,
                    )


def american(example: Example) -> bool:
    """Whether a plate is from the United States."""
    return bool(example.region and example.region.startswith("us"))


def for_home(examples: list[Example]) -> list[Example]:
    """The examples weighed for the first reader, where a second one reads plates from abroad."""
    return [e if american(e) else replace(e, weight=e.weight * ABROAD_SHARE) for e in examples]


def for_abroad(examples: list[Example]) -> list[Example]:
    """The examples weighed for the second reader, with a few American ones."""
    return [
        replace(
            e,
            weight=e.weight * HOME_SHARE
            if american(e)
            else ABROAD_WEIGHT.get(e.source, SCENE_WEIGHT) * (1.0 if e.lines == 1 else TWO_LINES),
        )
        for e in examples
    ]


def load_pseudo(data: Path, file: Path) -> Iterator[Example]:
    """Crops with the texts that `models.training.pseudo` found for them."""
    for row in map(json.loads, file.read_text().splitlines()):
        image = cv2.imread(str(data / row["image"]))
        assert image is not None
        height, width = image.shape[:2]
        yield Example(
            image=image,
            quad=_box_quad(0, 0, width, height),
            text=row["text"],
            region="eu",
            source="pseudo",
            weight=PSEUDO_WEIGHT,
        )


def load_none(folder: Path, share_of: float) -> Iterator[Example]:
    """Crops of what is no plate, from `models.training.mine`; they read as nothing.

    Their weights add up to `share_of`.
    """
    crops = np.load(folder / "crops.npy")
    for crop in crops:
        height, width = crop.shape[:2]
        # Mined crops have the shipped margin round them already.
        quad = _box_quad(0.04 * width, 0.06 * height, 0.92 * width, 0.88 * height)
        yield Example(
            image=crop, quad=quad, text="", region=None, source="none", weight=share_of / len(crops)
        )


def load_reviewed_none(data: Path, reviewed: Path, share_of: float) -> list[Example]:
    """What a review (`models.training.review`) called no plate in training pictures.

    Signs, stickers and badges hold text; on a plate's place they must read as nothing all the
    same. Their weights add up to `share_of`.
    """
    splits = json.loads((data / "splits.json").read_text())
    rows = [
        row
        for row in map(json.loads, reviewed.read_text().splitlines())
        if row["is"] == "nothing" and splits.get(row["image"]) == "train"
    ]
    examples = []
    for row in rows:
        image = cv2.imread(str(data / row["image"]))
        quad = np.array(row["corners"], np.float32)
        low, size = quad.min(0), np.ptp(quad, axis=0)
        x0, y0 = (int(max(0, v)) for v in low - 0.4 * size)
        x1, y1 = (int(v) + 1 for v in low + 1.4 * size)
        examples.append(
            Example(
                image=image[y0:y1, x0:x1].copy(),
                quad=quad - np.array([x0, y0], np.float32),
                text="",
                region=None,
                source="none",
                weight=share_of / len(rows),
            )
        )
    return examples


def _scene_example(image: Image, plate: dict, text: str, name: str) -> Example:
    """The plate with as much of its surroundings again, so that a crop may miss a little."""
    x, y, w, h = plate["box"]
    x0, y0 = max(0, int(x - 0.3 * w)), max(0, int(y - 0.5 * h))
    region = plate.get("region") or "abroad"
    part = image[y0 : int(y + 1.5 * h) + 1, x0 : int(x + 1.3 * w) + 1].copy()
    return Example(
        image=part,
        quad=_box_quad(x - x0, y - y0, w, h),
        text=text,
        region=region,
        source=name,
        weight=WEIGHT[name],
        lines=lines_of(w, h, region),
    )


def straight_crop(
    image: Image, quad: NDArray[np.float32], margin_xy: tuple[float, float] = (0.0, 0.0)
) -> Image:
    """Rectify a plate to the reader's input, uint8 (64, 192, 3)."""
    return _warp(image, expand(quad, margin_xy), CROP_WH)


def expand(quad: NDArray[np.float32], margin_xy: tuple[float, float]) -> NDArray[np.float32]:
    """Grow a quadrilateral by fractions of its own sides, in its own perspective."""
    mx, my = margin_xy
    unit = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)
    grown = np.array([[[-mx, -my], [1 + mx, -my], [1 + mx, 1 + my], [-mx, 1 + my]]], np.float32)
    return cv2.perspectiveTransform(
        grown, cv2.getPerspectiveTransform(unit, quad.astype(np.float32))
    )[0]


def _warp(image: Image, quad: NDArray[np.float32], size_wh: tuple[int, int]) -> Image:
    """Cut a quadrilateral out, shrinking the picture first where it would alias."""
    width, height = size_wh
    low = quad.min(0)
    span = quad.max(0) - low
    ratio = min(span[0] / width, span[1] / height)
    if ratio > 1.5:
        scale = 1.0 / ratio
        x0, y0 = (max(0, int(v - 4)) for v in low)
        x1, y1 = (int(v + 5) for v in quad.max(0))
        part = image[y0:y1, x0:x1]
        if part.size:
            small = cv2.resize(part, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
            quad = (quad - (x0, y0)) * (
                small.shape[1] / part.shape[1],
                small.shape[0] / part.shape[0],
            )
            image = small
    target = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32) - 0.5
    matrix = cv2.getPerspectiveTransform((quad - 0.5).astype(np.float32), target)
    return cv2.warpPerspective(
        image, matrix, size_wh, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )


def set_in(image: Image, rng: np.random.Generator) -> tuple[Image, NDArray[np.float32]]:
    """A rendered plate in surroundings of a shade or two, and the corners of a loose cut of it."""
    height, width = image.shape[:2]
    wide, tall = round(0.2 * width), round(0.5 * height)
    shades = rng.uniform(5, 160, (2, 2, 1)) + rng.normal(0, 12, (2, 2, 3))
    back = cv2.resize(
        np.clip(shades, 0, 255).astype(np.uint8), (width + 2 * wide, height + 2 * tall)
    )
    back[tall : tall + height, wide : wide + width] = image
    grow = rng.uniform(-0.01, 0.1, 4) * (width, height * 2, width, height * 2)
    left, top, right, bottom = grow if rng.random() < 0.5 else np.zeros(4)
    quad = _box_quad(wide - left, tall - top, width + left + right, height + top + bottom)
    return back, quad


def spoil(example: Example, rng: np.random.Generator) -> Image:
    """A training view of an example: badly cut, far away, badly lit, uint8 (64, 192, 3)."""
    quad = expand(example.quad, (rng.uniform(-0.015, 0.09), rng.uniform(-0.03, 0.16)))
    side_w = float(np.linalg.norm(quad[1] - quad[0]))
    side_h = float(np.linalg.norm(quad[3] - quad[0]))
    quad = quad + rng.normal(0, 1, (4, 2)).astype(np.float32) * (0.018 * side_w, 0.035 * side_h)
    quad += np.array([rng.normal(0, 0.015) * side_w, rng.normal(0, 0.03) * side_h], np.float32)
    if rng.random() < 0.4:
        angle = np.deg2rad(rng.normal(0, 5))
        centre = quad.mean(0)
        turn = np.array(
            [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]], np.float32
        )
        quad = (quad - centre) @ turn.T + centre
    if rng.random() < 0.3:
        quad[:, 0] += (quad[:, 1] - quad[:, 1].mean()) * rng.normal(0, 0.25)
    far = rng.random() < 0.45
    if far:
        # Widths down to 44 px: much below that a person cannot read a seven-character plate either.
        small_w = int(np.exp(rng.uniform(np.log(44), np.log(160))))
        tall = rng.uniform(0.3, 0.55) if example.lines == 1 else rng.uniform(0.6, 0.9)
        small_h = int(np.clip(small_w * tall, 15 * example.lines, 64))
        view = _warp(example.image, quad, (small_w, small_h))
    else:
        view = _warp(example.image, quad, CROP_WH)
    view = _light(view, rng)
    view = _blur(view, rng)
    if rng.random() < 0.4:
        sigma = rng.uniform(1, 14) * (0.6 if far else 1.0)
        noise = rng.standard_normal(
            view.shape[:2] + ((3,) if rng.random() < 0.5 else (1,)), np.float32
        )
        view = np.clip(view + noise * sigma, 0, 255).astype(np.uint8)
    if rng.random() < 0.5:
        quality = int(rng.uniform(25, 90))
        view = cv2.imdecode(
            cv2.imencode(".jpg", view, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], cv2.IMREAD_COLOR
        )
    if far:
        view = cv2.resize(view, CROP_WH, interpolation=cv2.INTER_LINEAR)
    return view


def _blur(view: Image, rng: np.random.Generator) -> Image:
    choice = rng.random()
    scale = view.shape[1] / 192
    if choice < 0.25:
        return cv2.GaussianBlur(view, (0, 0), max(0.2, rng.uniform(0.3, 1.8) * max(scale, 0.35)))
    if choice < 0.45:
        length = max(2, int(rng.uniform(2, 10) * max(scale, 0.3)))
        kernel = np.zeros((length, length), np.float32)
        angle = rng.normal(0, 0.6) if rng.random() < 0.7 else rng.uniform(0, np.pi)
        middle = (length - 1) / 2
        dx, dy = np.cos(angle) * middle, np.sin(angle) * middle
        cv2.line(
            kernel,
            (round(middle - dx), round(middle - dy)),
            (round(middle + dx), round(middle + dy)),
            1.0,
        )
        return cv2.filter2D(view, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REPLICATE)
    return view


def _light(view: Image, rng: np.random.Generator) -> Image:
    """Gain, gamma, colour cast, grey, a shade edge across the plate, bloom and inversion."""
    out = view.astype(np.float32)
    if rng.random() < 0.22:
        out = np.repeat(out.mean(2, keepdims=True), 3, 2)
        if rng.random() < 0.12:
            out = 255 - out
    if rng.random() < 0.6:
        low, high = rng.uniform(0, 70), rng.uniform(120, 255)
        if rng.random() < 0.12:  # all but dark, or all but white
            low, high = ((5, 50), (110, 215))[int(rng.integers(2))]
            low, high = low + rng.uniform(-5, 30), high + rng.uniform(-20, 40)
        out = out * ((high - low) / 255) + low
        out *= rng.uniform(0.85, 1.15, 3).astype(np.float32)
    if rng.random() < 0.4:
        out = 255 * np.power(np.clip(out, 0, 255) / 255, np.float32(np.exp(rng.normal(0, 0.45))))
    if rng.random() < 0.25:
        height, width = out.shape[:2]
        ys, xs = np.mgrid[0:height, 0:width].astype(np.float32)
        angle = rng.uniform(0, 2 * np.pi)
        side = (xs / width - rng.uniform(0.1, 0.9)) * np.cos(angle) + (
            ys / height - rng.uniform(0.1, 0.9)
        ) * np.sin(angle)
        ramp = 1 / (1 + np.exp(-np.clip(side * rng.uniform(3, 60), -30, 30)))
        out *= (1 - rng.uniform(0.2, 0.7) * ramp)[..., None]
    if rng.random() < 0.1:
        out = np.clip(out * rng.uniform(1.2, 1.9), 0, 255)
    return np.clip(out, 0, 255).astype(np.uint8)
