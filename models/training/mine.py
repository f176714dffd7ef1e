"""Collect what the detector takes for plates and is none: `python -m models.training.mine`.

The reader is taught to read nothing there, which makes it a second opinion on every box; the
detector is shown those places more often. What reads like a plate and has no label is an unlabelled
plate: the detector is neither rewarded nor punished there.
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

LOW_SCORE = 0.12
LEGIBLE = 0.5
"""A crop with a digit that reads this surely is an unlabelled plate, or teaches nothing."""
MOST_A_PICTURE = 12


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument(
        "--out", type=Path, required=True, help="folder for crops.npy and places.jsonl"
    )
    parser.add_argument("--models", type=Path, default=SHIPPED)
    args = parser.parse_args()
    recognizer = Recognizer.load(args.models)
    recognizer.detector.threshold = LOW_SCORE
    crops, places = [], []
    for picture in tqdm(det_data.load_pictures(args.data, "train"), disable=None):
        image = cv2.imread(str(picture.path))
        strange = [
            box
            for box in recognizer.detector.detect(image)
            if all(overlap(np.array(box.corners), quad) < 0.05 for quad in picture.quads)
        ]
        row = {"image": f"{picture.source}/{picture.path.name}", "false": [], "unlabelled": []}
        for box in strange[:MOST_A_PICTURE]:
            crop = recognizer.reader.rectify(image, box.corners)
            text = recognizer.reader.read_crop(crop)
            legible = text.confidence >= LEGIBLE and any(map(str.isdigit, text.raw_text))
            row["unlabelled" if legible else "false"].append(box.corners)
            if not legible:
                crops.append(crop)
        places.append(json.dumps(row))
    args.out.mkdir(parents=True, exist_ok=True)
    (args.out / "places.jsonl").write_text("\n".join(places) + "\n")
    np.save(args.out / "crops.npy", np.array(crops, np.uint8))
    print(f"{len(crops)} crops that are no plates")


if __name__ == "__main__":
    main()
