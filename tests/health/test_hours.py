"""An hour is held against the same hour of past weeks."""

from __future__ import annotations

from pathlib import Path

from alpr_edge.hours import HOUR_S, WEEK_H, Hours

NOW_S = 1_795_600_800.0  # a whole hour


def test_without_history_nothing_is_usual(tmp_path: Path) -> None:
    hours = Hours(tmp_path / "hours.json")
    hours.add(7, 600, NOW_S + 600)
    assert hours.usual(NOW_S + 600) is None
    assert hours.rolling(NOW_S + 1800) == 7


def test_the_usual_hour_is_the_median_of_past_weeks_and_outlives_the_process(
    tmp_path: Path,
) -> None:
    hours = Hours(tmp_path / "hours.json")
    for week, count in ((1, 100), (2, 120), (3, 900)):
        for hour in (-1, 0):
            hours.add(count, 3600, NOW_S + (hour - week * WEEK_H) * HOUR_S)
    hours.add(50, 3600, NOW_S - HOUR_S)
    hours.add(5, 1800, NOW_S + 1799)
    hours.save()
    again = Hours(tmp_path / "hours.json")
    assert again.usual(NOW_S + 1800) == 120
    assert again.rolling(NOW_S + 1800) == 30


def test_an_hour_that_was_hardly_watched_is_no_history(tmp_path: Path) -> None:
    hours = Hours(tmp_path / "hours.json")
    for hour in (-1, 0):
        hours.add(2, 100, NOW_S + (hour - WEEK_H) * HOUR_S)
    assert hours.usual(NOW_S) is None


def test_a_spoilt_file_begins_anew(tmp_path: Path) -> None:
    path = tmp_path / "hours.json"
    for content in ("", "[]", '{"x": 1}', '{"1": []}'):
        path.write_text(content)
        assert Hours(path).usual(NOW_S) is None
