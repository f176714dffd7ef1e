"""Corners to a straight crop, exactly."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from alpr_edge.recognize.rectify import rectify
from alpr_edge.seams import Corners, Image

COLOURS = ((255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255))  # one per corner, in order


def plate_with_marked_corners(quad: Corners) -> Image:
    """A grey picture with a plate whose four corners have colours of their own."""
    flat = np.full((60, 180, 3), 90, np.uint8)
    for (x, y), colour in zip(((0, 0), (150, 0), (150, 40), (0, 40)), COLOURS, strict=True):
        flat[y : y + 20, x : x + 30] = colour
    ends = np.array([[0, 0], [180, 0], [180, 60], [0, 60]], np.float32) - 0.5
    matrix = cv2.getPerspectiveTransform(ends, np.array(quad, np.float32) - 0.5)
    return np.asarray(cv2.warpPerspective(flat, matrix, (640, 360), borderValue=(20, 20, 20)))


QUADS: list[Corners] = [
    ((100.0, 100.0), (280.0, 100.0), (280.0, 160.0), (100.0, 160.0)),
    ((120.5, 90.0), (300.0, 120.0), (295.0, 185.0), (118.0, 150.0)),
    ((50.0, 60.0), (560.0, 20.0), (580.0, 240.0), (40.0, 200.0)),
]


@pytest.mark.parametrize("quad", QUADS)
def test_each_corner_lands_in_its_own_corner(quad: Corners) -> None:
    crop = rectify(plate_with_marked_corners(quad), quad, (192, 64), (0.0, 0.0))
    assert crop.shape == (64, 192, 3)
    for (x, y), colour in zip(((8, 6), (183, 6), (183, 57), (8, 57)), COLOURS, strict=True):
        assert np.abs(crop[y, x].astype(int) - colour).max() <= 40


def test_the_margin_shows_what_lies_round_the_plate() -> None:
    quad = QUADS[0]
    crop = rectify(plate_with_marked_corners(quad), quad, (192, 64), (0.1, 0.2))
    assert crop[2, 96].max() < 60  # the background above the plate
    left = 0.1 / 1.2 * 192
    assert np.abs(crop[32, round(left + 4)].astype(int) - 90).max() < 30


def test_an_upright_plate_of_the_right_size_is_copied_pixel_for_pixel() -> None:
    image = np.random.default_rng(0).integers(0, 255, (200, 400, 3), dtype=np.uint8)
    corners: Corners = ((50.0, 40.0), (242.0, 40.0), (242.0, 104.0), (50.0, 104.0))
    assert np.array_equal(rectify(image, corners, (192, 64), (0.0, 0.0)), image[40:104, 50:242])


def test_a_plate_at_the_edge_repeats_the_edge() -> None:
    image = np.full((100, 200, 3), 77, np.uint8)
    crop = rectify(
        image, ((-20.0, 10.0), (60.0, 10.0), (60.0, 40.0), (-20.0, 40.0)), (192, 64), (0.1, 0.1)
    )
    assert (crop == 77).all()


def test_fine_strokes_survive_a_large_plate() -> None:
    image = np.zeros((1200, 2400, 3), np.uint8)
    image[:, ::8] = 255  # one white column in eight: skipped or doubled by a plain warp
    crop = rectify(
        image, ((0.0, 0.0), (2304.0, 0.0), (2304.0, 1152.0), (0.0, 1152.0)), (192, 64), (0.0, 0.0)
    )
    assert np.abs(crop[8:-8, 8:-8].astype(float) - 255 / 8).max() < 30
