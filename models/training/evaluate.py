"""Measure the shipped models on the validation pictures: `python -m models.training.evaluate`.

Runs what ships (`alpr_edge.recognize` over the `.tflite` files), writes `metrics.json`, plots and
contact sheets of failures to --out. Contact sheets show real plates: they stay out of the project.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from tqdm import tqdm

from alpr_edge.recognize import Recognizer
from alpr_edge.recognize.abroad import alike
from alpr_edge.recognize.detector import overlap
from alpr_edge.recognize.recognizer import SHIPPED
from alpr_edge.seams import PlateBox, PlateText
from models.training import cache, charts, det_data, ocr_data
from models.training.plates import PlateRenderer
from models.training.scenes import SceneComposer

CALIFORNIA_AND_REST = ("california", "other us", "others")
CORRECTIONS = Path(__file__).parent / "corrections.jsonl"
"""Labels of the validation pictures that a review found wrong, and the box that is right."""
WIDTHS = (0, 50, 75, 100, 150, 200, 300, math.inf)
CORNER_SCENES = 300
LARGE_PX = 50  # plate width in a picture scaled to 1280 px


@dataclass(slots=True)
class Reading:
    """One plate with a known text and what was made of it."""

    group: str
    truth: str
    said: PlateText | None
    width_px: float
    crop: np.ndarray = field(repr=False)

    @property
    def right(self) -> bool:
        return self.said is not None and self.said.raw_text == self.truth

    @property
    def right_folded(self) -> bool:
        return self.said is not None and alike(self.said.raw_text) == alike(self.truth)


def group_of(region: str | None) -> str:
    """California, other US, or others."""
    if region == "us-ca":
        return "california"
    return "other us" if region and region.startswith("us") else "others"


def read_crops(recognizer: Recognizer, data: Path) -> list[Reading]:
    """OCR on ground-truth crops."""
    readings = []
    for example in tqdm(
        list(ocr_data.load_real(data, "val")), desc="crops", leave=False, disable=None
    ):
        if example.source in ocr_data.SCENE_SETS:
            continue
        said = recognizer.reader.read_crop(example.image)
        readings.append(
            Reading(
                group=example.source,
                truth=example.text,
                said=said,
                width_px=float(example.image.shape[1]),
                crop=example.image,
            )
        )
    return readings


@dataclass(slots=True)
class Scenes:
    """Everything measured on whole pictures."""

    readings: list[Reading] = field(default_factory=list)
    hits: list[tuple[float, float, float]] = field(default_factory=list)  # score, IoU, width
    missed: list[float] = field(default_factory=list)
    false: list[float] = field(default_factory=list)
    false_texts: int = 0
    """False findings that are given out with a sure text."""
    unlabelled: int = 0
    """Findings that a review found to be plates without a label."""
    misread_pictures: int = 0
    pictures: int = 0
    seconds: float = 0.0
    sheet_missed: list[np.ndarray] = field(default_factory=list)
    sheet_false: list[np.ndarray] = field(default_factory=list)


def read_scenes(recognizer: Recognizer, data: Path) -> tuple[Scenes, Scenes]:
    """Detection and end-to-end reading on whole pictures: by the labels as they are, and corrected.

    Corrected, what a review found to be a plate without a label is not false (nor a hit), and
    the labels of `corrections.jsonl` are mended: see docs/LABELS.md.
    """
    splits = json.loads((data / "splits.json").read_text())
    scenes, corrected = Scenes(), Scenes()
    unlabelled: defaultdict[str, list[np.ndarray]] = defaultdict(list)
    for row in map(json.loads, det_data.REVIEWED.read_text().splitlines()):
        if row["is"] == "plate":
            unlabelled[row["image"]].append(np.array(row["corners"]))
    mended = {
        (row["image"], *row["label"]): row
        for row in map(json.loads, CORRECTIONS.read_text().splitlines())
    }
    rows = [
        (name, json.loads(line))
        for name in det_data.SCENE_SETS
        for line in (data / name / "labels.jsonl").read_text().splitlines()
    ]
    rows = [(name, row) for name, row in rows if splits.get(f"{name}/{row['image']}") == "val"]
    for name, row in tqdm(rows, desc="pictures", leave=False, disable=None):
        path = f"{name}/{row['image']}"
        image = cv2.imread(str(data / path))
        started = time.process_time()
        found = recognizer.recognize(image)
        scenes.seconds += time.process_time() - started
        score_picture(scenes, image, row["plates"], found)
        plates = [mended_label(p, mended.get((path, *p["box"]))) for p in row["plates"]]
        score_picture(corrected, image, [p for p in plates if p["box"]], found, unlabelled[path])
    return scenes, corrected


def mended_label(plate: dict, correction: dict | None) -> dict:
    """A label with the right box, None where there is no plate, and no text where it is wrong."""
    if correction is None:
        return plate
    text = None if correction.get("text") == "wrong" else plate["text"]
    return {**plate, "box": correction.get("box"), "text": text}


def score_picture(
    scenes: Scenes,
    image: np.ndarray,
    plates: list[dict],
    found: list[tuple[PlateBox, PlateText]],
    unlabelled: Sequence[np.ndarray] = (),
) -> None:
    """Add one picture to the tally; a plate is found at IoU 0.5 of the upright boxes."""
    per_1280 = 1280 / image.shape[1]
    scenes.pictures += 1
    quads = [ocr_data._box_quad(*p["box"]) for p in plates]
    taken: dict[int, PlateText] = {}
    misread = False
    for box, text in found:
        quad = np.array(box.corners)
        free = [k for k in range(len(quads)) if k not in taken]
        best = max(free, key=lambda k: overlap(quad, quads[k]), default=None)
        if best is not None and overlap(quad, quads[best]) >= 0.5:
            taken[best] = text
            scenes.hits.append(
                (box.score, overlap(quad, quads[best]), plates[best]["box"][2] * per_1280)
            )
        elif any(overlap(quad, q) >= 0.4 for q in unlabelled):
            scenes.unlabelled += 1
        elif all(overlap(quad, q) < 0.5 for q in quads):
            scenes.false.append(box.score)
            scenes.false_texts += bool(text.text) and "?" not in text.text
            scenes.sheet_false.append(charts.cut(image, quad, text.text))
    for k, plate in enumerate(plates):
        width = plate["box"][2] * per_1280
        if k not in taken:
            scenes.missed.append(width)
            if width >= LARGE_PX:
                scenes.sheet_missed.append(charts.cut(image, quads[k], f"{width:.0f}px"))
        truth = ocr_data.clean_text(plate["text"]) if plate.get("text") else None
        if truth:
            reading = Reading(
                group=group_of(plate.get("region")),
                truth=truth,
                said=taken.get(k),
                width_px=width,
                crop=charts.cut(image, quads[k], ""),
            )
            scenes.readings.append(reading)
            said = reading.said
            if said and said.text and "?" not in said.text and alike(said.text) != alike(truth):
                misread = True
    scenes.misread_pictures += misread


def exact(readings: list[Reading]) -> dict[str, dict[str, float]]:
    """By group, in per cent: exact, with O as 0 and I as 1, after abstention, sure but wrong."""
    groups: dict[str, list[Reading]] = defaultdict(list)
    for reading in readings:
        groups[reading.group].append(reading)
        groups["all"].append(reading)
    return table_of(dict(sorted(groups.items())))


def by_width(readings: list[Reading]) -> dict[str, dict[str, float]]:
    """The same by the plate's width: in a picture scaled to 1280 px, of a crop as it is."""
    groups: dict[str, list[Reading]] = {}
    for low, high in itertools.pairwise(WIDTHS):
        inside = [r for r in readings if low <= r.width_px < high]
        if inside:
            groups[f"{low:g} to {high:g}"] = inside
    return table_of(groups)


def table_of(groups: dict[str, list[Reading]]) -> dict[str, dict[str, float]]:
    """The figures of each group of readings."""
    table = {}
    for name, rows in groups.items():
        sure = [r for r in rows if r.said and r.said.text and "?" not in r.said.text]
        kept = [r for r in sure if alike(r.said.text) == alike(r.truth)]
        table[name] = {
            "n": len(rows),
            "exact": pct(sum(r.right for r in rows), len(rows)),
            "exact_folded": pct(sum(r.right_folded for r in rows), len(rows)),
            "sure_and_right": pct(len(kept), len(rows)),
            "sure_but_wrong": pct(len(sure) - len(kept), len(rows)),
            "characters": pct(
                sum(same_characters(r) for r in rows), sum(len(r.truth) for r in rows)
            ),
        }
    return table


def same_characters(reading: Reading) -> int:
    """Characters of the truth that were read: its length less the edit distance."""
    said = alike(reading.said.raw_text) if reading.said else ""
    truth = alike(reading.truth)
    row = list(range(len(said) + 1))
    for i, a in enumerate(truth, 1):
        before, row[0] = row[0], i
        for j, b in enumerate(said, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (a != b))
    return max(0, len(truth) - row[-1])


def detection(scenes: Scenes, threshold: float) -> dict[str, float]:
    """Recall at IoU 0.5 by size, precision and false plates a picture at the shipped threshold."""
    hits = np.array(scenes.hits).reshape(-1, 3)
    missed = np.array(scenes.missed)
    large, small = hits[:, 2] >= LARGE_PX, hits[:, 2] < LARGE_PX
    return {
        "threshold": threshold,
        "recall_large": pct(int(large.sum()), int(large.sum() + (missed >= LARGE_PX).sum())),
        "recall_small": pct(int(small.sum()), int(small.sum() + (missed < LARGE_PX).sum())),
        "precision": pct(len(hits), len(hits) + len(scenes.false)),
        "false_per_picture": round(len(scenes.false) / max(1, scenes.pictures), 4),
        "false_texts_per_picture": round(scenes.false_texts / max(1, scenes.pictures), 4),
        "unlabelled_per_picture": round(scenes.unlabelled / max(1, scenes.pictures), 4),
        "mean_iou": round(float(hits[:, 1].mean()), 4) if len(hits) else 0.0,
        "pictures": scenes.pictures,
        "plates": len(hits) + len(missed),
    }


def corner_error(recognizer: Recognizer, folder: Path) -> dict[str, float]:
    """Distance of the corners from the truth on composed scenes, as a share of plate height."""
    errors = []
    pictures = det_data.load_scenes(folder)
    for picture in pictures[:CORNER_SCENES]:
        image = cv2.imread(str(picture.path))
        for box in recognizer.detector.detect(image):
            quad = np.array(box.corners)
            best = max(picture.quads, key=lambda q: overlap(quad, q), default=None)
            if best is not None and overlap(quad, best) >= 0.5:
                tall = (np.linalg.norm(best[3] - best[0]) + np.linalg.norm(best[2] - best[1])) / 2
                errors.append(float(np.linalg.norm(quad - best, axis=1).mean() / tall))
    return (
        {
            "plates": len(errors),
            "median": round(float(np.median(errors)), 4),
            "p95": round(float(np.percentile(errors, 95)), 4),
        }
        if errors
        else {}
    )


def pct(part: int, whole: int) -> float:
    """Per cent, one decimal."""
    return round(100 * part / whole, 1) if whole else 0.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--models", type=Path, default=SHIPPED)
    parser.add_argument(
        "--scenes",
        type=Path,
        help="composed scenes with exact corners, for the corner error; composed here if not given",
    )
    parser.add_argument("--no-syntax", action="store_true")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    recognizer = Recognizer.load(args.models, use_syntax=not args.no_syntax)
    crops = read_crops(recognizer, args.data)
    scenes, corrected = read_scenes(recognizer, args.data)
    metrics = {
        "models": recognizer.labels,
        "detection": detection(scenes, recognizer.detector.threshold),
        "detection_corrected": detection(corrected, recognizer.detector.threshold),
        "ocr_on_crops": exact(crops),
        "end_to_end": exact(scenes.readings),
        "end_to_end_corrected": exact(corrected.readings),
        "end_to_end_by_width": by_width(scenes.readings),
        "ocr_on_crops_by_width": by_width(crops),
        "misread_pictures": pct(scenes.misread_pictures, scenes.pictures),
        "cpu_ms_per_picture": round(1000 * scenes.seconds / max(1, scenes.pictures), 2),
    }
    if args.scenes is None:
        args.scenes = args.out / "scenes"
        composer = SceneComposer(args.data, PlateRenderer(args.data))
        cache.write_scenes(args.scenes, composer, CORNER_SCENES, seed=99)
    metrics["corner_error"] = corner_error(recognizer, args.scenes)
    (args.out / "metrics.json").write_text(json.dumps(metrics, indent=1) + "\n")
    print(json.dumps(metrics, indent=1))
    charts.accuracy_by_width(
        [(r.width_px, r.right_folded) for r in scenes.readings], args.out / "accuracy_by_width.png"
    )
    charts.reliability(
        [(r.said.confidence, r.right) for r in crops + scenes.readings if r.said],
        args.out / "reliability.png",
    )
    charts.sheet(
        [
            charts.cut(r.crop, None, f"{r.truth} {r.said.raw_text if r.said else '-'}")
            for r in crops
            if not r.right
        ],
        args.out / "crops_wrong.png",
    )
    charts.sheet(
        [
            charts.cut(r.crop, None, f"{r.truth} {r.said.raw_text if r.said else '-'}")
            for r in scenes.readings
            if not r.right
        ],
        args.out / "scenes_wrong.png",
    )
    charts.sheet(corrected.sheet_missed, args.out / "missed.png")
    charts.sheet(corrected.sheet_false, args.out / "false.png")


if __name__ == "__main__":
    main()
