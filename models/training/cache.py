"""Write plates and scenes to disk once, so that training does not wait for drawing.

`python -m models.training.cache --data DIR --out DIR --plates N --scenes M --seed S` writes
`plates/images.npy` (uint8, N x 96 x 288 x 3, BGR), `plates/labels.jsonl` with the text, region and
style of each row, and `READY` when all is there. Each picture has its own seed, so a run that was
cut off goes on where it stopped and ends with the same files.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import cv2
import numpy as np
from tqdm import tqdm

from models.training.plates import PlateRenderer

PLATE_WH = (288, 96)


def plate_rng(seed: int, index: int) -> np.random.Generator:
    """The generator that plate `index` of a cache is drawn with."""
    return np.random.default_rng([seed, 1, index])


def _lines(path: Path) -> int:
    """How many whole lines a file holds; a torn last line is cut off."""
    if not path.exists():
        return 0
    text = path.read_bytes()
    whole = text[: text.rfind(b"\n") + 1]
    if len(whole) != len(text):
        path.write_bytes(whole)
    return whole.count(b"\n")


def write_plates(folder: Path, renderer: PlateRenderer, count: int, seed: int) -> None:
    """Fill a folder with flat plates, each resized to PLATE_WH whatever its shape."""
    folder.mkdir(parents=True, exist_ok=True)
    ready = folder / "READY"
    if ready.exists():
        return
    path, labels = folder / "images.npy", folder / "labels.jsonl"
    done = _lines(labels) if path.exists() else 0
    if done == 0:
        labels.unlink(missing_ok=True)
    shape = (count, PLATE_WH[1], PLATE_WH[0], 3)
    images = np.lib.format.open_memmap(path, "r+" if done else "w+", None if done else np.uint8, shape if not done else None)
    if images.shape != shape:
        raise SystemExit(f"{path}: holds {images.shape[0]} plates, asked for {count}. Fix: give another --out")
    with labels.open("a") as out:
        for index in tqdm(range(done, count), desc="plates", initial=done, total=count, mininterval=5):
            plate = renderer.render(plate_rng(seed, index))
            images[index] = cv2.resize(plate.image, PLATE_WH, interpolation=cv2.INTER_AREA)
            out.write(json.dumps({"text": plate.text, "region": plate.region, "style": plate.style}) + "\n")
            if index % 500 == 499:
                images.flush()
                out.flush()
    images.flush()
    ready.touch()


def main() -> None:
    """Read the arguments and write what they ask for."""
    parser = argparse.ArgumentParser(description="Write rendered plates for training.")
    parser.add_argument("--data", type=Path, required=True, help="folder of the picture sets")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--plates", type=int, default=30_000)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    cv2.setNumThreads(1)
    write_plates(args.out / "plates", PlateRenderer(args.data), args.plates, args.seed)


if __name__ == "__main__":
    main()
