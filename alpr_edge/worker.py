"""A worker: a named thread that steps until told to stop, and whose heart can be heard."""

from __future__ import annotations

import logging
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path

log = logging.getLogger(__name__)


def where(error: Exception) -> str:
    """The places an error came through, innermost first: lines of code and no values."""
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    return " < ".join(f"{Path(f.filename).name}:{f.lineno}" for f in reversed(frames))


class Heartbeat:
    """When a worker last showed that it is alive."""

    def __init__(self, *, limit_s: float) -> None:
        self._limit_s = limit_s
        self._beat_s = time.monotonic()

    def beat(self) -> None:
        """Still alive."""
        self._beat_s = time.monotonic()

    @property
    def fresh(self) -> bool:
        """Whether the last beat is recent enough."""
        return time.monotonic() - self._beat_s <= self._limit_s


class Worker:
    """Runs `step` over and over. `step` returns True when more work is ready at once."""

    def __init__(
        self,
        name: str,
        step: Callable[[], bool],
        *,
        stop: threading.Event,
        beat_limit_s: float,
        idle_s: float = 0.05,
        finish: Callable[[], None] | None = None,
        on_end: Callable[[], None] | None = None,
    ) -> None:
        self.name = name
        self.heartbeat = Heartbeat(limit_s=beat_limit_s)
        self.error: Exception | None = None
        """What killed the worker; None while it lives and after it was stopped."""
        self._step = step
        self._stop = stop
        self._idle_s = idle_s
        self._finish = finish
        self._on_end = on_end
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self.heartbeat.beat()
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    def join(self, timeout_s: float) -> bool:
        """Wait for the end; False when it did not come in time."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            while not self._stop.is_set():
                self.heartbeat.beat()
                if not self._step():
                    self._stop.wait(self._idle_s)
            if self._finish is not None:
                self._finish()
        except Exception as error:
            # The top of a worker: what it could not handle ends the process, and systemd
            # starts a new one.
            self.error = error
            log.critical(
                "worker died",
                extra={"worker": self.name, "reason": type(error).__name__, "where": where(error)},
            )
        finally:
            if self._on_end is not None:
                self._on_end()
