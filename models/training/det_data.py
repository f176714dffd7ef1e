"""Pictures with known plates for the detector, and the views it is trained on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from models.training import ocr_data
from models.training.det_net import STRIDE

Image = NDArray[np.uint8]
SCENE_SETS = (
    "openimages_plates",
    "kaggle_car_plates_433",
    "openlpr_web_mixed",
    "romania_dashcam",
    "iwpod_ccpd_corners",
    "negatives_openalpr",
)
CANVAS_WH = (384, 256)
FALSE_SHARE = 0.3
"""Of tiles of pictures where an earlier detector was wrong, the share aimed at such a place."""
REVIEWED = Path(__file__).parent / "reviewed.jsonl"
"""Boxes without a label in the pictures, and what a review says they are."""
SMALLEST_W, SMALLEST_H = 11.0, 4.0
"""Plates smaller than this on the canvas are neither rewarded nor punished."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture and its plates."""

    path: Path
    quads: NDArray[np.float32]
    """(n, 4, 2) pixels; an upright box where only a box is known."""
    exact: NDArray[np.bool_]
    """(n,) whether the corners are known, or only the upright box round them."""
    source: str
    ignored: NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, 4, 2), np.float32))
    """(n, 4, 2) what may be a plate and has no label."""
    false: NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, 4, 2), np.float32))
    """(n, 4, 2) what an earlier detector took for a plate and is none."""


def load_pictures(
    data: Path, split: str, places: Path | None = None, reviewed: Path | None = None
) -> list[Picture]:
    """The real pictures of a split.

    With what `models.training.mine` found in them (`places`), and with what a review says of boxes
    that had no label (`reviewed`, by `models.training.review`): plates count as labelled.
    """
    splits = json.loads((data / "splits.json").read_text())
    mined: dict[str, dict] = {}
    if places is not None:
        rows = map(json.loads, places.read_text().splitlines())
        mined = {row["image"]: row for row in rows}
    answers: dict[str, dict[str, list]] = {}
    for row in map(json.loads, reviewed.read_text().splitlines()) if reviewed else ():
        answers.setdefault(row["image"], {}).setdefault(row["is"], []).append(row["corners"])
    pictures = []
    for name in SCENE_SETS:
        for line in (data / name / "labels.jsonl").read_text().splitlines():
            row = json.loads(line)
            if splits.get(f"{name}/{row['image']}") != split:
                continue
            quads, exact = [], []
            for plate in row["plates"]:
                corners = plate.get("corners")
                quads.append(corners if corners else ocr_data._box_quad(*plate["box"]))
                exact.append(bool(corners))
            found = mined.get(f"{name}/{Path(row['image']).name}", {})
            said = answers.get(f"{name}/{row['image']}", {})
            quads += said.get("plate", [])
            exact += [False] * len(said.get("plate", []))
            pictures.append(
                Picture(
                    path=data / name / row["image"],
                    quads=_quads(quads),
                    exact=np.array(exact, bool),
                    source=name,
                    ignored=_quads(found.get("unlabelled", []) + said.get("unsure", [])),
                    false=_quads(found.get("false", []) + said.get("nothing", [])),
                )
            )
    return pictures


def load_scenes(folder: Path) -> list[Picture]:
    """Composed scenes from the cache that `models.training.cache` writes, or none."""
    labels = folder / "labels.jsonl"
    if not labels.exists():
        return []
    pictures = []
    for line in labels.read_text().splitlines():
        row = json.loads(line)
        quads = _quads([p["corners"] for p in row["plates"]])
        pictures.append(
            Picture(
                path=folder / row["image"],
                quads=quads,
                exact=np.ones(len(quads), bool),
                source="scenes",
                ignored=_quads([ocr_data._box_quad(*box) for box in row.get("ignore", [])]),
            )
        )
    return pictures


def _quads(corners: list) -> NDArray[np.float32]:
    return np.array(corners, np.float32).reshape(-1, 4, 2)


@dataclass(slots=True)
class View:
    """A canvas under construction."""

    image: Image
    quads: list[NDArray[np.float32]] = field(default_factory=list)
    exact: list[bool] = field(default_factory=list)
    ignored: list[NDArray[np.float32]] = field(default_factory=list)
    """Plates too much cut off to be taught either way."""
    false: list[NDArray[np.float32]] = field(default_factory=list)
    """What an earlier detector took for a plate and is none."""


class Views:
    """Endless training views: tiles of real pictures, composed scenes, pasted plates."""

    def __init__(
        self, real: list[Picture], scenes: list[Picture], plates: list[Image], scene_share: float
    ) -> None:
        self.plain = [p for p in real if p.source != "negatives_openalpr"]
        self.negative = [p for p in real if p.source == "negatives_openalpr"]
        self.scenes, self.plates, self.scene_share = scenes, plates, scene_share
        self.jpegs = {p.path: np.fromfile(p.path, np.uint8) for p in real}

    def one(self, rng: np.random.Generator) -> tuple[View, bool]:
        """A canvas with its plates, and whether every plate in it is labelled."""
        width, height = CANVAS_WH
        view = View(np.full((height, width, 3), 114, np.uint8))
        complete = False
        if self.scenes and rng.random() < self.scene_share:
            self._tile(
                view,
                self.scenes[int(rng.integers(len(self.scenes)))],
                (0, 0, width, height),
                rng,
                composed=True,
            )
        else:
            columns, rows = ((1, 1), (1, 1), (1, 1), (2, 1), (2, 2))[int(rng.integers(5))]
            for row in range(rows):
                for column in range(columns):
                    pool = self.negative if rng.random() < 0.14 and self.negative else self.plain
                    complete = pool is self.negative and columns == 1
                    x0, x1 = column * width // columns, (column + 1) * width // columns
                    y0, y1 = row * height // rows, (row + 1) * height // rows
                    self._tile(view, pool[int(rng.integers(len(pool)))], (x0, y0, x1, y1), rng)
            for _ in range(int(rng.integers(0, 3)) if self.plates and rng.random() < 0.7 else 0):
                self._paste(view, rng)
        view.image = _light(view.image, rng)
        if rng.random() < 0.5:
            view.image = np.ascontiguousarray(view.image[:, ::-1])
            view.quads = [mirror(q, width) for q in view.quads]
            view.ignored = [mirror(q, width) for q in view.ignored]
            view.false = [mirror(q, width) for q in view.false]
        return view, complete

    def _read(self, picture: Picture) -> Image:
        data = self.jpegs.get(picture.path)
        image = cv2.imdecode(
            np.fromfile(picture.path, np.uint8) if data is None else data, cv2.IMREAD_COLOR
        )
        assert image is not None
        return image

    def _tile(
        self,
        view: View,
        picture: Picture,
        area: tuple[int, int, int, int],
        rng: np.random.Generator,
        *,
        composed: bool = False,
    ) -> None:
        x0, y0, x1, y1 = area
        tile_w, tile_h = x1 - x0, y1 - y0
        image = self._read(picture)
        height, width = image.shape[:2]
        fill = max(tile_w / width, tile_h / height)
        aim = None
        pool = picture.quads
        if len(picture.false) and (rng.random() < FALSE_SHARE or not len(pool)):
            pool = picture.false
        if len(pool) and rng.random() < 0.78:
            aim = pool[int(rng.integers(len(pool)))]
            wide = float(np.ptp(aim[:, 0]))
            if composed:
                scale = float(np.exp(rng.normal(0, 0.25)))
            else:
                wanted = float(np.exp(rng.uniform(np.log(14), np.log(min(230, 0.8 * tile_w)))))
                scale = min(wanted / wide, 2.0)
        else:
            scale = fill * float(np.exp(rng.uniform(0, 0.9)))
        # Not smaller than the tile: padding never looks like a street.
        scale = max(scale, min(fill, 1.0) * 0.75)
        stretch = float(np.exp(rng.normal(0, 0.08))) if not composed else 1.0
        sx, sy = scale * stretch, scale / stretch
        if aim is not None:
            cx, cy = aim.mean(0) * (sx, sy)
            left = cx - rng.uniform(0.1, 0.9) * tile_w
            top = cy - rng.uniform(0.1, 0.9) * tile_h
        else:
            left = rng.uniform(0, max(0.0, width * sx - tile_w))
            top = rng.uniform(0, max(0.0, height * sy - tile_h))
        left = float(np.clip(left, min(0, width * sx - tile_w), max(0, width * sx - tile_w)))
        top = float(np.clip(top, min(0, height * sy - tile_h), max(0, height * sy - tile_h)))
        if min(sx, sy) < 0.7:
            small = cv2.resize(image, None, fx=sx, fy=sy, interpolation=cv2.INTER_AREA)
            fx, fy = small.shape[1] / width, small.shape[0] / height
            matrix = np.array([[1, 0, -left], [0, 1, -top]], np.float32)
            source = small
        else:
            fx, fy = sx, sy
            matrix = np.array(
                [[sx, 0, -left + 0.5 * sx - 0.5], [0, sy, -top + 0.5 * sy - 0.5]], np.float32
            )
            source = image
        part = cv2.warpAffine(
            source, matrix, (tile_w, tile_h), flags=cv2.INTER_LINEAR, borderValue=(114, 114, 114)
        )
        view.image[y0:y1, x0:x1] = part
        for quad, exact in zip(picture.quads, picture.exact, strict=True):
            moved = quad * (fx, fy) - (left, top)
            visible = (np.clip(moved, 0, (tile_w, tile_h)) + (x0, y0)).astype(np.float32)
            full, seen = np.ptp(moved, 0).prod(), np.ptp(visible, 0).prod()
            if seen < 0.15 * full:
                continue
            if seen < 0.6 * full:
                view.ignored.append(visible)
                continue
            kept = seen >= 0.95 * full
            view.quads.append((moved + (x0, y0)).astype(np.float32) if kept else visible)
            # Where the tile's edge cuts a plate, its box is known but its corners are not.
            view.exact.append(bool(exact and kept))
        for quad in picture.ignored:
            moved = quad * (fx, fy) - (left, top)
            visible = np.clip(moved, 0, (tile_w, tile_h)) + (x0, y0)
            if np.ptp(visible, 0).min() > 0:
                view.ignored.append(visible.astype(np.float32))
        for quad in picture.false:
            moved = quad * (fx, fy) - (left, top)
            if (moved.min(0) >= 0).all() and (moved.max(0) <= (tile_w, tile_h)).all():
                view.false.append((moved + (x0, y0)).astype(np.float32))

    def _paste(self, view: View, rng: np.random.Generator) -> None:
        """Put a flat plate on the canvas in a made-up perspective, lit like the place."""
        plate = self.plates[int(rng.integers(len(self.plates)))]
        height, width = view.image.shape[:2]
        wide = float(np.exp(rng.uniform(np.log(13), np.log(200))))
        tall = wide * plate.shape[0] / plate.shape[1] * float(np.exp(rng.normal(0, 0.15)))
        yaw = rng.normal(0, 0.45)
        wide_seen = wide * max(0.35, np.cos(yaw))
        squeeze = 0.12 * np.sin(yaw)
        quad = np.array(
            [
                [-0.5, -0.5 + squeeze / 2],
                [0.5, -0.5 - squeeze / 2],
                [0.5, 0.5 + squeeze / 2],
                [-0.5, 0.5 - squeeze / 2],
            ],
            np.float32,
        ) * (wide_seen, tall)
        quad[:, 1] += quad[:, 0] * rng.normal(0, 0.12)
        quad[:, 0] += quad[:, 1] * rng.normal(0, 0.15)
        turn = rng.normal(0, 0.10)
        quad = quad @ np.array(
            [[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]], np.float32
        )
        span = np.ptp(quad, 0)
        if span[0] > width - 8 or span[1] > height - 8:
            return
        quad += np.array(
            [
                rng.uniform(span[0] / 2 + 3, width - span[0] / 2 - 3),
                rng.uniform(span[1] / 2 + 3, height - span[1] / 2 - 3),
            ],
            np.float32,
        )
        low, high = quad.min(0), quad.max(0)
        for other in view.quads:
            if (np.minimum(high, other.max(0)) > np.maximum(low, other.min(0))).all():
                return
        x0, y0 = (low - 3).astype(int).clip(0)
        x1, y1 = (high + 4).astype(int)
        x1, y1 = min(x1, width), min(y1, height)
        ratio = plate.shape[1] / max(4.0, wide_seen)
        if ratio > 1.4:
            plate = cv2.resize(
                plate, None, fx=1 / ratio, fy=1 / ratio, interpolation=cv2.INTER_AREA
            )
        corners = np.array(
            [[0, 0], [plate.shape[1], 0], [plate.shape[1], plate.shape[0]], [0, plate.shape[0]]],
            np.float32,
        )
        matrix = cv2.getPerspectiveTransform(
            corners - 0.5, (quad - (x0, y0) - 0.5).astype(np.float32)
        )
        size = (int(x1 - x0), int(y1 - y0))
        pasted = cv2.warpPerspective(plate, matrix, size, borderMode=cv2.BORDER_REPLICATE).astype(
            np.float32
        )
        mask = (
            cv2.warpPerspective(np.full(plate.shape[:2], 255, np.uint8), matrix, size).astype(
                np.float32
            )[..., None]
            / 255
        )
        under = view.image[y0:y1, x0:x1].astype(np.float32)
        bright = (
            rng.uniform(0.35, 1.1) if rng.random() < 0.6 else np.clip(under.mean() / 110, 0.3, 1.2)
        )
        pasted = pasted * bright + rng.uniform(-10, 25)
        if rng.random() < 0.4:
            sigma = rng.uniform(0.3, 0.35 + 0.012 * wide)
            pasted, mask = (
                cv2.GaussianBlur(pasted, (0, 0), sigma),
                cv2.GaussianBlur(mask, (0, 0), sigma)[..., None],
            )
        view.image[y0:y1, x0:x1] = np.clip(pasted * mask + under * (1 - mask), 0, 255).astype(
            np.uint8
        )
        view.quads.append(quad)
        view.exact.append(True)


def mirror(quad: NDArray[np.float32], width: int) -> NDArray[np.float32]:
    """A quad in the picture's mirror image; top left stays top left."""
    flipped = quad * (-1, 1) + (width, 0)
    return flipped[[1, 0, 3, 2]].astype(np.float32)


def _light(image: Image, rng: np.random.Generator) -> Image:
    out = image
    if rng.random() < 0.25:
        out = cv2.GaussianBlur(out, (0, 0), rng.uniform(0.4, 1.3))
    if rng.random() < 0.15:
        length = int(rng.integers(3, 8))
        kernel = np.zeros((length, length), np.float32)
        kernel[length // 2] = 1 / length
        out = cv2.filter2D(out, -1, kernel)
    table = np.arange(256, dtype=np.float32)
    if rng.random() < 0.7:
        table = 255 * (table / 255) ** np.float32(np.exp(rng.normal(0, 0.4)))
        low, high = rng.uniform(0, 45), rng.uniform(140, 275)
        table = low + table * (high - low) / 255
    out = cv2.LUT(out, np.clip(table, 0, 255).astype(np.uint8))
    if rng.random() < 0.25:
        out = cv2.cvtColor(cv2.cvtColor(out, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    elif rng.random() < 0.5:
        out = np.clip(out * rng.uniform(0.8, 1.2, 3).astype(np.float32), 0, 255).astype(np.uint8)
    if rng.random() < 0.4:
        noise = rng.standard_normal(out.shape[:2], np.float32)[..., None] * rng.uniform(1, 12)
        out = np.clip(out + noise, 0, 255).astype(np.uint8)
    if rng.random() < 0.3:
        out = cv2.imdecode(
            cv2.imencode(".jpg", out, [cv2.IMWRITE_JPEG_QUALITY, int(rng.uniform(30, 85))])[1],
            cv2.IMREAD_COLOR,
        )
    return out


def targets(view: View) -> tuple[NDArray[np.float32], ...]:
    """What the network should say about a canvas.

    Returns heat (H, W) 0 to 1 with 1 at each plate's cell, care (H, W) 0 where nothing is
    taught, codes (H, W, 8), and weight (H, W, 2): for exact corners, for boxes alone.
    """
    rows, cols = (n // STRIDE for n in view.image.shape[:2])
    heat = np.zeros((rows, cols), np.float32)
    care = np.ones((rows, cols), np.float32)
    codes = np.zeros((rows, cols, 8), np.float32)
    weight = np.zeros((rows, cols, 2), np.float32)
    xs = (np.arange(cols, dtype=np.float32) + 0.5) * STRIDE
    ys = (np.arange(rows, dtype=np.float32) + 0.5) * STRIDE
    small = [q for q in view.quads if np.ptp(q[:, 0]) < SMALLEST_W or np.ptp(q[:, 1]) < SMALLEST_H]
    for quad in small + view.ignored:
        (x0, y0), (x1, y1) = (
            (quad.min(0) // STRIDE).astype(int) - 1,
            (quad.max(0) // STRIDE).astype(int) + 2,
        )
        care[max(0, y0) : max(0, y1), max(0, x0) : max(0, x1)] = 0
    # Large first, so that a small plate in front of a large one keeps its own cells.
    for index in sorted(range(len(view.quads)), key=lambda i: -float(np.ptp(view.quads[i][:, 0]))):
        quad = view.quads[index]
        (left, top), (right, bottom) = quad.min(0), quad.max(0)
        if right - left < SMALLEST_W or bottom - top < SMALLEST_H:
            continue
        cx, cy = quad.mean(0)
        sx = max(0.10 * (right - left), 0.55 * STRIDE)
        sy = max(0.14 * (bottom - top), 0.55 * STRIDE)
        bump = np.exp(
            -((ys - cy) ** 2)[:, None] / (2 * sy * sy) - ((xs - cx) ** 2)[None] / (2 * sx * sx)
        )
        j = int(np.clip(cx // STRIDE, 0, cols - 1))
        i = int(np.clip(cy // STRIDE, 0, rows - 1))
        bump[i, j] = 1.0
        mine = bump > heat
        heat = np.maximum(heat, bump)
        strong = mine & (bump > 0.35)
        at = np.argwhere(strong)
        offset = quad.reshape(1, 4, 2) - np.stack([xs[at[:, 1]], ys[at[:, 0]]], 1)[:, None]
        codes[strong] = np.arcsinh(offset / STRIDE).reshape(-1, 8)
        weight[strong] = 0
        weight[strong, 0 if view.exact[index] else 1] = bump[strong]
    return heat, care, codes, weight


def flat_plates(data: Path, rng: np.random.Generator, number: int) -> Iterator[Image]:
    """Flat pictured plates of the training split, to be pasted at known corners."""
    splits = json.loads((data / "splits.json").read_text())
    paths = []
    for name in (
        "us_state_plates",
        "openalpr_us_crops",
        "california_plates",
        "openalpr_eu_crops",
        "argentina_crops",
    ):
        for line in (data / name / "labels.jsonl").read_text().splitlines():
            row = json.loads(line)
            if splits.get(f"{name}/{row['image']}") == "train":
                paths.append(data / name / row["image"])
    for index in rng.permutation(len(paths))[:number]:
        image = cv2.imread(str(paths[index]))
        if image is not None:
            yield image
