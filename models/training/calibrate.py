"""Make the reader's confidence honest: `python -m models.training.calibrate --data DIR`.

Fits one temperature and a monotone map on the validation crops, writes both into the reader's
manifest, and prints what each threshold would cost, so that a person can choose.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import re
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from tqdm import tqdm

from alpr_edge.recognize import Reader, Recognizer, abroad, ctc
from alpr_edge.recognize.detector import overlap
from alpr_edge.recognize.manifest import SECOND
from alpr_edge.recognize.recognizer import FAINTEST, SHIPPED
from models.training import det_data, ocr_data
from models.training.ocr_net import ALPHABET, COLUMNS

TEMPERATURES = np.round(np.arange(0.7, 2.6, 0.1), 2)
BINS = 12


@dataclass(slots=True)
class Seen:
    """The reader's logits for one crop and what the plate says."""

    logits: np.ndarray
    truth: str


def see(reader: Reader, data: Path, *, foreign: bool = False) -> list[Seen]:
    """Run a reader over the validation crops; plates in scenes with the shipped margin.

    `foreign`: the second reader, over the plates that are not American.
    """
    seen = []
    margin_xy = reader._margin_xy
    for example in tqdm(list(ocr_data.load_real(data, "val")), leave=False, disable=None):
        if foreign and abroad.at_home(example.region):
            continue
        scene = example.source in ocr_data.SCENE_SETS
        crop = ocr_data.straight_crop(
            example.image, example.quad, margin_xy if scene else (0.0, 0.0)
        )
        logits = reader._network.run(crop)["characters"]
        columns = COLUMNS * (example.lines if foreign else 1)
        seen.append(Seen(logits=logits[:columns], truth=example.text))
    return seen


def likelihood(seen: list[Seen], temperature: float) -> tuple[float, np.ndarray, np.ndarray]:
    """Mean log probability of the truth, and (probability, right) of each best reading."""
    total, chances, right = 0.0, [], []
    for one in seen:
        columns = ctc.columns_of(one.logits, temperature)
        truth = tuple(ALPHABET.index(c) + 1 for c in one.truth)
        best = ctc.beam_search(columns, 8)
        p = ctc.probabilities(columns, [truth, *best])
        total += float(np.log(max(p[0], 1e-6)))
        chances.append(float(p[1:].max()))
        right.append(best[int(p[1:].argmax())] == truth)
    return total / len(seen), np.array(chances), np.array(right, float)


def monotone_map(chances: np.ndarray, right: np.ndarray) -> list[list[float]]:
    """Piecewise linear from stated to measured: equal-sized bins, pooled until they rise."""
    order = np.argsort(chances)
    groups = [
        [float(chances[g].mean()), float((right[g].sum() + 0.5) / (len(g) + 1)), len(g)]
        for g in np.array_split(order, BINS)
    ]
    pooled: list[list[float]] = []
    for group in groups:
        pooled.append(group)
        while len(pooled) > 1 and pooled[-2][1] >= pooled[-1][1]:
            (xa, ya, na), (xb, yb, nb) = pooled[-2:]
            n = na + nb
            pooled[-2:] = [[(xa * na + xb * nb) / n, (ya * na + yb * nb) / n, n]]
    points = [[0.0, 0.0]] + [[round(x, 4), round(y, 4)] for x, y, _ in pooled if 0 < x < 1]
    return [*points, [1.0, max(0.999, points[-1][1])]]


def unlabelled_ignored(data: Path) -> list[det_data.Picture]:
    """The validation pictures with their labels; `ignored` is what a review took for plates too."""
    return [
        dataclasses.replace(
            plain, ignored=np.concatenate([both.quads[len(plain.quads) :], both.ignored])
        )
        for plain, both in zip(
            det_data.load_pictures(data, "val"),
            det_data.load_pictures(data, "val", reviewed=det_data.REVIEWED),
            strict=True,
        )
    ]


def candidates(recognizer: Recognizer, data: Path) -> list[dict[str, float | int | bool]]:
    """Every box over a low threshold on the validation pictures, and whether it is a plate."""
    rows = []
    for number, picture in enumerate(tqdm(unlabelled_ignored(data), leave=False, disable=None)):
        image = cv2.imread(str(picture.path))
        for box in recognizer.detector.detect(image):
            text = recognizer.reader.read(image, box.corners)
            quad = np.array(box.corners)
            rows.append(
                {
                    "picture": number,
                    "score": box.score,
                    "plate": any(overlap(quad, q) >= 0.5 for q in picture.quads),
                    "near": any(
                        overlap(quad, q) >= 0.2 for q in (*picture.quads, *picture.ignored)
                    ),
                    "length": len(text.raw_text),
                    "confidence": text.confidence,
                    "weakest": min((c.probability for c in text.characters), default=0.0),
                    "mean": float(np.mean([c.probability for c in text.characters] or [0.0])),
                    "nothing": text.nothing,
                    "width": float(np.ptp(quad[:, 0])) * 1280 / image.shape[1],
                }
            )
    return rows


def print_beliefs(rows: list[dict[str, float | int | bool]]) -> None:
    """How the detector's score and the reader's emptiness weigh together, and what limits cost.

    A logistic regression; boxes that lie beside a plate count neither way.
    """
    clear = [row for row in rows if row["plate"] or not row["near"]]
    right = np.array([bool(row["plate"]) for row in clear], float)
    known = np.ones((len(clear), 3))
    for column, key in ((1, "score"), (2, "nothing")):
        p = np.clip([float(row[key]) for row in clear], FAINTEST, 1 - FAINTEST)
        known[:, column] = np.log(p / (1 - p))
    weights = np.zeros(3)
    for _ in range(30):  # Newton's steps
        p = 1 / (1 + np.exp(-known @ weights))
        bend = (known * (p * (1 - p))[:, None]).T @ known + np.eye(3)
        weights -= np.linalg.solve(bend, known.T @ (p - right) + weights)
    pictures = 1 + max(int(row["picture"]) for row in rows)
    print(f"belief: base {weights[0]:.2f} less the limit, by score, by nothing {weights[1:]}")
    for limit in (-3.0, -2.5, -2.0, -1.5, -1.0, 0.0):
        kept = known @ weights > limit
        print(
            f"limit {limit:+.1f}: {int((kept & (right == 1)).sum())} plates, "
            f"{(kept & (right == 0)).sum() / pictures:.3f} false a picture"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--models", type=Path, default=SHIPPED)
    parser.add_argument(
        "--reader", choices=("plate_ocr", "plate_ocr_two"), help="only this one; else each"
    )
    parser.add_argument("--candidates", type=Path, help="write every detection's figures here")
    args = parser.parse_args()
    recognizer = Recognizer.load(args.models)
    if args.reader in (None, "plate_ocr"):
        fit(args.models / "plate_ocr.toml", see(recognizer.reader, args.data))
    second = recognizer.reader._second
    if second is not None and args.reader in (None, "plate_ocr_two"):
        fit(args.models / SECOND, see(second, args.data, foreign=True))
        fit_doubt(args.models, args.data)
    if args.candidates:
        low = Recognizer.load(args.models)
        low.detector.threshold = 0.2
        rows = candidates(low, args.data)
        args.candidates.write_text(json.dumps(rows))
        print_beliefs(rows)


def fit_doubt(folder: Path, data: Path) -> None:
    """Fit how much confidence is left to the second reader where the first reads otherwise."""
    manifest = folder / SECOND
    reader = Recognizer.load(folder).reader
    second = reader._second
    assert second is not None
    second.doubted = 1.0
    right, stated = [], []
    for example in ocr_data.load_real(data, "val"):
        if abroad.at_home(example.region) or example.lines == 2:
            continue
        scene = example.source in ocr_data.SCENE_SETS
        margin_xy = reader._margin_xy if scene else (0.0, 0.0)
        crop = ocr_data.straight_crop(example.image, example.quad, margin_xy)
        first, _ = reader._alone(crop)
        said = second.read_after(first, crop, False)
        if said is not None and not abroad.agree(first.raw_text, said.raw_text):
            right.append(said.raw_text == example.text)
            stated.append(said.confidence)
    doubted = round(min(1.0, (sum(right) + 0.5) / (sum(stated) + 1)), 2)
    text = re.sub(r"(?m)^doubted = [\d.]+", f"doubted = {doubted}", manifest.read_text())
    manifest.write_text(text)
    print(f"of {len(right)} that the readers differ on {sum(right)} are right; doubted {doubted}")


def fit(manifest: Path, seen: list[Seen]) -> None:
    """Fit temperature and map to what a reader made of crops, and write them to its manifest."""
    fits = {float(t): likelihood(seen, float(t)) for t in TEMPERATURES}
    temperature = max(fits, key=lambda t: fits[t][0])
    _, chances, right = fits[temperature]
    points = monotone_map(chances, right)
    text = manifest.read_text()
    text = re.sub(r"(?m)^temperature = .*$", f"temperature = {temperature}", text)
    text = re.sub(r"(?m)^calibration = \[\[.*?\]\](.*)$", rf"calibration = {points}\1", text)
    manifest.write_text(text)
    print(f"temperature {temperature}, calibration {points}")
    stated = np.interp(chances, *zip(*points, strict=True))
    for threshold in (0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95):
        kept = stated >= threshold
        print(
            f"confidence {threshold:.2f}: keeps {100 * (kept & (right == 1)).mean():5.1f} % right, "
            f"{100 * (kept & (right == 0)).mean():4.1f} % wrong"
        )


if __name__ == "__main__":
    main()
