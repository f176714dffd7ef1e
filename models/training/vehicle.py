"""Simple vehicles for drawn streets: boxes with a painted face, seen from the front or the back.

Metres in the vehicle's own space: u to the right of its near face, v up from the ground, w away
from that face along the vehicle.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.training.faces import paint_face

Image = NDArray[Any]
"""uint8 (H, W, 3), BGR."""
Colour = tuple[float, float, float]
_PAINTS: tuple[Colour, ...] = (
    (58, 56, 54),
    (200, 200, 198),
    (150, 150, 152),
    (32, 30, 30),
    (110, 60, 34),
    (40, 34, 140),
    (60, 74, 66),
    (120, 124, 128),
    (70, 96, 130),
    (176, 170, 160),
    (230, 230, 230),
    (96, 52, 46),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Vehicle:
    """A body, its paint and where its plate hangs."""

    rear: bool
    tall: bool
    """A van or a sport utility: its face is as high as its roof."""
    paint: Colour
    width_m: float
    height_m: float
    length_m: float
    plate_wh_m: tuple[float, float]
    plate_v_m: float
    """Height of the plate's middle above the road."""
    lamps_lit: bool
    face: Image = field(repr=False)
    """The painted near face, uint8 (H, W, 3)."""
    face_height_m: float

    def plate_corners(self) -> NDArray[Any]:
        """The plate's outer edge in the vehicle's space, (4, 3), top left first, clockwise."""
        half_w, half_h = self.plate_wh_m[0] / 2, self.plate_wh_m[1] / 2
        v = self.plate_v_m
        return np.array(
            [
                (-half_w, v + half_h, 0),
                (half_w, v + half_h, 0),
                (half_w, v - half_h, 0),
                (-half_w, v - half_h, 0),
            ]
        )

    def panels(self) -> list[tuple[NDArray[Any], Colour]]:
        """The flat parts behind the face, far ones first: (corners (n, 3), colour)."""
        w, h, waist = self.width_m / 2, self.height_m, self.face_height_m
        paint = np.array(self.paint)
        roof, glass, sheet = (
            tuple(np.minimum(paint * 1.12 + 12, 250)),
            (52.0, 46.0, 40.0),
            tuple(np.minimum(paint * 1.05 + 6, 250)),
        )
        slim = w * 0.78
        if self.tall:
            slim = w
            return [
                (
                    np.array(
                        [
                            (-slim, h, 0.1),
                            (slim, h, 0.1),
                            (slim, h, self.length_m),
                            (-slim, h, self.length_m),
                        ]
                    ),
                    roof,
                )
            ]
        deck = 0.55 if self.rear else 1.05
        slope = deck + 0.65
        return [
            (
                np.array(
                    [
                        (-slim, h, slope),
                        (slim, h, slope),
                        (slim, h, slope + 1.4),
                        (-slim, h, slope + 1.4),
                    ]
                ),
                roof,
            ),
            (
                np.array(
                    [
                        (-slim, h, slope),
                        (slim, h, slope),
                        (w * 0.9, waist, deck),
                        (-w * 0.9, waist, deck),
                    ]
                ),
                sheet,
            ),
            (
                np.array(
                    [
                        (-slim * 0.92, h - 0.04, slope),
                        (slim * 0.92, h - 0.04, slope),
                        (w * 0.8, waist + 0.04, deck),
                        (-w * 0.8, waist + 0.04, deck),
                    ]
                ),
                glass,
            ),
            (
                np.array(
                    [
                        (-w * 0.95, waist, 0.02),
                        (w * 0.95, waist, 0.02),
                        (w * 0.92, waist, deck),
                        (-w * 0.92, waist, deck),
                    ]
                ),
                sheet,
            ),
        ]

    def side(self, right: bool) -> list[tuple[NDArray[Any], Colour]]:
        """The flank on one side: body, glass, wheels."""
        u = self.width_m / 2 * (1 if right else -1)
        h, waist, length = self.height_m, min(self.face_height_m, 1.0), self.length_m
        dark = tuple(np.array(self.paint) * 0.72)
        slim = u if self.tall else u * 0.78
        # Where glass begins and where the roof begins, at both ends of the vehicle.
        deck, slope = (0.0, 0.05) if self.tall else (0.55, 1.2) if self.rear else (1.05, 1.7)
        end = length - 0.1 if self.tall else slope + 1.4
        parts: list[tuple[NDArray[Any], Colour]] = [
            (np.array([(u, 0.25, 0), (u, waist, 0), (u, waist, length), (u, 0.25, length)]), dark),
            (
                np.array(
                    [(u, waist, deck), (slim, h, slope), (slim, h, end), (u, waist, end + 0.5)]
                ),
                dark,
            ),
            (
                np.array(
                    [
                        (u, waist + 0.05, deck + 0.3),
                        (slim, h - 0.09, slope + 0.15),
                        (slim, h - 0.09, end - 0.15),
                        (u, waist + 0.05, end + 0.1),
                    ]
                ),
                (48.0, 44.0, 40.0),
            ),
        ]
        turn = np.linspace(0, 2 * np.pi, 14, endpoint=False)
        for axle in (0.75, length - 0.85):
            wheel = np.stack(
                [np.full(14, u), 0.33 + 0.33 * np.sin(turn), axle + 0.33 * np.cos(turn)], 1
            )
            parts.append((wheel, (22.0, 22.0, 22.0)))
        return parts


def make_vehicle(
    rng: np.random.Generator, plate_aspect: float, rear: bool | None = None, lamps_lit: bool = False
) -> Vehicle:
    """A vehicle with room for a plate of the given shape."""
    rear = bool(rng.random() < 0.65) if rear is None else rear
    tall = bool(rng.random() < 0.4)
    plate = (
        (0.305, 0.305 / plate_aspect)
        if plate_aspect < 2.6
        else (0.52 if plate_aspect > 4 else 0.4, 0.0)
    )
    plate = (plate[0], plate[0] / plate_aspect)
    width, height = (
        rng.uniform(1.74, 1.95),
        rng.uniform(1.42, 1.5) if not tall else rng.uniform(1.65, 2.0),
    )
    waist = rng.uniform(0.88, 1.0) if not tall else height
    paint = tuple(
        float(np.clip(c * rng.uniform(0.9, 1.1), 8, 245))
        for c in _PAINTS[int(rng.integers(len(_PAINTS)))]
    )
    plate_v = (
        (rng.uniform(0.6, 0.74) if rng.random() < 0.6 else rng.uniform(0.42, 0.5))
        if rear
        else rng.uniform(0.4, 0.5)
    )
    face = paint_face(rng, rear, tall, paint, (width, waist), plate, plate_v, lamps_lit)
    return Vehicle(
        rear=rear,
        tall=tall,
        paint=(paint[0], paint[1], paint[2]),
        width_m=width,
        height_m=height,
        length_m=rng.uniform(4.1, 4.9),
        plate_wh_m=plate,
        plate_v_m=plate_v,
        lamps_lit=lamps_lit,
        face=face,
        face_height_m=waist,
    )
