"""The demo clip: `frames(seed)` draws it, `python -m models.training.clip --out FILE` writes it.

24 seconds as dusk falls, with known truth, drawn from a seed alone. A file ending in .mp4 or .avi
becomes a video, anything else a folder of pictures; the truth stands beside it in `.truth.jsonl`.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from models.training import street
from models.training.footage import MPH, Clip, make_mover
from models.training.street import Camera, Place

Image = NDArray[Any]
"""uint8 (H, W, 3), BGR."""


def demo_clip(seed: int = 1, size_wh: tuple[int, int] = (1280, 720), fps: float = 15.0) -> Clip:
    """24 seconds as dusk falls: nine vehicles, two meetings, one that turns across, one parked."""
    rng = np.random.default_rng([seed, 3])
    camera = Camera(
        size_wh=size_wh, focal_px=size_wh[0] / 1280 * 2600, height_m=4.2, tilt=np.radians(20)
    )
    road = street.paint_road(camera, rng)
    ca, ny = "us-ca:passenger", "us-ny"
    plan = (
        # kind, x, z at the start, yaw, mph along x and z, from, style
        ("parked", 2.9, 12.3, -0.06, 0.0, 0.0, 0.0, "us-ca:passenger-2026"),
        ("approaching", -1.8, 45.0, 0.0, 0.0, -28.0, 0.5, ca),
        ("receding", 0.8, 3.0, 0.0, 0.0, 22.0, 3.0, "us-ca:commercial"),
        ("approaching", -1.7, 45.0, 0.03, 0.0, -25.0, 5.5, ca),
        ("receding", 0.85, 3.0, 0.0, 0.0, 26.0, 7.0, ny),
        ("approaching", -1.9, 60.0, 0.0, 0.0, -52.0, 11.0, "us-ca:black"),
        ("crossing", -5.0, 8.2, 0.5, 8.0, 3.2, 13.5, ca),
        ("receding", 0.75, 3.0, 0.0, 0.0, 18.0, 17.0, "eu:line"),
        ("approaching", -1.6, 45.0, 0.0, 0.0, -30.0, 18.5, "us-ca:personal"),
    )
    movers = tuple(
        make_mover(rng, kind, Place(x, z, yaw), (vx * MPH, vz * MPH), at, 24.0, "dusk", style)
        for kind, x, z, yaw, vx, vz, at, style in plan
    )
    return Clip(
        camera=camera,
        road=road,
        movers=movers,
        seed=seed,
        fps=fps,
        count=round(24 * fps),
        mode="dusk",
        exposure_s=1 / 900,
        noise=3.0,
        light=(1.0, 0.45),
    )


def frames(seed: int = 1) -> Iterator[tuple[Image, float]]:
    """The demo clip's frames with their times in seconds."""
    return demo_clip(seed).frames()


def truth_rows(clip: Clip) -> list[dict[str, object]]:
    """The truth as it is written beside a clip, one passage a line."""
    return [
        {
            "kind": p.kind,
            "text": p.text,
            "region": p.region,
            "speed_mph": round(p.speed_mph, 1),
            "first_frame": p.first_frame,
            "last_frame": p.last_frame,
            "corners": {str(i): c.round(2).tolist() for i, c in p.corners.items()},
        }
        for p in clip.truth()
    ]


def write_clip(clip: Clip, out: Path) -> None:
    """Write a video (by its suffix) or a folder of JPEG pictures, and the truth beside it."""
    rows = "".join(json.dumps(row) + "\n" for row in truth_rows(clip))
    out.with_suffix(".truth.jsonl").write_text(rows)
    if out.suffix:
        kind = cv2.VideoWriter.fourcc(*("mp4v" if out.suffix == ".mp4" else "MJPG"))
        writer = cv2.VideoWriter(str(out), kind, clip.fps, clip.camera.size_wh)
        if not writer.isOpened():
            raise SystemExit(f"{out}: cannot write this kind of video. Fix: name it .mp4 or .avi")
        for image, _ in clip.frames():
            writer.write(image)
        writer.release()
        return
    out.mkdir(parents=True, exist_ok=True)
    for index, (image, _) in enumerate(clip.frames()):
        cv2.imwrite(str(out / f"{index:05d}.jpg"), image, [cv2.IMWRITE_JPEG_QUALITY, 88])


def main() -> None:
    """Read the arguments and write the demo clip."""
    parser = argparse.ArgumentParser(description="Write the demo clip and its truth.")
    parser.add_argument(
        "--out", type=Path, required=True, help="a video file, or a folder for pictures"
    )
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    write_clip(demo_clip(args.seed), args.out)


if __name__ == "__main__":
    main()
