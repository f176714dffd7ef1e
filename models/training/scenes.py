"""Scenes as a fixed camera sees them: vehicles with plates at exactly known corners.

With a data folder the vehicles are real pictures whose plates are covered by others, rendered or
pictured; without one they are drawn (`street`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise, product
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from models.training import backdrops, optics, signs, street
from models.training.backdrops import Backdrop
from models.training.lighting import (
    Box,
    Image,
    box_of,
    darkened,
    erase,
    lit,
    paper_shade,
    scene_optics,
)
from models.training.plates import PlateRenderer, aspect_of
from models.training.pose import fitted, lay, posed_quad
from models.training.vehicle import make_vehicle

WIDTH_PX = (30.0, 72.0, 330.0)
"""Smallest, middle and largest width that is aimed at in a frame 1280 px wide. Other plates in the
same picture are mostly larger, so that the median over all comes out near 86."""
SMALLEST_PX = 10.0
"""Old plates below this, at the scene's scale, are left as they are and ignored."""
MODES = ("day", "dusk", "night", "infrared")
_GRIDS = ((1, 1), (1, 1), (1, 1), (2, 1), (2, 1), (2, 2), (3, 2))


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenePlate:
    """A plate in a scene."""

    corners: NDArray[Any]
    """(4, 2) pixels, top left, top right, bottom right, bottom left of its outer edge."""
    text: str | None = field(repr=False)
    region: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A picture with all its plates."""

    image: Image = field(repr=False)
    plates: tuple[ScenePlate, ...]
    ignore: tuple[Box, ...]
    """Boxes with plates that are cut off, or too small to be taught either way."""
    mode: str
    """'day', 'dusk', 'night' or 'infrared'."""


@dataclass(slots=True)
class _Draft:
    """A scene under construction."""

    image: Image
    mode: str
    plates: list[ScenePlate] = field(default_factory=list)
    ignore: list[Box] = field(default_factory=list)


class SceneComposer:
    """Composes scenes, each from its own generator and nothing else."""

    def __init__(self, data: Path | None, renderer: PlateRenderer, real_share: float = 0.5) -> None:
        self.renderer = renderer
        self.vehicles: list[Backdrop] = backdrops.load_vehicles(data) if data else []
        self.empty: list[Backdrop] = backdrops.load_empty(data) if data else []
        self.flat = backdrops.load_flat(data) if data else []
        self.real_share = real_share if self.flat else 0.0
        # One row a box: picture, box, its width as a share of the picture's and in its own pixels.
        self._boxes = np.array(
            [
                (i, j, box[2] / v.size_wh[0], box[2])
                for i, v in enumerate(self.vehicles)
                for j, box in enumerate(v.boxes)
                if box[2] >= 16
            ]
        )

    def compose(self, rng: np.random.Generator, size_wh: tuple[int, int] = (1280, 720)) -> Scene:
        """One scene; corners lie inside the picture."""
        width, height = size_wh
        mode = MODES[int(np.searchsorted((0.66, 0.8, 0.89), rng.random()))]
        draft = _Draft(np.zeros((height, width, 3), np.uint8), mode)
        if not self.vehicles:
            self._street(draft, rng)
        else:
            columns, rows = _GRIDS[int(rng.integers(len(_GRIDS)))]
            xs = [width * i // columns for i in range(columns + 1)]
            ys = [height * i // rows for i in range(rows + 1)]
            for (y0, y1), (x0, x1) in product(pairwise(ys), pairwise(xs)):
                self._cell(draft, rng, (x0, y0, x1, y1))
        for _ in range(int(rng.integers(1, 4)) if rng.random() < 0.25 else 0):
            self._sign(draft, rng)
        image = scene_optics(draft.image, mode, rng)
        return Scene(image=image, plates=tuple(draft.plates), ignore=tuple(draft.ignore), mode=mode)

    def _street(self, draft: _Draft, rng: np.random.Generator) -> None:
        """Fill the frame with a drawn street and up to four vehicles, far ones first."""
        height, width = draft.image.shape[:2]
        camera = street.make_camera(rng, (width, height))
        road = street.paint_road(camera, rng)
        draft.image = darkened(road, draft.mode, rng)
        dim = float(np.clip(draft.image[::8, ::8].mean() / road[::8, ::8].mean(), 0.08, 1))
        middle = camera.height_m / np.tan(camera.tilt)
        spots = [
            (lane * 1.75, z)
            for lane in (-1, 1)
            for z in (middle * 0.8, middle * 0.8 + rng.uniform(6.5, 9))
        ]
        for x, z in sorted((s for s in spots if rng.random() < 0.55), key=lambda s: -s[1]):
            plate = self.renderer.render(rng)
            aspect = plate.image.shape[1] / plate.image.shape[0]
            vehicle = make_vehicle(rng, aspect, lamps_lit=draft.mode in ("dusk", "night"))
            place = street.Place(
                x + rng.normal(0, 0.3),
                z + rng.normal(0, 1.2),
                float(np.clip(rng.normal(0, 0.2), -0.6, 0.6)),
            )
            shape = street.outline(camera, vehicle, place)
            for covered in [p for p in draft.plates if street.hidden(p.corners, shape)]:
                draft.plates.remove(covered)
                draft.ignore.append(box_of(covered.corners))
            image = lit(plate.image, draft.mode, rng, dim, None)
            corners = street.draw_vehicle(
                draft.image, camera, vehicle, place, image, dim, rng.uniform(0.2, 0.7)
            )
            if street.inside(corners, (width, height)):
                draft.plates.append(
                    ScenePlate(corners=corners, text=plate.text, region=plate.region)
                )
            elif (corners.max(0) > 0).all() and (corners.min(0) < (width, height)).all():
                draft.ignore.append(box_of(corners))

    def _cell(
        self, draft: _Draft, rng: np.random.Generator, cell: tuple[int, int, int, int]
    ) -> None:
        """Fill a cell of the frame with a vehicle picture, one plate of it near a drawn width."""
        x0, y0, x1, y1 = cell
        cell_wh = (x1 - x0, y1 - y0)
        unit = draft.image.shape[1] / 1280
        if self.empty and rng.random() < 0.05:
            backdrop, aim, wanted = self.empty[int(rng.integers(len(self.empty)))], None, 0.0
        else:
            low, median, high = WIDTH_PX
            wanted = unit * float(
                np.clip(
                    median * np.exp(rng.normal(0, 0.5)), low, min(high, 0.55 * cell_wh[0] / unit)
                )
            )
            least = self._boxes[:, 2] * cell_wh[0]
            fits = np.flatnonzero((least < wanted * 1.1) & (wanted < self._boxes[:, 3] * 2.2))
            if fits.size == 0:
                fits = np.array([int(np.argmin(least))])
            index, spot = self._boxes[fits[int(rng.integers(fits.size))], :2].astype(int)
            backdrop = self.vehicles[index]
            aim = backdrop.boxes[spot]
        scale = max(
            cell_wh[0] / backdrop.size_wh[0],
            cell_wh[1] / backdrop.size_wh[1],
            wanted / aim[2] if aim else 0,
        )
        image, came = backdrop.read(scale)
        view = (cell_wh[0] / scale, cell_wh[1] / scale)
        left, top = (self._window(rng, view[k], backdrop.size_wh[k], aim, k) for k in (0, 1))
        matrix = np.array([[scale / came, 0, -left * scale], [0, scale / came, -top * scale]])
        matrix[:, 2] += 0.5 * (scale / came) - 0.5
        piece = cv2.warpAffine(
            image, matrix, cell_wh, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT
        )
        boxes = [
            ((b[0] - left) * scale, (b[1] - top) * scale, b[2] * scale, b[3] * scale)
            for b in backdrop.boxes
        ]
        shades = [paper_shade(piece, box) for box in boxes]
        for box in boxes:
            if box[2] >= SMALLEST_PX:
                erase(piece, box)
        before = float(piece[::8, ::8].mean())
        draft.image[y0:y1, x0:x1] = darkened(np.asarray(piece, np.uint8), draft.mode, rng)
        dim = float(draft.image[y0:y1:8, x0:x1:8].mean()) / max(before, 1)
        for box, shade in zip(boxes, shades, strict=True):
            whole = (box[0] + x0, box[1] + y0, box[2], box[3])
            if (
                box[0] + box[2] > 0
                and box[1] + box[3] > 0
                and box[0] < cell_wh[0]
                and box[1] < cell_wh[1]
            ):
                self._put(draft, rng, whole, cell, scale, dim, shade)

    @staticmethod
    def _window(
        rng: np.random.Generator, view: float, whole: float, aim: Box | None, axis: int
    ) -> float:
        """Where the crop begins along an axis, so that the aimed plate lies well inside."""
        room = max(0.0, whole - view)
        if aim is None:
            return float(rng.uniform(0, room))
        start, size = aim[axis], aim[axis + 2]
        low = max(0.0, min(room, start + size * 1.3 - view))
        high = min(room, max(0.0, start - size * 0.3))
        return float(rng.uniform(min(low, high), max(low, high)))

    def _put(
        self,
        draft: _Draft,
        rng: np.random.Generator,
        box: Box,
        cell: tuple[int, int, int, int],
        scale: float,
        dim: float,
        shade: float | None = None,
    ) -> None:
        """Lay a new plate over an old one's box."""
        if box[2] < SMALLEST_PX:
            draft.ignore.append(box)
            return
        middle = np.array([box[0] + box[2] / 2, box[1] + box[3] / 2])
        if any(
            (np.abs(p.corners.mean(0) - middle) < np.ptp(p.corners, axis=0) / 2 + box[2] / 2).all()
            for p in draft.plates
        ):
            return  # boxes of the same plate, given twice
        image, text, region = self._plate(rng, box[2] / max(box[3], 1))
        yaw = float(np.clip(rng.normal(0, 0.3), -0.785, 0.785))
        pitch = float(np.radians(rng.uniform(10, 30)))
        roll = float(np.radians(np.clip(rng.normal(0, 3), -10, 10)))
        aspect = image.shape[1] / image.shape[0]
        quad = fitted(posed_quad(aspect, yaw, pitch, roll, rng.uniform(4, 12)), box)
        if (quad < cell[:2]).any() or (quad > cell[2:]).any():
            draft.ignore.append(box)
            return
        image = lit(image, draft.mode, rng, dim, shade)
        # A picture that was enlarged is soft, and a plate on it must be as soft.
        soft = 0.42 * max(scale, 0.5) * rng.uniform(0.5, 1.3) if scale else rng.uniform(0.2, 0.7)
        if rng.random() < 0.35:
            holder = np.full((8, 16, 3), rng.uniform(5, 60), np.uint8)
            lay(draft.image, holder, fitted(quad - quad.mean(0), box_of(quad), 2.0), soft_px=soft)
        shadow, radius = rng.uniform(0, 0.6), rng.uniform(0.0, 0.09)
        lay(draft.image, image, quad, soft_px=soft, shadow=shadow, radius=radius)
        draft.plates.append(ScenePlate(corners=quad, text=text, region=region))

    def _sign(self, draft: _Draft, rng: np.random.Generator) -> None:
        """Lay a sign where no plate is, so that lettering alone does not make a plate."""
        image = signs.sign(rng)
        height, width = draft.image.shape[:2]
        wide = width * float(np.exp(rng.uniform(np.log(0.025), np.log(0.2))))
        aspect = image.shape[1] / image.shape[0]
        centre = rng.random(2) * (width, height)
        yaw, pitch, roll = rng.normal(0, 0.3), rng.uniform(-0.2, 0.3), rng.normal(0, 0.05)
        quad = posed_quad(aspect, yaw, pitch, roll) * wide + centre
        low, high = quad.min(0) - 4, quad.max(0) + 4
        taken = [(p.corners.min(0), p.corners.max(0)) for p in draft.plates]
        taken += [(np.array(b[:2]), np.array(b[:2]) + b[2:]) for b in draft.ignore]
        if any((low < b).all() and (high > a).all() for a, b in taken):
            return
        dim = float(draft.image[::16, ::16].mean()) / 120
        image = optics.tone(image, gain=float(np.clip(dim, 0.2, 1)))
        lay(draft.image, image, quad, soft_px=rng.uniform(0.2, 0.8), radius=0.06)

    def _plate(self, rng: np.random.Generator, old_aspect: float) -> tuple[Image, str | None, str]:
        """A plate whose shape is near the old one's, rendered or pictured."""
        if old_aspect < 3.2 and rng.random() < self.real_share * 1.3:
            flat = self.flat[int(rng.integers(len(self.flat)))]
            return flat.read(), flat.text, flat.region
        style = self.renderer.draw_style(rng)
        for _ in range(5):
            if 0.62 < aspect_of(style) / old_aspect < 1.6:
                break
            style = self.renderer.draw_style(rng)
        plate = self.renderer.render(rng, style)
        return plate.image, plate.text, plate.region
