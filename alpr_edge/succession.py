"""A capture process hands over to a fresh one, so that nothing piles up in its memory.

What Python and the models leave in freed memory cannot be wiped, only left behind. So a successor
is started ahead, loads everything that takes time, and waits. In a quiet moment the old process
lets go of the camera, drains as on SIGTERM, tells systemd the new main process and lets it go on.
"""

from __future__ import annotations

import logging
import os
import select
import subprocess
import sys
import time
from collections.abc import Callable, Sequence

from alpr_edge.systemd import notify

log = logging.getLogger(__name__)

READY, GO = b"ready\n", b"go\n"
# Nothing moved for this long, and no passage is open: a vehicle is unlikely to be cut in two.
QUIET_S = 5.0
DISMISS_S = 5.0
# A successor that is not ready by then never will be.
WARM_S = 120.0


class Successor:
    """The process that waits to take over, seen from the old one."""

    def __init__(self, command: Sequence[str]) -> None:
        environment = dict(os.environ)
        # It names the old process; without it the watchdog is for whoever is the main one.
        environment.pop("WATCHDOG_PID", None)
        self._process = subprocess.Popen(  # noqa: S603
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, bufsize=0
        )
        self._started_s = time.monotonic()
        self._heard = b""

    @property
    def process_id(self) -> int:
        """Of the successor."""
        return self._process.pid

    @property
    def ready(self) -> bool:
        """Whether it has loaded everything and waits."""
        assert self._process.stdout is not None
        if self._heard != READY and select.select([self._process.stdout], [], [], 0)[0]:
            self._heard += os.read(self._process.stdout.fileno(), len(READY))
        return self._heard == READY and self._process.poll() is None

    @property
    def failed(self) -> bool:
        """Whether it died, or takes too long to be of use."""
        late = self._heard != READY and time.monotonic() - self._started_s > WARM_S
        return late or self._process.poll() is not None

    def take_over(self) -> None:
        """Let it go on, and tell systemd that it is the main process now."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        notify(f"MAINPID={self._process.pid}")
        self._process.stdin.write(GO)
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.returncode = 0  # no longer ours to wait for

    def dismiss(self) -> None:
        """It is not needed after all: without its pipe it ends by itself."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(DISMISS_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()


class Succession:
    """When to start a successor, and when to hand over to it."""

    def __init__(self, after_s: float, start: Callable[[], Successor]) -> None:
        self._after_s = after_s
        self._start = start
        self._due_s = time.monotonic() + after_s
        self.successor: Successor | None = None

    def judge(self, *, quiet_s: float) -> bool:
        """Whether to hand over now; `quiet_s` is how long nothing has moved.

        A road that is never quiet is cut anyway once twice the time has passed: a passage that is
        open then becomes a read, and its vehicle may become a second one.
        """
        now_s = time.monotonic()
        if not self._after_s or now_s < self._due_s:
            return False
        if self.successor is None:
            self.successor = self._start()
        if self.successor.failed:
            log.warning("successor failed")
            self.dismiss()
            self._due_s = now_s + self._after_s
            return False
        overdue = now_s >= self._due_s + self._after_s
        return self.successor.ready and (quiet_s >= QUIET_S or overdue)

    def hand_over(self) -> None:
        """Let the successor go on; this process has nothing open any more."""
        assert self.successor is not None
        self.successor.take_over()
        self.successor = None

    def dismiss(self) -> None:
        """End a successor that waits in vain."""
        if self.successor is not None:
            self.successor.dismiss()
            self.successor = None


def own_command(*arguments: str) -> list[str]:
    """The command line that starts this program again."""
    return [sys.executable, "-m", "alpr_edge.cli", *arguments]


def stand_by() -> bool:
    """In the successor, once all is loaded: wait until it is our turn; False when it never is."""
    os.write(1, READY)
    ours = os.read(0, len(GO)) == GO
    nowhere = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1):
        os.dup2(nowhere, fd)  # the pipes of a process that is about to end
    os.close(nowhere)
    return ours
