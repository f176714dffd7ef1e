"""What systemd's watchdog hears of the console."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from alpr_city.web import beating
from alpr_city.web.beating import BeatingArbiter, BeatingWorker


@pytest.fixture
def systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """Where systemd listens."""
    monkeypatch.setattr(beating, "PET_S", 0.0)
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.settimeout(0)
        yield listening


def worker(application: Callable[..., Any]) -> BeatingWorker:
    """A worker of one thread, as gunicorn would have made it."""
    made = object.__new__(BeatingWorker)
    made.tmp = SimpleNamespace(notify=lambda: None)
    made.tpool = ThreadPoolExecutor(1)
    made.wsgi = application
    return made


def arbiter() -> BeatingArbiter:
    made = object.__new__(BeatingArbiter)
    made.timeout = 0
    made._told = beating._count()
    return made


def page(_: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
    start("200 OK", [])
    return [b"page"]


def test_a_console_whose_threads_hang_is_silent(systemd: socket.socket) -> None:
    asked, ends = threading.Event(), threading.Event()

    def hangs(*_: Any) -> list[bytes]:
        asked.set()
        ends.wait(30)
        return []

    hanging, telling = worker(hangs), arbiter()
    for _ in range(3):
        hanging.notify()
        telling.murder_workers()
    assert asked.wait(10)
    assert hanging.tpool._work_queue.empty(), "one question at a time"
    ends.set()
    hanging.tpool.shutdown()
    telling.murder_workers()
    with pytest.raises(BlockingIOError):
        systemd.recv(100)


def test_an_arbiter_tells_of_each_answer_once(systemd: socket.socket) -> None:
    telling, answering = arbiter(), worker(page)
    answering.notify()
    answering.tpool.shutdown()
    telling.murder_workers()
    telling.murder_workers()
    assert systemd.recv(100) == b"WATCHDOG=1"
    with pytest.raises(BlockingIOError):
        systemd.recv(100)


def test_the_page_is_there() -> None:
    assert (Path(beating.__file__).parent / beating.PAGE.removeprefix("/")).is_file()
