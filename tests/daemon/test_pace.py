"""When the loop gives way, and when it works fully again."""

from __future__ import annotations

from alpr_edge.config import PaceConfig
from alpr_edge.machine import Vitals
from alpr_edge.pace import Pace

COOL = Vitals(temperature_c=50.0, throttled=False)


def test_a_hot_board_works_slower_until_it_is_cool() -> None:
    pace = Pace(PaceConfig(hot_c=78.0, cool_c=73.0))
    modes = [
        pace.judge(at, Vitals(temperature_c=heat, throttled=None), offered=0, dropped=0)
        for at, heat in enumerate((70.0, 77.9, 78.0, 75.0, 73.1, 73.0, 77.0))
    ]
    assert modes == ["full", "full", "hot", "hot", "hot", "full", "full"]


def test_a_throttled_board_is_hot_whatever_its_sensor_says() -> None:
    pace = Pace(PaceConfig())
    assert pace.judge(0, Vitals(temperature_c=None, throttled=True), offered=0, dropped=0) == "hot"
    assert (
        pace.judge(1, Vitals(temperature_c=None, throttled=False), offered=0, dropped=0) == "full"
    )


def test_a_hot_board_looks_at_so_many_frames_a_second() -> None:
    pace = Pace(PaceConfig(hot_frames_per_s=4.0))
    pace.judge(0, Vitals(temperature_c=90.0, throttled=None), offered=0, dropped=0)
    looked = sum(pace.allows(frame / 15) for frame in range(150))
    assert 35 <= looked <= 45


def test_a_cool_board_looks_at_every_frame() -> None:
    pace = Pace(PaceConfig())
    pace.judge(0, COOL, offered=0, dropped=0)
    assert all(pace.allows(frame / 60) for frame in range(100))


def test_a_loop_that_drops_frames_is_slow_until_it_has_caught_up() -> None:
    pace = Pace(PaceConfig())
    offered = dropped = 0
    modes = []
    for second in range(60):
        modes.append(pace.judge(second, COOL, offered=offered, dropped=dropped))
        offered += 15
        # Behind from the 10th second, half of it from the 30th, caught up from the 45th.
        dropped += 0 if second < 10 else 6 if second < 30 else 2 if second < 45 else 1
    assert modes[9] == "full"
    assert set(modes[17:46]) == {"slow"}
    assert modes[-1] == "full"
