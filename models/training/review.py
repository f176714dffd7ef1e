"""Look at what the detector finds and no label has: `python -m models.training.review`.

Collected pictures leave plates in the background unlabelled. `--sheets DIR` writes contact sheets
of every such box over `--score`, numbered, and their list. Whoever reviews them writes down
the numbers that are plates, and those that may be; `--plates FILE --unsure FILE` (numbers, divided
by blanks) turns the answers into lines {"image", "corners", "is"} of --out, which hold no picture
and no text. Training takes the plates among them for labelled, looks away from the unsure ones, and
looks at the rest more often; evaluation states its figures both with and without them.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import cv2
import numpy as np
from tqdm import tqdm

from alpr_edge.recognize import Recognizer
from alpr_edge.recognize.detector import overlap
from alpr_edge.recognize.recognizer import SHIPPED
from models.training import det_data

ACROSS, A_SHEET = 9, 90
TILE_WH = (160, 120)


def collect(
    data: Path, split: str, models: Path, score: float
) -> tuple[list[dict], list[np.ndarray]]:
    """Boxes without a label, surest first within each picture, with a tile of each."""
    recognizer = Recognizer.load(models)
    recognizer.detector.threshold = score
    rows, tiles = [], []
    for picture in tqdm(det_data.load_pictures(data, split), disable=None):
        image = cv2.imread(str(picture.path))
        for box in recognizer.detector.detect(image):
            quad = np.array(box.corners)
            if any(overlap(quad, label) > 0.15 for label in picture.quads):
                continue
            name = f"{picture.source}/images/{picture.path.name}"
            rows.append({"image": name, "corners": quad.round(1).tolist(), "score": box.score})
            tiles.append(surroundings(image, quad, f"{len(rows) - 1}"))
    return rows, tiles


def surroundings(image: np.ndarray, quad: np.ndarray, caption: str) -> np.ndarray:
    """A tile with the box in the middle of what is round it, and its number."""
    low, high = quad.min(0), quad.max(0)
    width, height = TILE_WH
    reach = np.maximum(0.9 * (high - low).max() * np.array([1, height / width]), 12)
    (x0, y0), (x1, y1) = (
        ((low + high) / 2 - reach).astype(int),
        ((low + high) / 2 + reach).astype(int),
    )
    pad = int(max(0, -x0, -y0, x1 - image.shape[1], y1 - image.shape[0]))
    wide = cv2.copyMakeBorder(image, pad, pad, pad, pad, cv2.BORDER_CONSTANT, value=(60, 60, 60))
    tile = cv2.resize(
        wide[y0 + pad : y1 + pad, x0 + pad : x1 + pad], TILE_WH, interpolation=cv2.INTER_CUBIC
    )
    points = (quad - (x0, y0)) * (width / (x1 - x0), height / (y1 - y0))
    for x, y in points.astype(int):
        cv2.circle(tile, (int(x), int(y)), 2, (0, 0, 255), -1)
    for colour, thick in (((0, 0, 0), 3), ((90, 255, 255), 1)):
        cv2.putText(tile, caption, (3, height - 5), cv2.FONT_HERSHEY_SIMPLEX, 0.5, colour, thick)
    return tile


def grid(tiles: list[np.ndarray]) -> np.ndarray:
    """Tiles in rows."""
    tiles = tiles + [np.zeros_like(tiles[0])] * (-len(tiles) % ACROSS)
    return np.vstack([np.hstack(tiles[i : i + ACROSS]) for i in range(0, len(tiles), ACROSS)])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--split", choices=("train", "val"), default="train")
    parser.add_argument("--models", type=Path, default=SHIPPED)
    parser.add_argument("--score", type=float, default=0.3)
    parser.add_argument("--sheets", type=Path, required=True)
    parser.add_argument("--plates", type=Path, help="the numbers of those that are plates")
    parser.add_argument("--unsure", type=Path, help="the numbers of those that may be")
    parser.add_argument("--out", type=Path, help="reviewed boxes; lines are added")
    args = parser.parse_args()
    args.sheets.mkdir(parents=True, exist_ok=True)
    listed = args.sheets / "boxes.jsonl"
    if args.plates:
        plates, unsure = (
            {int(n) for n in file.read_text().split()} for file in (args.plates, args.unsure)
        )
        rows = [json.loads(line) for line in listed.read_text().splitlines()]
        with args.out.open("a") as out:
            for number, row in enumerate(rows):
                answer = (
                    "plate" if number in plates else "unsure" if number in unsure else "nothing"
                )
                line = {"image": row["image"], "corners": row["corners"], "is": answer}
                out.write(json.dumps(line) + "\n")
        return
    rows, tiles = collect(args.data, args.split, args.models, args.score)
    listed.write_text("".join(json.dumps(row) + "\n" for row in rows))
    for start in range(0, len(tiles), A_SHEET):
        name = f"{args.split}_{start // A_SHEET:03d}.png"
        cv2.imwrite(str(args.sheets / name), grid(tiles[start : start + A_SHEET]))
    print(f"{len(rows)} boxes")


if __name__ == "__main__":
    main()
