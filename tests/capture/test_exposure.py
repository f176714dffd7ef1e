"""Shutter and gain against a sensor that is only arithmetic."""

from __future__ import annotations

import pytest

from alpr_edge.capture.exposure import TARGET, Exposure, shutter_limit_s


class Sensor:
    """Grey level is light times shutter times gain, and clips."""

    def __init__(self, light: float) -> None:
        self.light = light

    def mean_luma(self, exposure: Exposure) -> float:
        return min(255.0, self.light * exposure.shutter_s * exposure.gain)


def test_the_limit_is_an_eighteenth_of_a_second_for_each_mile_an_hour() -> None:
    assert shutter_limit_s(45) == pytest.approx(1 / 810)
    assert shutter_limit_s(100) == pytest.approx(1 / 1800)


@pytest.mark.parametrize("light", [1e3, 2e4, 1e5, 1e6, 3e7])
def test_the_shutter_never_passes_the_limit_and_the_gain_never_its_most(light: float) -> None:
    sensor, limit_s = Sensor(light), shutter_limit_s(65)
    exposure = Exposure(shutter_s=limit_s, gain=1.0)
    for _ in range(60):
        exposure = exposure.next(sensor.mean_luma(exposure), limit_s=limit_s, most_gain=8.0)
        assert exposure.shutter_s <= limit_s
        assert 1.0 <= exposure.gain <= 8.0


@pytest.mark.parametrize("light", [3e4, 1e5, 5e5, 1e6])
def test_brightness_settles_near_its_target_without_hunting(light: float) -> None:
    sensor, limit_s = Sensor(light), shutter_limit_s(45)
    exposure = Exposure(shutter_s=limit_s, gain=1.0)
    for _ in range(30):
        exposure = exposure.next(sensor.mean_luma(exposure), limit_s=limit_s, most_gain=8.0)
    assert sensor.mean_luma(exposure) == pytest.approx(TARGET, rel=0.15)
    settled = exposure.next(sensor.mean_luma(exposure), limit_s=limit_s, most_gain=8.0)
    assert settled == exposure


def test_light_is_gained_with_the_shutter_first() -> None:
    limit_s = shutter_limit_s(45)
    exposure = Exposure(shutter_s=limit_s / 4, gain=1.0)
    brighter = exposure.next(40.0, limit_s=limit_s, most_gain=8.0)
    assert brighter.shutter_s > exposure.shutter_s
    assert brighter.gain == 1.0


def test_a_shutter_past_the_limit_is_brought_back_even_in_good_light() -> None:
    limit_s = shutter_limit_s(45)
    long = Exposure(shutter_s=limit_s * 3, gain=1.0)
    assert long.next(TARGET, limit_s=limit_s, most_gain=8.0).shutter_s <= limit_s
