"""What systemd hears from us: readiness, a watchdog, and log records with their fields.

systemd-python is used where it is installed; without it, notices go out on a plain datagram and
logs to stderr in the form that journald splits into level and message.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import logging
import os
import socket
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

daemon: Any = None
journal: Any = None
with contextlib.suppress(ImportError):
    daemon = importlib.import_module("systemd.daemon")
    journal = importlib.import_module("systemd.journal")

PATIENCE_S = 10.0
_PRIORITIES = {"DEBUG": 7, "INFO": 6, "WARNING": 4, "ERROR": 3, "CRITICAL": 2}
_OWN = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}


def notify(state: str) -> bool:
    """Tell systemd, as sd_notify(3) does; False when nobody listens."""
    if daemon is not None:
        return bool(daemon.notify(state))
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return False
    if address.startswith("@"):
        address = "\0" + address[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
        sender.settimeout(1.0)
        try:
            sender.sendto(state.encode(), address)
        except OSError:
            return False  # systemd's own watchdog judges silence
    return True


@contextlib.contextmanager
def patience(most_s: float = 1800.0) -> Iterator[None]:
    """While something inside takes long, ask systemd to neither time out nor bark."""
    done = threading.Event()

    def ask() -> None:
        until_s = time.monotonic() + most_s
        while not done.wait(PATIENCE_S) and time.monotonic() < until_s:
            notify(f"WATCHDOG=1\nEXTEND_TIMEOUT_USEC={int(4 * PATIENCE_S * 1e6)}")

    asking = threading.Thread(target=ask, name="patience", daemon=True)
    asking.start()
    try:
        yield
    finally:
        done.set()
        asking.join()


def supervised() -> bool:
    """Whether systemd started this process and listens to it."""
    return bool(os.environ.get("NOTIFY_SOCKET"))


def watchdog_s() -> float | None:
    """How often systemd wants to hear from this process at the latest; None when it does not."""
    if os.environ.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None
    wanted_us = os.environ.get("WATCHDOG_USEC", "")
    return int(wanted_us) / 1e6 if wanted_us.isdigit() and int(wanted_us) else None


def log_to_journal(level: str) -> None:
    """Send this process's log records to journald, or to stderr where that is no journal."""
    handler: logging.Handler
    if journal is not None and "JOURNAL_STREAM" in os.environ:
        handler = _JournalHandler()
    else:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(LineFormatter(for_journal="JOURNAL_STREAM" in os.environ))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)


def fields(record: logging.LogRecord) -> dict[str, Any]:
    """What a log call gave as `extra`."""
    return {key: value for key, value in record.__dict__.items() if key not in _OWN}


class LineFormatter(logging.Formatter):
    """One line for each record: the event, then its fields."""

    def __init__(self, *, for_journal: bool) -> None:
        super().__init__()
        self._for_journal = for_journal

    def format(self, record: logging.LogRecord) -> str:
        """The line; an exception is named by its kind and text, and its trace stays out."""
        parts = [record.getMessage()]
        parts += [
            f"{key}={json.dumps(value, default=str)}" for key, value in fields(record).items()
        ]
        if record.exc_info and record.exc_info[1] is not None:
            parts.append(f"error={json.dumps(repr(record.exc_info[1]))}")
        # A record is one line, whatever a field holds, or journald would make several of it.
        line = " ".join(" ".join(parts).split())
        if self._for_journal:
            return f"<{_PRIORITIES[record.levelname]}>{line}"
        return f"{self.formatTime(record)} {record.levelname.lower()} {line}"


class _JournalHandler(logging.Handler):
    """Structured records for journald: each field under its own upper-case name."""

    def emit(self, record: logging.LogRecord) -> None:
        """Send one record."""
        extra = {key.upper(): str(value) for key, value in fields(record).items()}
        if record.exc_info and record.exc_info[1] is not None:
            extra["ERROR"] = repr(record.exc_info[1])
        journal.send(
            record.getMessage(),
            PRIORITY=_PRIORITIES[record.levelname],
            LOGGER=record.name,
            **extra,
        )
