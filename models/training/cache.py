"""Write plates and scenes to disk once, so that training does not wait for drawing.

`python -m models.training.cache --data DIR --out DIR --plates N --scenes M --seed S` writes
`plates/images.npy` (uint8, N x 96 x 288 x 3, BGR) with `plates/labels.jsonl` (text, region, style
of each row), and `scenes/NNNNNN.jpg` (640 x 384, quality 90) with `scenes/labels.jsonl` (one scene
a line: image, width, height, mode, plates with corners, text and region, and boxes to ignore). A
file `READY` in each folder says that all is there. Each picture has its own seed, so a run that was
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
from models.training.scenes import Scene, SceneComposer

PLATE_WH = (288, 96)
SCENE_WH = (640, 384)


def plate_rng(seed: int, index: int) -> np.random.Generator:
    """The generator that plate `index` of a cache is drawn with."""
    return np.random.default_rng([seed, 1, index])


def scene_rng(seed: int, index: int) -> np.random.Generator:
    """The generator that scene `index` of a cache is composed with."""
    return np.random.default_rng([seed, 2, index])


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
    images = np.lib.format.open_memmap(
        path, "r+" if done else "w+", None if done else np.uint8, shape if not done else None
    )
    if images.shape != shape:
        raise SystemExit(
            f"{path}: holds {images.shape[0]} plates, asked for {count}. Fix: give another --out"
        )
    with labels.open("a") as out:
        for index in tqdm(
            range(done, count), desc="plates", initial=done, total=count, mininterval=5
        ):
            plate = renderer.render(plate_rng(seed, index))
            images[index] = cv2.resize(plate.image, PLATE_WH, interpolation=cv2.INTER_AREA)
            out.write(
                json.dumps(
                    {
                        "text": plate.text,
                        "region": plate.region,
                        "style": plate.style,
                        "upper": plate.upper,
                    }
                )
                + "\n"
            )
            if index % 500 == 499:
                images.flush()
                out.flush()
    images.flush()
    ready.touch()


def write_scenes(folder: Path, composer: SceneComposer, count: int, seed: int) -> None:
    """Fill a folder with composed scenes."""
    folder.mkdir(parents=True, exist_ok=True)
    ready, labels = folder / "READY", folder / "labels.jsonl"
    if ready.exists():
        return
    done = _lines(labels)
    with labels.open("a", buffering=1) as out:
        for index in tqdm(
            range(done, count), desc="scenes", initial=done, total=count, mininterval=5
        ):
            scene = composer.compose(scene_rng(seed, index), SCENE_WH)
            name = f"{index:06d}.jpg"
            cv2.imwrite(str(folder / name), scene.image, [cv2.IMWRITE_JPEG_QUALITY, 90])
            out.write(json.dumps(scene_row(name, scene)) + "\n")
    ready.touch()


def scene_row(name: str, scene: Scene) -> dict[str, object]:
    """A scene's line in `labels.jsonl`."""
    height, width = scene.image.shape[:2]
    plates = [
        {"corners": p.corners.round(2).tolist(), "text": p.text, "region": p.region}
        for p in scene.plates
    ]
    ignore = [[round(v, 1) for v in box] for box in scene.ignore]
    return {
        "image": name,
        "width": width,
        "height": height,
        "mode": scene.mode,
        "plates": plates,
        "ignore": ignore,
    }


def main() -> None:
    """Read the arguments and write what they ask for."""
    parser = argparse.ArgumentParser(description="Write rendered plates and scenes for training.")
    parser.add_argument("--data", type=Path, required=True, help="folder of the picture sets")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--plates", type=int, default=30_000)
    parser.add_argument("--scenes", type=int, default=6_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--favour",
        action="append",
        default=[],
        metavar="STYLE=TIMES",
        help="draw styles that begin so more often, as in eu:square=4; may be repeated",
    )
    args = parser.parse_args()
    cv2.setNumThreads(1)
    favour = {style: float(times) for style, times in (f.split("=") for f in args.favour)}
    renderer = PlateRenderer(args.data, favour)
    write_plates(args.out / "plates", renderer, args.plates, args.seed)
    write_scenes(args.out / "scenes", SceneComposer(args.data, renderer), args.scenes, args.seed)


if __name__ == "__main__":
    main()
