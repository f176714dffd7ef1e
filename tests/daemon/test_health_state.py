"""The state file: whole at any instant, and numbers that are right."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path

import pytest

from alpr_edge.health_state import Hourly, Rate, Stages, StateFile


def test_a_reader_never_sees_half_a_state(tmp_path: Path) -> None:
    file = StateFile(tmp_path, "capture")
    file.write({"n": -1})
    stop = threading.Event()
    wrong: list[str] = []

    def read_on() -> None:
        while not stop.is_set():
            content = file.path.read_text()
            try:
                json.loads(content)
            except ValueError:
                wrong.append(content)

    reader = threading.Thread(target=read_on, daemon=True)
    reader.start()
    for number in range(500):
        file.write({"n": number, "padding": "x" * (number * 20)})
    stop.set()
    reader.join(10)
    assert not wrong
    assert json.loads(file.path.read_text())["n"] == 499
    assert os.listdir(tmp_path) == ["capture.json"]


def test_a_state_says_who_wrote_it_and_when(tmp_path: Path) -> None:
    file = StateFile(tmp_path / "new", "capture")
    file.write({"mode": "full"})
    state = json.loads(file.path.read_text())
    assert state["schema"] == 1
    assert (state["process"], state["pid"], state["mode"]) == ("capture", os.getpid(), "full")
    assert state["written_at"].endswith("+00:00")
    assert state["started_at"] <= state["written_at"]


def test_what_json_cannot_hold_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="JSON"):
        StateFile(tmp_path, "capture").write({"age_s": float("inf")})


def test_percentiles_are_those_of_the_last_samples() -> None:
    stages = Stages()
    for _ in range(1000):
        stages.add("detect", 9.0)
    for milliseconds in range(512):
        stages.add("detect", milliseconds / 1000)
    assert stages.summary() == {"detect": {"p50_ms": 256, "p95_ms": 485, "samples": 512}}


def test_an_hour_later_nothing_is_left_of_an_hour() -> None:
    hourly = Hourly()
    for second in range(0, 7200, 10):
        hourly.mark(float(second))
    assert hourly.last_hour(7190.0) == 361
    assert hourly.last_hour(7190.0 + 3601) == 0
    assert hourly.total == 720


def test_a_rate_is_that_of_the_last_ten_seconds() -> None:
    rate = Rate()
    assert rate.per_s(0.0, 0) == 0.0
    for second in range(1, 60):
        rate.per_s(float(second), 15 * second)
    assert rate.per_s(60.0, 900) == 15.0
    for second in range(61, 80):
        stalled = rate.per_s(float(second), 900)
    assert stalled == 0.0
