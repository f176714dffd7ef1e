"""Corners: what is laid on a quad lies on that quad, to half a pixel."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.training.pose import fitted, lay, posed_quad
from models.training.street import Camera, Place, draw_vehicle, inside, outline
from models.training.vehicle import make_vehicle


def bright_centre(image, near, reach=7):
    """Centroid of what is bright round a point, in continuous pixels."""
    x, y = int(near[0]), int(near[1])
    part = image[y - reach : y + reach + 1, x - reach : x + reach + 1, 1].astype(float)
    part = np.clip(part - 60, 0, None)
    ys, xs = np.mgrid[0 : part.shape[0], 0 : part.shape[1]]
    return np.array([(xs * part).sum(), (ys * part).sum()]) / part.sum() + (
        x - reach + 0.5,
        y - reach + 0.5,
    )


def marked_plate():
    """A black plate with a white disc in each corner, and the discs' places as shares of it."""
    plate = np.zeros((144, 288, 3), np.uint8)
    shares = []
    for x, y in ((24, 24), (263, 24), (263, 119), (24, 119)):
        cv2.circle(plate, (x, y), 13, (255, 255, 255), -1)
        shares.append(((x + 0.5) / 288, (y + 0.5) / 144))
    return plate, np.array(shares)


@pytest.mark.parametrize("yaw", [-40, 0, 25])
@pytest.mark.parametrize("width", [70, 140, 260])
def test_marks_on_a_plate_land_where_the_corners_say(yaw, width):
    plate, shares = marked_plate()
    quad = posed_quad(2.0, np.radians(yaw), np.radians(20), np.radians(4)) * width + (201.3, 150.7)
    frame = np.zeros((300, 400, 3), np.uint8)
    lay(frame, plate, quad, radius=0.0)
    unit = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)
    matrix = cv2.getPerspectiveTransform(unit, quad.astype(np.float32))
    expected = cv2.perspectiveTransform(shares[None].astype(np.float32), matrix)[0]
    reach = max(4, round(width * 0.07))
    for place in expected:
        assert np.linalg.norm(bright_centre(frame, place, reach) - place) < 0.5


def test_the_outer_edge_of_a_plate_lies_on_the_quad():
    quad = np.array([(50.0, 40.0), (150.0, 40.0), (150.0, 90.0), (50.0, 90.0)])
    frame = np.zeros((130, 200, 3), np.uint8)
    lay(frame, np.full((144, 288, 3), 255, np.uint8), quad, radius=0.0)
    light = frame[..., 0] > 127
    assert light.sum() == 100 * 50
    assert light[40:90, 50:150].all()


def test_a_plate_partly_outside_leaves_the_rest_of_the_frame_alone():
    frame = np.full((60, 80, 3), 90, np.uint8)
    quad = np.array([(-30.0, 10.0), (20.0, 10.0), (20.0, 35.0), (-30.0, 35.0)])
    lay(frame, np.full((50, 100, 3), 255, np.uint8), quad)
    assert (frame[:, 40:] == 90).all()
    assert frame[20, 5, 0] > 200


def test_a_plate_wholly_outside_changes_nothing():
    frame = np.full((60, 80, 3), 90, np.uint8)
    lay(
        frame,
        np.full((50, 100, 3), 255, np.uint8),
        np.array([(200.0, 10), (240, 10), (240, 30), (200, 30)]),
    )
    assert (frame == 90).all()


@given(
    yaw=st.floats(-0.78, 0.78),
    pitch=st.floats(0.17, 0.52),
    roll=st.floats(-0.17, 0.17),
    box=st.tuples(st.floats(0, 500), st.floats(0, 300), st.floats(15, 300), st.floats(8, 100)),
)
@settings(max_examples=80, deadline=None)
def test_a_fitted_quad_is_convex_and_in_reading_order(yaw, pitch, roll, box):
    quad = fitted(posed_quad(2.0, yaw, pitch, roll), box)
    edges = np.roll(quad, -1, 0) - quad
    following = np.roll(edges, -1, 0)
    assert (edges[:, 0] * following[:, 1] - edges[:, 1] * following[:, 0] > 0).all()
    assert quad[0, 0] < quad[1, 0]
    assert quad[3, 0] < quad[2, 0]


def test_the_camera_puts_a_plate_of_known_size_at_its_pinhole_width():
    camera = Camera(size_wh=(1280, 720), focal_px=2600, height_m=0.8, tilt=0.0)
    world = np.array([(-0.1525, 0.8, 10.0), (0.1525, 0.8, 10.0)])
    left, right = camera.project(world)
    assert right[0] - left[0] == pytest.approx(2600 * 0.305 / 10)
    assert left[1] == pytest.approx(360)


def test_a_vehicle_carries_its_plate_where_the_corners_say():
    rng = np.random.default_rng(3)
    camera = Camera(size_wh=(1280, 720), focal_px=2600, height_m=4.0, tilt=np.radians(17))
    vehicle = make_vehicle(rng, 2.0, rear=True)
    frame = np.full((720, 1280, 3), 60, np.uint8)
    plate, shares = marked_plate()
    corners = draw_vehicle(
        frame, camera, vehicle, Place(0.4, 12.0, 0.2), plate, light=0.1, soft_px=0.0
    )
    assert inside(corners, camera.size_wh)
    unit = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)
    matrix = cv2.getPerspectiveTransform(unit, corners.astype(np.float32))
    for place in cv2.perspectiveTransform(shares[None].astype(np.float32), matrix)[0]:
        assert np.linalg.norm(bright_centre(frame, place, 4) - place) < 0.5
    shape = outline(camera, vehicle, Place(0.4, 12.0, 0.2))
    assert all(cv2.pointPolygonTest(shape, (float(x), float(y)), False) > 0 for x, y in corners)
