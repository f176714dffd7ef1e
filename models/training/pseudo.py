"""Texts for crops that nobody labelled, read by the reader: `python -m models.training.pseudo`.

Only what it reads surely, and alike at three margins, is taken. Spoiled as in training these
crops are no longer easy: the reader learns to read the spoiled view as it read the clean one.
Writes a line {"image", "text"} for each to --out, for `train_ocr --pseudo`.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import cv2
from tqdm import tqdm

from alpr_edge.recognize import Recognizer
from alpr_edge.recognize.recognizer import SHIPPED

SETS = ("openalpr_eu_crops",)
SURE = 0.95
MARGINS = (-0.02, 0.0, 0.04)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--models", type=Path, default=SHIPPED)
    args = parser.parse_args()
    reader = Recognizer.load(args.models, use_syntax=False).reader
    splits = json.loads((args.data / "splits.json").read_text())
    lines = []
    for name in SETS:
        rows = map(json.loads, (args.data / name / "labels.jsonl").read_text().splitlines())
        for row in tqdm(list(rows), disable=None):
            image = f"{name}/{row['image']}"
            if row["text"] or row.get("lines") == 2 or splits.get(image) != "train":
                continue
            crop = cv2.imread(str(args.data / image))
            height, width = crop.shape[:2]
            said = []
            for margin in MARGINS:
                x0, x1, y0, y1 = -margin * width, (1 + margin) * width, 0.0, float(height)
                said.append(reader.read(crop, ((x0, y0), (x1, y0), (x1, y1), (x0, y1))))
            text = said[0].raw_text
            mixed = any(map(str.isdigit, text)) and any(map(str.isalpha, text))
            if mixed and all(s.raw_text == text and s.confidence >= SURE for s in said):
                lines.append(json.dumps({"image": image, "text": text}))
    args.out.write_text("\n".join(lines) + "\n")
    print(f"{len(lines)} texts")


if __name__ == "__main__":
    main()
