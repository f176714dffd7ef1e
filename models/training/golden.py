"""The pictures in `tests/pictures` and their truth: `python -m models.training.golden --out DIR`.

Twelve drawn streets with rendered plates, no real material, the same bytes on every run.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from models.training import optics, street
from models.training.lighting import darkened, lit
from models.training.plate_record import RenderedPlate
from models.training.plates import render_plate
from models.training.street import Camera, Place
from models.training.vehicle import Vehicle, make_vehicle

SIZE_WH = (1280, 720)
QUALITY = 84


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture: its light, and for each vehicle (style, x in metres, turn in radians)."""

    name: str
    seed: int
    width_px: float
    """Width of the first plate."""
    vehicles: tuple[tuple[str, float, float], ...]
    mode: str = "day"
    noise: float = 1.0
    blur_px: float = 0.4


SHOTS = (
    Shot("california", 21, 118, (("us-ca:passenger", 0.3, 0.1),)),
    Shot("california-2026", 2, 96, (("us-ca:passenger-2026", -0.8, -0.2),)),
    Shot("california-commercial-dusk", 3, 104, (("us-ca:commercial", 0.6, 0.05),), "dusk", 2.0),
    Shot("california-black", 4, 110, (("us-ca:black", -0.4, 0.25),)),
    Shot("california-personal", 5, 138, (("us-ca:personal", 0.2, -0.1),)),
    Shot("two-vehicles", 7, 82, (("us-ca:passenger", -1.7, 0.05), ("us-ny", 1.6, -0.05))),
    Shot("new-york", 28, 198, (("us-ny", 0.0, 0.0),)),
    Shot("new-jersey-infrared", 9, 100, (("us-nj", -0.5, 0.15),), "infrared", 2.0),
    Shot("texas-small", 10, 66, (("us-tx", 1.3, -0.1),), blur_px=0.3),
    Shot("europe", 24, 150, (("eu:line", -0.2, 0.1),)),
    Shot("brazil", 12, 120, (("br:mercosur", 0.4, -0.15),)),
    Shot("sign-without-plate", 13, 100, ()),
)


FAR_M, POLE_M = 12.2, 3.6


def _rolling(shot: Shot, rng: np.random.Generator) -> list[tuple[RenderedPlate, Vehicle, Place]]:
    """The vehicles of a shot with their plates."""
    there = []
    for style, x_m, yaw in shot.vehicles:
        plate = render_plate(rng, style)
        # No letter that another die makes a digit: what is tested is reading, not the syntax.
        while len(plate.text) < 6 or set(plate.text) & set("IOQ"):
            plate = render_plate(rng, style)
        vehicle = make_vehicle(
            rng,
            plate.image.shape[1] / plate.image.shape[0],
            rear=rng.random() < 0.7,
            lamps_lit=shot.mode == "dusk",
        )
        there.append((plate, vehicle, Place(x_m, FAR_M + rng.normal(0, 0.3), yaw)))
    return there


def shoot(shot: Shot) -> tuple[NDArray[Any], list[dict[str, object]]]:
    """Draw a picture; gives it with its plates as the truth file holds them."""
    rng = np.random.default_rng([shot.seed, 5])
    there = _rolling(shot, rng)
    plate_m, high_m = (there[0][1].plate_wh_m[0], there[0][1].plate_v_m) if there else (0.305, 0.8)
    depth = float(np.hypot(FAR_M, POLE_M - high_m))
    camera = Camera(
        size_wh=SIZE_WH,
        focal_px=shot.width_px * depth / plate_m,
        height_m=POLE_M,
        tilt=float(np.arctan2(POLE_M - high_m, FAR_M)),
    )
    road = street.paint_road(camera, rng)
    image = darkened(road, shot.mode, rng)
    dim = float(image.mean() / road.mean())
    rows: list[dict[str, object]] = []
    for plate, vehicle, place in there:
        lit_plate = lit(plate.image, shot.mode, rng, max(dim, 0.6), None)
        corners = street.draw_vehicle(image, camera, vehicle, place, lit_plate, dim, shot.blur_px)
        rows.append(
            {"corners": corners.round(2).tolist(), "text": plate.text, "region": plate.region}
        )
    if not there:
        street.post_sign(image, camera, rng, -1.0, FAR_M, 0.5)
        street.post_sign(image, camera, rng, 1.1, FAR_M - 1, 0.3)
    if shot.mode == "infrared":
        image = optics.grey(image)
    return optics.grain(image, rng, shot.noise, mono=True), rows


def main() -> None:
    """Write all pictures and `truth.jsonl`."""
    parser = argparse.ArgumentParser(description="Write the golden pictures of the tests.")
    parser.add_argument("--out", type=Path, default=Path("tests/pictures"))
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    with (args.out / "truth.jsonl").open("w") as truth:
        for shot in SHOTS:
            image, plates = shoot(shot)
            name = f"{shot.name}.jpg"
            cv2.imwrite(str(args.out / name), image, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
            truth.write(json.dumps({"image": name, "plates": plates}) + "\n")


if __name__ == "__main__":
    main()
