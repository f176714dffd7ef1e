"""Focus and view shift, measured on drawn roads."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from alpr_edge.capture.view import load_baseline, save_baseline, sharpness, shift
from alpr_edge.errors import InputError
from tests.capture.roads import Road


def moved(road: Road, right: int, down: int) -> np.ndarray:
    large = cv2.resize(road.picture(), (192, 108), interpolation=cv2.INTER_CUBIC)
    return np.ascontiguousarray(large[9 - down : 99 - down, 16 - right : 176 - right])


@pytest.mark.parametrize(("right", "down"), [(0, 0), (3, 0), (-5, 2), (8, -6)])
@pytest.mark.parametrize("light", [0.4, 1.0, 1.5])
def test_a_view_that_moved_is_told_in_parts_of_the_picture(
    right: int, down: int, light: float
) -> None:
    road = Road()
    baseline = moved(road, 0, 0)
    road.light = light
    found = shift(baseline, moved(road, right, down))
    assert found is not None
    assert found.right * 160 == pytest.approx(right, abs=0.7)
    assert found.down * 90 == pytest.approx(down, abs=0.7)


def test_another_scene_is_no_shift() -> None:
    assert shift(Road(seed=1).picture(), np.full((90, 160), 40, np.uint8)) is None
    noise = np.random.default_rng(2).integers(0, 255, (90, 160), np.uint8)
    assert shift(Road(seed=1).picture(), noise) is None


def test_another_shape_is_no_shift() -> None:
    assert shift(Road().picture(), np.zeros((120, 160), np.uint8)) is None


def test_a_blurred_picture_is_less_sharp_at_any_light() -> None:
    draw = np.random.default_rng(1)
    small = draw.integers(0, 255, (60, 80, 3), np.uint8)
    sharp = cv2.resize(small, (640, 480), interpolation=cv2.INTER_NEAREST)
    blurred = cv2.GaussianBlur(sharp, (0, 0), 3)
    dim = (sharp * 0.4).astype(np.uint8)
    assert sharpness(blurred) < sharpness(sharp) / 5
    assert sharpness(dim) == pytest.approx(sharpness(sharp), rel=0.1)
    assert sharpness(np.zeros((480, 640, 3), np.uint8)) == 0.0


def test_a_baseline_is_kept_and_a_spoilt_one_refused(tmp_path: Path) -> None:
    path = tmp_path / "baseline.png"
    assert load_baseline(path) is None
    save_baseline(path, Road().picture())
    kept = load_baseline(path)
    assert kept is not None
    assert np.array_equal(kept, Road().picture())
    path.write_bytes(b"not a picture")
    with pytest.raises(InputError, match="is no picture"):
        load_baseline(path)
