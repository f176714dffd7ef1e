"""What one plate and one lane say about the aim."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from alpr_edge.aim.lanes import LEAST_READINGS, Lanes
from alpr_edge.aim.meters import Reading, measure
from alpr_edge.capture.exposure import shutter_limit_s
from alpr_edge.seams import PlateBox

GOOD = Reading(
    centre=0.25,
    width_px=150.0,
    character_px=32.0,
    tilt_deg=2.0,
    skew=1.05,
    sharpness=300.0,
    glare=0.01,
    brighter=60.0,
    blur_px=1.5,
    night=True,
)
SHUTTER_S = 1 / 1000


def lanes_of(reading: Reading, *, count: int = 40, lanes: int = 1) -> Lanes:
    found = Lanes(lanes, shutter_limit_s(45))
    for number in range(count):
        moving = replace(reading, width_px=reading.width_px - 0.1 * number)
        found.add([replace(moving, centre=reading.centre + number * 0.005)])
    return found


def test_a_plate_is_measured_along_its_edges() -> None:
    picture = np.full((400, 600, 3), 30, np.uint8)
    picture[150:230, 200:360] = 180
    picture[150:230:8, 200:360] = 20
    box = PlateBox(corners=((200, 150), (360, 150), (360, 230), (200, 230)), score=0.9)
    found = measure(picture, box, exposure_s=SHUTTER_S, mph=45)
    assert (found.width_px, found.tilt_deg, found.skew) == (160, 0, 1)
    assert found.character_px == pytest.approx(34.4)
    assert found.centre == pytest.approx(280 / 600)
    assert found.night
    assert found.brighter > 100
    # 45 mph is 20.1 m/s; half of it is seen; 160 px are 0.305 m: 10.06 * 160 / 0.305 / 1000
    assert found.blur_px == pytest.approx(5.28, abs=0.02)


def test_a_tilted_plate_says_by_how_much() -> None:
    picture = np.zeros((400, 600, 3), np.uint8)
    box = PlateBox(corners=((200, 150), (300, 186.4), (290, 230), (190, 190)), score=0.9)
    assert measure(picture, box, exposure_s=None, mph=45).tilt_deg == pytest.approx(20, abs=0.1)


def test_a_plate_at_the_edge_of_the_picture_is_measured_too() -> None:
    picture = np.zeros((100, 200, 3), np.uint8)
    box = PlateBox(corners=((0, 0), (60, 0), (60, 30), (0, 30)), score=0.9)
    assert measure(picture, box, exposure_s=None, mph=45).width_px == 60


def test_a_good_lane_passes() -> None:
    (lane,) = lanes_of(GOOD).lanes(SHUTTER_S)
    assert (lane.passes, lane.fix) == (True, None)


FAULTS = [
    ({"width_px": 120.0}, "plate width", "zoom in"),
    ({"character_px": 18.0}, "character height", "zoom in"),
    ({"tilt_deg": -20.0}, "tilt", "about its own axis"),
    ({"skew": 1.5}, "skew", "along the lane"),
    ({"sharpness": 20.0}, "sharpness", "focus"),
    ({"glare": 0.4}, "glare", "lower gain"),
    ({"blur_px": 6.0}, "motion blur", "shorten the shutter"),
    ({"brighter": 4.0}, "infra-red", "point the lamp"),
]


@pytest.mark.parametrize(("change", "name", "fix"), FAULTS)
def test_each_fault_fails_the_lane_with_its_fix(
    change: dict[str, float], name: str, fix: str
) -> None:
    (lane,) = lanes_of(replace(GOOD, **change)).lanes(SHUTTER_S)  # type: ignore[arg-type]
    assert not lane.passes
    assert [m.name for m in lane.meters if not m.good] == [name]
    assert fix in str(lane.fix)


def test_a_slow_shutter_fails_the_lane() -> None:
    (lane,) = lanes_of(GOOD).lanes(1 / 400)
    assert "1/810 s" in str(lane.fix)


def test_too_few_plates_pass_nothing() -> None:
    (lane,) = lanes_of(GOOD, count=LEAST_READINGS - 3).lanes(SHUTTER_S)
    assert lane.fix == "let 3 more plates pass in this lane"


def test_a_parked_car_passes_no_lane() -> None:
    lanes = Lanes(1, shutter_limit_s(45))
    for _ in range(500):
        lanes.add([GOOD])
    (lane,) = lanes.lanes(SHUTTER_S)
    assert not lane.passes


def test_lanes_are_judged_apart() -> None:
    left, right = lanes_of(GOOD, lanes=2).lanes(SHUTTER_S)
    assert left.plates == 40
    assert (right.plates, right.passes) == (0, False)
