"""Degradations: pure, repeatable, same shape, and each does what it is named for."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.training import optics, weather
from models.training.plates import render_plate

STEPS = {
    "motion blur": lambda im, _: optics.motion_blur(im, 8.0, 0.3),
    "defocus": lambda im, _: optics.defocus(im, 2.5),
    "low resolution": lambda im, rng: optics.low_resolution(im, 3.0, rng),
    "gain noise": lambda im, rng: optics.gain_noise(im, rng, 9.0),
    "grain": lambda im, rng: optics.grain(im, rng, 6.0),
    "jpeg": lambda im, _: optics.jpeg(im, 40),
    "tone": lambda im, _: optics.tone(im, 1.3, 0.8, 10, (1.0, 0.9, 1.1)),
    "grey": lambda im, _: optics.grey(im),
    "infra-red": lambda im, rng: optics.infrared(im, rng),
    "bloom": lambda im, _: optics.bloom(im, 3.0),
    "shade edge": lambda im, rng: weather.shade_edge(im, rng),
    "dirt": lambda im, rng: weather.dirt(im, rng),
    "rain": lambda im, rng: weather.rain(im, rng),
    "headlights": lambda im, rng: weather.headlights(im, rng),
    "whole chain": lambda im, rng: optics.degrade(im, rng, 1.0),
}


@pytest.fixture(scope="module")
def crop():
    plate = render_plate(np.random.default_rng(4), "us-ca:passenger")
    return cv2.resize(plate.image, (192, 64), interpolation=cv2.INTER_AREA)


@pytest.mark.parametrize("name", STEPS)
def test_a_step_repeats_by_seed_and_leaves_its_input_alone(crop, name):
    before = crop.copy()
    first, again = (STEPS[name](crop, np.random.default_rng(6)) for _ in range(2))
    assert np.array_equal(first, again)
    assert np.array_equal(crop, before)
    assert first.shape == crop.shape
    assert first.dtype == np.uint8


@pytest.mark.parametrize("name", [n for n in STEPS if n != "whole chain"])
def test_a_step_changes_the_picture(crop, name):
    assert not np.array_equal(STEPS[name](crop, np.random.default_rng(6)), crop)


def test_motion_blur_keeps_a_dot_where_it_was():
    dot = np.zeros((41, 41, 3), np.uint8)
    dot[20, 20] = 255
    out = optics.motion_blur(dot, 9.0, 0.0)[..., 0].astype(float)
    _, xs = np.mgrid[0:41, 0:41]
    assert (xs * out).sum() / out.sum() == pytest.approx(20, abs=0.05)
    assert out[20].astype(bool).sum() in (9, 10, 11)
    assert not out[19].any()


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=60, deadline=None)
def test_infrared_keeps_ink_and_paper_apart(seed):
    rng = np.random.default_rng(seed)
    plate = np.full((64, 192, 3), 210, np.uint8)
    plate[20:44, 20:172:12] = 40
    out = optics.infrared(plate, rng)
    assert out[5, 5, 0] - out[32, 20:172:12, 0].astype(int).mean() > 25
    assert (out[..., 0] == out[..., 2]).all()


def test_hardly_anything_happens_at_strength_nought(crop):
    change = [
        np.abs(optics.degrade(crop, np.random.default_rng(s), 0.0).astype(int) - crop).mean()
        for s in range(30)
    ]
    assert np.median(change) < 30
