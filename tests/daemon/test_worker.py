"""Workers: heartbeats, ends and deaths."""

from __future__ import annotations

import logging
import threading

import pytest

from alpr_edge.worker import Heartbeat, Worker


def test_a_heart_that_stopped_is_heard() -> None:
    assert not Heartbeat(limit_s=-1).fresh
    assert Heartbeat(limit_s=60).fresh


def test_a_worker_that_hangs_stops_beating(monkeypatch: pytest.MonkeyPatch) -> None:
    hold, inside, stop = threading.Event(), threading.Event(), threading.Event()

    def hang() -> bool:
        inside.set()
        return hold.wait(20)

    worker = Worker("loop", hang, stop=stop, beat_limit_s=0.0)
    worker.start()
    assert inside.wait(5)
    assert not worker.heartbeat.fresh
    stop.set()
    hold.set()
    assert worker.join(5)


def test_a_worker_finishes_its_work_when_it_is_stopped() -> None:
    stop, done = threading.Event(), []
    worker = Worker(
        "loop", lambda: False, stop=stop, beat_limit_s=60, finish=lambda: done.append("drained")
    )
    worker.start()
    stop.set()
    assert worker.join(5)
    assert done == ["drained"]
    assert worker.error is None


def test_a_worker_that_dies_says_why_and_wakes_who_waits(
    caplog: pytest.LogCaptureFixture,
) -> None:
    ended = threading.Event()

    def fail() -> bool:
        raise ValueError("a secret")

    worker = Worker("loop", fail, stop=threading.Event(), beat_limit_s=60, on_end=ended.set)
    with caplog.at_level(logging.CRITICAL):
        worker.start()
        assert ended.wait(5)
        assert worker.join(5)
    assert isinstance(worker.error, ValueError)
    (record,) = caplog.records
    assert (record.message, record.__dict__["worker"]) == ("worker died", "loop")
    assert record.__dict__["where"].startswith("test_worker.py:")
    assert "secret" not in caplog.text


def test_more_work_is_done_at_once_and_idle_work_waits() -> None:
    stop, steps = threading.Event(), []

    def step() -> bool:
        steps.append(1)
        return len(steps) < 1000

    worker = Worker("loop", step, stop=stop, beat_limit_s=60, idle_s=600)
    worker.start()
    until = threading.Event()
    while len(steps) < 1000:
        assert not until.wait(0.01)
    stop.set()
    assert worker.join(5)
    assert len(steps) == 1000
