"""Vehicles on their way, frame by frame, and what a perfect reader would know of each.

Every frame can be drawn by itself, from the clip's seed alone; nothing from outside is needed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from models.training import optics, street
from models.training.lighting import lit
from models.training.plates import render_plate
from models.training.street import Camera, Place
from models.training.vehicle import Vehicle, make_vehicle

Image = NDArray[Any]
"""uint8 (H, W, 3), BGR."""
MPH = 0.44704
LEAST_WIDTH_PX = 30.0
"""A narrower plate is not counted as visible."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mover:
    """A vehicle on its way. `start` is where its near face is at `from_s`."""

    kind: str
    """'approaching', 'receding', 'crossing' or 'parked'."""
    vehicle: Vehicle
    plate: Image = field(repr=False)
    text: str = field(repr=False)
    region: str
    start: Place
    velocity_mps: tuple[float, float]
    """Along x and z."""
    from_s: float
    until_s: float

    def place(self, time_s: float) -> Place:
        """Where it is."""
        run = time_s - self.from_s
        vx, vz = self.velocity_mps
        return Place(self.start.x_m + vx * run, self.start.z_m + vz * run, self.start.yaw)

    @property
    def speed_mph(self) -> float:
        """Speed over ground."""
        return float(np.hypot(*self.velocity_mps) / MPH)


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """What a perfect reader would know of one vehicle."""

    kind: str
    text: str = field(repr=False)
    region: str
    speed_mph: float
    corners: dict[int, NDArray[Any]] = field(repr=False)
    """By frame number, for each frame that shows the whole plate: (4, 2) pixels."""

    @property
    def first_frame(self) -> int:
        """The first frame that shows the whole plate."""
        return min(self.corners)

    @property
    def last_frame(self) -> int:
        """The last frame that shows the whole plate."""
        return max(self.corners)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """A scene over time."""

    camera: Camera
    road: Image = field(repr=False)
    movers: tuple[Mover, ...]
    seed: int
    fps: float
    count: int
    """How many frames."""
    mode: str
    """'day', 'dusk' or 'infrared'."""
    exposure_s: float
    noise: float
    light: tuple[float, float] = (1.0, 1.0)
    """At the beginning and at the end."""
    pole_x_m: float | None = None
    """A lamp post near the camera that hides what passes behind it."""

    def frames(self) -> Iterator[tuple[Image, float]]:
        """All frames with their times in seconds from the first."""
        for index in range(self.count):
            yield self.frame(index), index / self.fps

    def _present(self, time_s: float) -> list[tuple[Mover, Place]]:
        """Who is there, far ones first."""
        there = [(m, m.place(time_s)) for m in self.movers if m.from_s <= time_s < m.until_s]
        return sorted(((m, p) for m, p in there if p.z_m > 2.5), key=lambda pair: -pair[1].z_m)

    def frame(self, index: int) -> Image:
        """Frame `index`, uint8 (H, W, 3), BGR."""
        time_s = index / self.fps
        start, end = self.light
        light = start + (end - start) * index / max(1, self.count - 1)
        image = cv2.convertScaleAbs(self.road, alpha=light) if light < 0.995 else self.road.copy()
        body = light * (0.3 if self.mode == "infrared" else 1.0)
        for mover, place in self._present(time_s):
            glossy = self.mode == "infrared" or light > 0.995
            plate = mover.plate if glossy else optics.tone(mover.plate, gain=max(light, 0.6))
            corners = street.draw_vehicle(
                image, self.camera, mover.vehicle, place, plate, body, 0.35
            )
            self._smear(image, mover, place, time_s, corners)
            if mover.vehicle.lamps_lit and not mover.vehicle.rear and place.z_m < 40:
                _shine(image, self.camera, mover.vehicle, place)
        if self.pole_x_m is not None:
            cv2.fillPoly(
                image, [np.round(self._pole()).astype(np.int32)], (38, 40, 40), cv2.LINE_AA
            )
        if self.mode == "infrared":
            image = optics.grey(image)
        rng = np.random.default_rng([self.seed, 9, index])
        return optics.grain(image, rng, self.noise, mono=True)

    def _pole(self) -> NDArray[Any]:
        assert self.pole_x_m is not None
        x = self.pole_x_m
        foot = np.array(
            [(x - 0.05, 0, 6.0), (x + 0.05, 0, 6.0), (x + 0.05, 5.0, 6.0), (x - 0.05, 5.0, 6.0)]
        )
        return self.camera.project(foot).astype(np.float32)

    def _smear(
        self, image: Image, mover: Mover, place: Place, time_s: float, corners: NDArray[Any]
    ) -> None:
        """Blur a vehicle along its way in the picture during the exposure."""
        later = mover.place(time_s + self.exposure_s)
        ahead = self.camera.project(later.world(mover.vehicle.plate_corners()))
        dx, dy = ahead.mean(0) - corners.mean(0)
        length = float(np.hypot(dx, dy))
        if length < 0.8:
            return
        shape = street.outline(self.camera, mover.vehicle, place)
        x0, y0 = np.maximum(shape.min(0).astype(int), 0)
        x1, y1 = np.minimum(shape.max(0).astype(int) + 1, self.camera.size_wh)
        if x1 - x0 > 4 and y1 - y0 > 4:
            image[y0:y1, x0:x1] = optics.motion_blur(
                image[y0:y1, x0:x1], length, float(np.arctan2(dy, dx))
            )

    def truth(self) -> list[Passage]:
        """Every passage, in the order in which the plates come into view."""
        seen: dict[int, dict[int, NDArray[Any]]] = {}
        for index in range(self.count):
            there = self._present(index / self.fps)
            shapes = [street.outline(self.camera, m.vehicle, p) for m, p in there]
            for rank, (mover, place) in enumerate(there):
                corners = self.camera.project(place.world(mover.vehicle.plate_corners()))
                wide = float(np.linalg.norm(corners[1] - corners[0]))
                if wide < LEAST_WIDTH_PX or not street.inside(corners, self.camera.size_wh, 1.0):
                    continue
                nearer = shapes[rank + 1 :] + ([self._pole()] if self.pole_x_m is not None else [])
                if not any(street.hidden(corners, shape) for shape in nearer):
                    seen.setdefault(self.movers.index(mover), {})[index] = corners
        passages = [
            Passage(
                kind=m.kind, text=m.text, region=m.region, speed_mph=m.speed_mph, corners=seen[i]
            )
            for i, m in enumerate(self.movers)
            if i in seen
        ]
        return sorted(passages, key=lambda p: p.first_frame)


def _shine(image: Image, camera: Camera, vehicle: Vehicle, place: Place) -> None:
    """The two headlamps' glow."""
    half = vehicle.width_m / 2 - 0.2
    lamps = camera.project(place.world(np.array([(-half, 0.68, 0), (half, 0.68, 0)])))
    reach = max(8, int(camera.focal_px * 0.32 / max(place.z_m, 3)))
    ys, xs = np.mgrid[-1 : 1 : complex(0, 2 * reach), -1 : 1 : complex(0, 2 * reach)].astype(
        np.float32
    )
    spot = np.clip(1 - np.hypot(xs, ys), 0, 1) ** 2.5 * 235
    glow = cv2.merge((spot * 0.9, spot, spot)).astype(np.uint8)
    for x, y in lamps.astype(int):
        x0, y0, x1, y1 = (
            max(0, x - reach),
            max(0, y - reach),
            min(image.shape[1], x + reach),
            min(image.shape[0], y + reach),
        )
        if x1 > x0 and y1 > y0:
            part = image[y0:y1, x0:x1]
            part[:] = cv2.add(
                part, glow[y0 - y + reach : y1 - y + reach, x0 - x + reach : x1 - x + reach]
            )


def make_mover(
    rng: np.random.Generator,
    kind: str,
    start: Place,
    velocity_mps: tuple[float, float],
    from_s: float,
    until_s: float,
    mode: str,
    style: str | None = None,
) -> Mover:
    """A vehicle with a fresh plate, showing its front when it approaches and else its back."""
    plate = render_plate(rng, style)
    # A tracker is measured, not the guess between O and 0 on a die that has one shape for both.
    while len(plate.text) < 5 or set(plate.text) & set("IOQ"):
        plate = render_plate(rng, style)
    vehicle = make_vehicle(
        rng,
        plate.image.shape[1] / plate.image.shape[0],
        rear=kind != "approaching",
        lamps_lit=mode == "dusk" and kind != "parked",
    )
    image = lit(plate.image, mode, rng, 1.0, None)
    return Mover(
        kind=kind,
        vehicle=vehicle,
        plate=image,
        text=plate.text,
        region=plate.region,
        start=start,
        velocity_mps=velocity_mps,
        from_s=from_s,
        until_s=until_s,
    )
