"""Handing over to a fresh process, with real processes and a real notify socket."""

from __future__ import annotations

import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from alpr_edge import succession, systemd
from alpr_edge.succession import QUIET_S, Succession, Successor

SUCCESSOR = """
import os, sys
from alpr_edge.succession import stand_by
assert "WATCHDOG_PID" not in os.environ
ours = stand_by()
open(sys.argv[1], "w").write("on" if ours else "off")
"""
STUBBORN = "import time; time.sleep(60)"


@pytest.fixture
def told(tmp_path: Path) -> Path:
    return tmp_path / "told"


@pytest.fixture
def start(told: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Successor]:
    monkeypatch.setenv("WATCHDOG_PID", "1")
    monkeypatch.setattr(systemd, "daemon", None)
    return lambda: Successor([sys.executable, "-c", SUCCESSOR, str(told)])


@pytest.fixture
def systemd_hears(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        yield listener


def until(condition: Callable[[], bool]) -> None:
    limit_s = time.monotonic() + 30
    never = threading.Event()
    while not condition():
        assert time.monotonic() < limit_s
        never.wait(0.02)


def test_a_successor_goes_on_when_it_is_told_and_systemd_knows_first(
    start: Callable[[], Successor], told: Path, systemd_hears: socket.socket
) -> None:
    line = Succession(0.001, start)
    until(lambda: line.judge(quiet_s=QUIET_S))
    assert not told.exists()
    assert line.successor is not None
    process_id = line.successor.process_id
    line.hand_over()
    assert systemd_hears.recv(100) == f"MAINPID={process_id}".encode()
    until(lambda: told.exists() and told.read_text() == "on")
    line.dismiss()  # nobody is left to dismiss


def test_a_successor_whose_predecessor_stays_ends_by_itself(
    start: Callable[[], Successor], told: Path
) -> None:
    line = Succession(0.001, start)
    until(lambda: line.judge(quiet_s=QUIET_S))
    line.dismiss()
    assert told.read_text() == "off"


def test_nobody_hands_over_while_something_moves_until_it_is_overdue(
    start: Callable[[], Successor],
) -> None:
    line = Succession(1.5, start)
    assert not line.judge(quiet_s=100)
    until(lambda: line.successor is not None or line.judge(quiet_s=0.1))
    assert line.successor is not None
    until(lambda: line.successor is not None and line.successor.ready)
    began_s = time.monotonic()
    until(lambda: line.judge(quiet_s=0.1))
    assert time.monotonic() - began_s < 5
    line.dismiss()


def test_a_successor_that_dies_or_never_warms_up_is_dismissed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(succession, "DISMISS_S", 0.1)
    dead = Succession(0.01, lambda: Successor([sys.executable, "-c", "raise SystemExit(1)"]))
    until(lambda: not dead.judge(quiet_s=0) and dead.successor is not None)
    until(lambda: not dead.judge(quiet_s=99) and dead.successor is None)
    monkeypatch.setattr(succession, "WARM_S", 0.0)
    slow = Succession(0.001, lambda: Successor([sys.executable, "-c", STUBBORN]))
    until(lambda: not slow.judge(quiet_s=99) and slow.successor is None)


def test_without_a_time_nobody_is_ever_replaced() -> None:
    def fail() -> Successor:
        raise AssertionError("started")

    assert not Succession(0, fail).judge(quiet_s=1e9)
