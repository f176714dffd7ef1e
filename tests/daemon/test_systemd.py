"""What systemd hears: notices, the watchdog's interval, and log lines."""

from __future__ import annotations

import logging
import os
import socket
import threading
from pathlib import Path

import pytest

from alpr_edge import systemd
from alpr_edge.systemd import LineFormatter, notify, watchdog_s


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where systemd-python is not installed."""
    monkeypatch.setattr(systemd, "daemon", None)
    for name in ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"):
        monkeypatch.delenv(name, raising=False)


def test_without_systemd_nobody_is_told() -> None:
    assert not notify("READY=1")
    assert watchdog_s() is None


def test_a_socket_that_is_gone_is_no_failure(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "gone"))
    assert not notify("READY=1")


@pytest.mark.parametrize("abstract", [False, True])
def test_systemd_hears_a_notice(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, abstract: bool
) -> None:
    address = f"@alpr-test-{os.getpid()}" if abstract else str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(address.replace("@", "\0", 1))
        listener.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", address)
        assert notify("READY=1\nSTATUS=capturing")
        assert listener.recv(1000) == b"READY=1\nSTATUS=capturing"


def test_systemd_is_asked_for_patience_while_something_takes_long(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(systemd, "PATIENCE_S", 0.01)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        with systemd.patience():
            assert listener.recv(1000) == b"WATCHDOG=1\nEXTEND_TIMEOUT_USEC=40000"
    assert "patience" not in {thread.name for thread in threading.enumerate()}


@pytest.mark.parametrize(
    ("usec", "pid", "expected"),
    [
        ("30000000", None, 30.0),
        ("30000000", str(os.getpid()), 30.0),
        ("30000000", "1", None),
        ("0", None, None),
        ("soon", None, None),
    ],
)
def test_the_watchdog_is_only_ours_when_it_names_us(
    monkeypatch: pytest.MonkeyPatch, usec: str, pid: str | None, expected: float | None
) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", usec)
    if pid is not None:
        monkeypatch.setenv("WATCHDOG_PID", pid)
    assert watchdog_s() == expected


def a_record(**extra: object) -> logging.LogRecord:
    return logging.getLogger("alpr").makeRecord(
        "alpr", logging.WARNING, "file", 1, "camera lost", (), None, extra=extra
    )


def test_a_log_line_is_the_event_and_its_fields() -> None:
    record = a_record(reason="no frame for 3 s", retry_s=0.5)
    line = 'camera lost reason="no frame for 3 s" retry_s=0.5'
    assert LineFormatter(for_journal=True).format(record) == f"<4>{line}"
    assert LineFormatter(for_journal=False).format(record).endswith(f" warning {line}")


def test_a_field_cannot_forge_a_second_line() -> None:
    record = a_record(reason="x\n<0>kernel panic")
    assert "\n" not in LineFormatter(for_journal=True).format(record)


def test_a_failure_is_named_without_its_trace() -> None:
    record = a_record()
    error = ValueError("bad")
    record.exc_info = (ValueError, error, None)
    assert LineFormatter(for_journal=True).format(record).endswith("error=\"ValueError('bad')\"")


class FakeJournal:
    """Stands in for `systemd.journal`, and keeps what it was sent."""

    def __init__(self) -> None:
        self.sent: list[dict[str, object]] = []

    def send(self, message: str, **fields: object) -> None:
        self.sent.append({"MESSAGE": message} | fields)


def test_journald_gets_each_field_under_its_own_name(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = FakeJournal()
    monkeypatch.setattr(systemd, "journal", fake)
    monkeypatch.setenv("JOURNAL_STREAM", "8:1")
    root = logging.getLogger()
    level, handlers = root.level, root.handlers[:]
    try:
        systemd.log_to_journal("info")
        logging.getLogger("alpr").info("read stored", extra={"sequence": 7})
    finally:
        root.setLevel(level)
        root.handlers[:] = handlers
    assert fake.sent == [
        {"MESSAGE": "read stored", "PRIORITY": 6, "LOGGER": "alpr", "SEQUENCE": "7"}
    ]
