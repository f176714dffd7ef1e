"""The motion gate: what opens it, what must not, and what it costs."""

from __future__ import annotations

import time
from collections import Counter

import numpy as np
import pytest

from alpr_edge.capture.gate import Glance, MotionGate
from alpr_edge.capture.shot import bgr_of_i420, small_luma, take
from alpr_edge.capture.zones import Zones
from alpr_edge.seams import Image
from tests.capture.roads import Road

RATE = 15


class Watch:
    """A gate with a clock of its own."""

    def __init__(self, gate: MotionGate) -> None:
        self.gate = gate
        self.now_s = 100.0

    def see(self, luma: Image, *, after_s: float = 1 / RATE) -> Glance:
        self.now_s += after_s
        return self.gate.look(luma, self.now_s)

    def see_empty(self, road: Road, seconds: float) -> Counter[str | None]:
        return Counter(self.see(road.picture()).why for _ in range(round(seconds * RATE)))


def a_gate(**changes: object) -> MotionGate:
    settings: dict[str, object] = {"full_look_s": 2.0, "hold_s": 1.0, "min_area": 0.0006}
    return MotionGate(**(settings | changes))  # type: ignore[arg-type]


@pytest.fixture
def watch() -> Watch:
    return Watch(a_gate())


@pytest.mark.parametrize("noise", [1.0, 3.0, 8.0])
def test_noise_on_an_empty_road_is_no_motion(watch: Watch, noise: float) -> None:
    seen = watch.see_empty(Road(noise=noise), 60)
    assert seen["motion"] == 0
    assert 28 <= seen["full"] <= 31


def test_a_look_is_due_every_two_seconds_whatever_the_gate_sees(watch: Watch) -> None:
    road = Road()
    looks = [watch.now_s for _ in range(30 * RATE) if watch.see(road.picture()).why == "full"]
    gaps = np.diff(looks)
    assert len(looks) >= 14
    assert gaps.max() <= 2.0 + 2 / RATE


@pytest.mark.parametrize("noise", [1.0, 3.0])
@pytest.mark.parametrize(
    ("what", "vehicle"),
    [
        ("a plate lit by infra-red", (80, 50, 11, 5, 230.0)),
        ("headlights far away", (80, 40, 5, 3, 250.0)),
        ("a dark car", (70, 45, 25, 18, 30.0)),
        ("a grey car on a grey road", (70, 45, 30, 20, 125.0)),
        ("a lorry that fills the picture", (10, 5, 140, 80, 150.0)),
    ],
)
def test_a_vehicle_opens_the_gate_at_once(
    watch: Watch, noise: float, what: str, vehicle: tuple[int, int, int, int, float]
) -> None:
    road = Road(noise=noise)
    watch.see_empty(road, 10)
    glance = watch.see(road.picture(vehicle))
    assert glance.why == "motion", what
    assert glance.region is not None
    left, top, right, bottom = glance.region
    x, y = vehicle[0] + vehicle[2] / 2, vehicle[1] + vehicle[3] / 2
    assert left * 160 <= x <= right * 160
    assert top * 90 <= y <= bottom * 90


def test_the_gate_stays_open_while_a_vehicle_moves_and_a_second_longer(watch: Watch) -> None:
    road = Road()
    watch.see_empty(road, 10)
    for x in range(0, 130, 4):
        assert watch.see(road.picture((x, 50, 25, 15, 30.0))).why == "motion"
    after = watch.see_empty(road, 3)
    # One frame may still see where the vehicle was.
    assert RATE - 1 <= after["hold"] + after["motion"] <= RATE + 2


@pytest.mark.parametrize("light", [0.5, 0.8, 1.25, 1.8])
def test_an_exposure_step_calms_down_within_four_seconds(watch: Watch, light: float) -> None:
    road = Road()
    watch.see_empty(road, 10)
    road.light = light
    watch.see_empty(road, 4)
    assert watch.see_empty(road, 10)["motion"] == 0


def test_a_small_exposure_step_is_no_motion(watch: Watch) -> None:
    road = Road()
    watch.see_empty(road, 10)
    for light in (1.04, 1.08, 1.13, 1.09, 1.05, 1.0, 0.96, 0.92, 0.9):
        road.light = light
        assert watch.see_empty(road, 1)["motion"] == 0


def test_dusk_is_no_motion(watch: Watch) -> None:
    road = Road()
    watch.see_empty(road, 10)
    motion = 0
    for light in np.linspace(1.0, 0.15, 120 * RATE):
        road.light = float(light)
        motion += watch.see(road.picture()).why == "motion"
    assert motion == 0


def test_noise_that_doubles_in_one_frame_is_no_motion(watch: Watch) -> None:
    road = Road(noise=2.0)
    watch.see_empty(road, 10)
    road.noise = 6.0
    assert watch.see_empty(road, 20)["motion"] == 0


def test_a_parked_car_becomes_scenery_and_opens_the_gate_when_it_leaves(watch: Watch) -> None:
    road = Road()
    watch.see_empty(road, 10)
    car = (60, 45, 30, 20, 30.0)
    seen = [watch.see(road.picture(car)).why for _ in range(20 * RATE)]
    assert seen[0] == "motion"
    assert "motion" not in seen[4 * RATE :]
    assert watch.see(road.picture()).why == "motion"


def test_heavy_traffic_does_not_blind_the_gate(watch: Watch) -> None:
    road = Road()
    for number in range(240 * RATE):
        x = (number * 7) % 320 - 40  # a third of the time something stands before each pixel
        watch.see(road.picture((x, 45, 50, 20, (20.0, 160.0, 240.0)[number // 46 % 3])))
    watch.see_empty(road, 3)
    assert watch.see(road.picture((70, 45, 30, 20, 130.0))).why == "motion"


def test_a_gap_of_dropped_frames_changes_nothing(watch: Watch) -> None:
    road = Road()
    watch.see_empty(road, 10)
    assert watch.see(road.picture(), after_s=30).why == "full"
    assert watch.see(road.picture((60, 45, 30, 20, 30.0)), after_s=5).why == "motion"


def test_motion_under_a_mask_or_outside_the_region_is_none() -> None:
    road = Road()
    left_half = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))
    for zones in (
        Zones(masks=(left_half,)),
        Zones(roi=((0.55, 0.0), (1.0, 0.0), (1.0, 1.0), (0.55, 1.0))),
    ):
        watch = Watch(a_gate(watched=zones.watched))
        watch.see_empty(road, 10)
        assert watch.see(road.picture((20, 45, 30, 20, 30.0))).why != "motion"
        assert watch.see(road.picture((110, 45, 30, 20, 30.0))).why == "motion"


def test_another_picture_size_starts_afresh(watch: Watch) -> None:
    road = Road()
    watch.see_empty(road, 5)
    assert watch.see(np.zeros((120, 160), np.uint8)).region is None


def test_an_empty_road_costs_under_a_tenth_of_a_core_at_15_frames_a_second() -> None:
    """From the camera's planes to the gate's word, with every full look developed in colour."""
    draw = np.random.default_rng(1)
    planes = draw.integers(90, 100, (1620, 1920), np.uint8)
    gate = a_gate()
    frames = 150
    began_s = time.thread_time()
    for number in range(frames):
        copied = planes.copy()
        shot = take(
            small_luma(copied[:1080]),
            lambda copied=copied: bgr_of_i420(copied, 1920),  # type: ignore[misc]
            monotonic_s=number / RATE,
            sequence=number,
            source="camera",
        )
        if gate.look(shot.luma, shot.monotonic_s).why:
            shot.develop()
    share = (time.thread_time() - began_s) / (frames / RATE)
    assert share < 0.10, f"{share:.1%} of a core"
