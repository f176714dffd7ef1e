"""A drawn street under a fixed camera: road, kerb, signs, vehicles with plates at known corners.

Nothing here needs a picture from outside. World space in metres: x to the right, y up, z away from
the foot of the camera's pole along the road.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from models.training import grounds, optics, signs
from models.training.pose import lay
from models.training.vehicle import Vehicle

Image = NDArray[Any]
"""uint8 (H, W, 3), BGR."""
Points = NDArray[Any]
_FINE = 4
"""Fractional bits of drawn polygons, so that slow motion is smooth."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Camera:
    """A pinhole on a pole, looking down the road."""

    size_wh: tuple[int, int]
    focal_px: float
    height_m: float
    tilt: float
    """Radians below the horizon."""

    def project(self, world: Points) -> Points:
        """World points (n, 3) to continuous pixels (n, 2)."""
        cos, sin = np.cos(self.tilt), np.sin(self.tilt)
        y, z = world[:, 1] - self.height_m, world[:, 2]
        depth = z * cos - y * sin
        up = z * sin + y * cos
        width, height = self.size_wh
        return np.stack(
            [
                width / 2 + self.focal_px * world[:, 0] / depth,
                height / 2 - self.focal_px * up / depth,
            ],
            1,
        )


@dataclass(frozen=True, slots=True)
class Place:
    """Where a vehicle's near face stands on the road, and how far it is turned from the camera."""

    x_m: float
    z_m: float
    yaw: float

    def world(self, local: Points) -> Points:
        """From the vehicle's space (u, v, w) to the world's."""
        cos, sin = np.cos(self.yaw), np.sin(self.yaw)
        u, v, w = local.T
        return np.stack([self.x_m + u * cos + w * sin, v, self.z_m - u * sin + w * cos], 1)


def make_camera(rng: np.random.Generator, size_wh: tuple[int, int]) -> Camera:
    """A camera as cities mount them: 2.5 to 6 m up, looking 11 to 25 degrees down."""
    return Camera(
        size_wh=size_wh,
        focal_px=size_wh[0] / 1280 * rng.uniform(2200, 3600),
        height_m=rng.uniform(2.5, 5.5),
        tilt=np.radians(rng.uniform(11, 25)),
    )


def _polygon(image: Image, camera: Camera, world: Points, colour: tuple[float, ...]) -> None:
    points = np.round((camera.project(world) - 0.5) * 2**_FINE)
    points = np.clip(points, -(2**19), 2**19).astype(np.int32)
    cv2.fillPoly(image, [points], colour, cv2.LINE_AA, _FINE)


def paint_road(camera: Camera, rng: np.random.Generator) -> Image:
    """Asphalt, lane marks, a kerb with grass or paving, patches, and at times a sign."""
    width, height = camera.size_wh
    tone = rng.uniform(70, 125)
    image = np.empty((height, width, 3), np.uint8)
    image[:] = (tone * 1.03, tone, tone * 0.97)
    near, far = 1.0, 120.0
    edge = rng.uniform(3.4, 5.2)
    verge = ((58, 104, 84), (128, 134, 138), (96, 112, 118))[int(rng.integers(3))]
    for side in (-1, 1):
        _polygon(
            image,
            camera,
            np.array(
                [
                    (side * edge, 0, near),
                    (side * 60, 0, near),
                    (side * 60, 0, far),
                    (side * edge, 0, far),
                ]
            ),
            verge,
        )
        _polygon(
            image,
            camera,
            np.array(
                [
                    (side * edge, 0, near),
                    (side * (edge + 0.2), 0.1, near),
                    (side * (edge + 0.2), 0.1, far),
                    (side * edge, 0, far),
                ]
            ),
            (166, 168, 168),
        )
    for _ in range(int(rng.integers(2, 7))):
        x, z, w, d = (
            rng.uniform(-4, 4),
            rng.uniform(4, 40),
            rng.uniform(0.4, 2.5),
            rng.uniform(0.4, 5),
        )
        _polygon(
            image,
            camera,
            np.array([(x, 0, z), (x + w, 0, z), (x + w, 0, z + d), (x, 0, z + d)]),
            (tone * rng.uniform(0.82, 0.97),) * 3,
        )
    paint = (tone + 95,) * 3 if rng.random() < 0.6 else (tone + 10, tone + 80, tone + 100)
    for z in np.arange(near, 80, 6.0):
        _polygon(
            image,
            camera,
            np.array([(-0.07, 0, z), (0.07, 0, z), (0.07, 0, z + 3), (-0.07, 0, z + 3)]),
            paint,
        )
    for side in (-1, 1):
        x = side * (edge - 0.35)
        _polygon(
            image,
            camera,
            np.array(
                [(x - 0.06, 0, near), (x + 0.06, 0, near), (x + 0.06, 0, far), (x - 0.06, 0, far)]
            ),
            (tone + 85,) * 3,
        )
    rough = cv2.resize(
        grounds.texture((320, 180), rng), (width, height), interpolation=cv2.INTER_LINEAR
    )
    image = np.clip(image + (rough * 3.5)[..., None], 0, 255).astype(np.uint8)
    image = optics.grain(image, rng, 2.5, mono=True)
    if rng.random() < 0.6:
        post_sign(
            image,
            camera,
            rng,
            (rng.uniform(-1, 1) > 0) * 2 * (edge + 0.5) - edge - 0.5,
            rng.uniform(11, 22),
        )
    return image


def post_sign(
    image: Image, camera: Camera, rng: np.random.Generator, x_m: float, z_m: float, v: float = 1.5
) -> None:
    """A sign on a post beside the road, its lower edge `v` metres up."""
    board = signs.sign(rng)
    wide = rng.uniform(0.5, 0.8)
    tall = wide * board.shape[0] / board.shape[1]
    _polygon(
        image,
        camera,
        np.array(
            [(x_m - 0.04, 0, z_m), (x_m + 0.04, 0, z_m), (x_m + 0.04, v, z_m), (x_m - 0.04, v, z_m)]
        ),
        (110, 112, 112),
    )
    corners = np.array(
        [
            (x_m - wide / 2, v + tall, z_m),
            (x_m + wide / 2, v + tall, z_m),
            (x_m + wide / 2, v, z_m),
            (x_m - wide / 2, v, z_m),
        ]
    )
    lay(image, board, camera.project(corners), soft_px=0.5, radius=0.06)


def dim(colour: tuple[float, ...], light: float) -> tuple[float, ...]:
    """A colour in weaker light."""
    return tuple(c * light for c in colour)


def draw_vehicle(
    image: Image,
    camera: Camera,
    vehicle: Vehicle,
    place: Place,
    plate: Image | None,
    light: float = 1.0,
    soft_px: float = 0.5,
) -> Points:
    """Draw a vehicle into the frame; gives its plate's corners (4, 2), which may lie outside.

    `light` dims the body alone: `plate` comes lit as it shall look. Without one the recess stays
    empty.
    """
    half = vehicle.width_m / 2
    ground = np.array(
        [
            (-half - 0.1, 0, -0.15),
            (half + 0.1, 0, -0.15),
            (half + 0.1, 0, vehicle.length_m),
            (-half - 0.1, 0, vehicle.length_m),
        ]
    )
    _shade(image, camera.project(place.world(ground)))
    for flank in (True, False):
        # A flank is seen when the camera stands on its side of the plane in which it lies.
        u = half if flank else -half
        near, back = place.world(np.array([(u, 0, 0), (u, 0, 1)]))[:, (0, 2)]
        along = back - near
        if (along[1] * near[0] - along[0] * near[1] < 0) == flank:
            for corners, colour in vehicle.side(flank):
                _polygon(image, camera, place.world(corners), dim(colour, light))
    for corners, colour in vehicle.panels():
        _polygon(image, camera, place.world(corners), dim(colour, light))
    tall = vehicle.face_height_m
    face = np.array([(-half, tall, 0), (half, tall, 0), (half, 0, 0), (-half, 0, 0)])
    sheet = optics.tone(vehicle.face, gain=light) if light < 0.99 else vehicle.face
    _lay_face(image, sheet, camera.project(place.world(face)))
    corners = camera.project(place.world(vehicle.plate_corners()))
    if plate is not None:
        lay(image, plate, corners, soft_px=soft_px, shadow=0.25, radius=0.05)
    return corners


def _shade(image: Image, quad: Points) -> None:
    """The shadow under a vehicle, drawn small, for speed."""
    x0, y0 = np.maximum(np.floor(quad.min(0)).astype(int) - 12, 0)
    x1, y1 = np.minimum(np.ceil(quad.max(0)).astype(int) + 12, (image.shape[1], image.shape[0]))
    if x1 - x0 < 8 or y1 - y0 < 8:
        return
    small = ((int(x1 - x0) + 3) // 4, (int(y1 - y0) + 3) // 4)
    mask: Image = np.full((small[1], small[0]), 255, np.uint8)
    cv2.fillConvexPoly(mask, np.round((quad - (x0, y0)) / 4).astype(np.int32), 90)
    mask = cv2.resize(cv2.blur(mask, (5, 5)), (int(x1 - x0), int(y1 - y0)))
    part = image[y0:y1, x0:x1]
    part[:] = cv2.multiply(part, cv2.merge((mask, mask, mask)), scale=1 / 255)


def _lay_face(image: Image, face: Image, quad: Points) -> None:
    """Warp the painted face onto its quad; faces overlap nothing that needs a soft edge."""
    x0, y0 = np.maximum(np.floor(quad.min(0)).astype(int), 0)
    x1, y1 = np.minimum(np.ceil(quad.max(0)).astype(int), (image.shape[1], image.shape[0]))
    if x1 <= x0 or y1 <= y0:
        return
    height, width = face.shape[:2]
    source = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32) - 0.5
    matrix = cv2.getPerspectiveTransform(source, (quad - (x0, y0) - 0.5).astype(np.float32))
    part = image[y0:y1, x0:x1]
    cv2.warpPerspective(
        face,
        matrix,
        (part.shape[1], part.shape[0]),
        dst=part,
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_TRANSPARENT,
    )


def inside(corners: Points, size_wh: tuple[int, int], margin: float = 0.0) -> bool:
    """Whether all corners lie in the picture."""
    return bool((corners >= margin).all() and (corners <= np.array(size_wh) - margin).all())


def outline(camera: Camera, vehicle: Vehicle, place: Place) -> NDArray[Any]:
    """The convex outline of a vehicle in the picture, (n, 2), for telling what it hides."""
    half, height, length = vehicle.width_m / 2, vehicle.height_m, vehicle.length_m
    box = np.array([(u, v, w) for u in (-half, half) for v in (0, height) for w in (0, length)])
    return np.asarray(
        cv2.convexHull(camera.project(place.world(box)).astype(np.float32))[:, 0], np.float32
    )


def hidden(corners: Points, shape: NDArray[Any], margin_px: float = 2.0) -> bool:
    """Whether any part of a plate lies behind an outline nearer to the camera."""
    sides = np.concatenate([corners, (corners + np.roll(corners, 1, 0)) / 2, corners.mean(0)[None]])
    return any(
        cv2.pointPolygonTest(shape, (float(x), float(y)), True) > -margin_px for x, y in sides
    )
