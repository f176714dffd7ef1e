"""Drive-by clips in numbers, for measuring a tracker: speeds, light and things in the way."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from models.training import optics, street
from models.training.footage import MPH, Clip, make_mover
from models.training.street import Camera, Place

SPEEDS_MPH = (5, 15, 25, 35, 45, 55, 65, 75, 85, 100)
MODES = ("day", "dusk", "infrared")
FAR_M = 34.0


def drive_by(
    seed: int,
    *,
    mode: str = "day",
    speed_mph: float = 35.0,
    occluded: bool = False,
    fps: float = 30.0,
    size_wh: tuple[int, int] = (1280, 720),
) -> Clip:
    """One or two vehicles past a pole, as long as it takes; with `occluded`, behind a lamp post.

    The shutter is what such a camera needs to freeze a plate: 1/(18 x mph) s, 1/250 s at most.
    """
    rng = np.random.default_rng([seed, 4])
    camera = Camera(
        size_wh=size_wh,
        focal_px=size_wh[0] / 1280 * rng.uniform(2400, 3300),
        height_m=rng.uniform(3, 5),
        tilt=np.radians(rng.uniform(14, 19)),
    )
    road = street.paint_road(camera, rng)
    if mode == "infrared":
        road = optics.tone(optics.grey(road), gamma=1.3, gain=0.35)
    elif mode == "dusk":
        road = optics.tone(road, gamma=1.2, gain=0.7)
    elif mode != "day":
        raise ValueError(f"unknown mode {mode!r}; known: {', '.join(MODES)}")
    movers, last = [], 0.0
    for rank in range(1 + int(rng.random() < 0.4)):
        lane = -1 if rng.random() < 0.5 else 1
        speed = speed_mph * rng.uniform(0.92, 1.0) * MPH
        approaching = lane < 0
        start = FAR_M if approaching else 3.0
        from_s = rank * rng.uniform(0.4, 1.2) * max(1.0, 14 / speed)
        until_s = from_s + (FAR_M - 3) / speed
        last = max(last, until_s)
        style = (
            None
            if rng.random() < 0.5
            else ("us-ca:passenger", "us-ca:passenger-2026", "us-ny")[int(rng.integers(3))]
        )
        movers.append(
            make_mover(
                rng,
                "approaching" if approaching else "receding",
                Place(lane * 1.75 + rng.normal(0, 0.15), start, float(rng.normal(0, 0.05))),
                (0.0, -speed if approaching else speed),
                from_s,
                until_s,
                mode,
                style,
            )
        )
    return Clip(
        camera=camera,
        road=road,
        movers=tuple(movers),
        seed=seed,
        fps=fps,
        count=int(np.ceil(last * fps)) + 1,
        mode=mode,
        exposure_s=min(1 / 250, 1 / (18 * speed_mph)),
        noise=2.5 if mode == "day" else 6.0,
        light=(1.0, 1.0) if mode != "dusk" else (0.75, 0.75),
        pole_x_m=float(rng.choice((-0.75, 0.75))) if occluded else None,
    )


def drive_by_set(seed: int, count: int) -> Iterator[Clip]:
    """`count` clips that go round all speeds and modes; every fourth has a post in the way.

    Not the fastest: above 65 mph a plate is seen whole in five or six frames, a post leaves none.
    """
    for index in range(count):
        speed = SPEEDS_MPH[(index // len(MODES)) % len(SPEEDS_MPH)]
        yield drive_by(
            seed * 100_003 + index,
            mode=MODES[index % len(MODES)],
            speed_mph=speed,
            occluded=index % 4 == 3 and speed <= 65,
        )
