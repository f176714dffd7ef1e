"""Whether somebody asked this process to end: SIGTERM or SIGINT. Systemd hears that it lives."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import time

PET_S = 10.0


class AskedToStop:
    """Listens from the moment it is made. Only the main thread may make one.

    Whoever asks stands at the head of a loop: the first question is word that the process is ready,
    and the later ones that it does not hang.
    """

    def __init__(self) -> None:
        self._asked = False
        self._told_s: float | None = None
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._note)

    def __call__(self) -> bool:
        now_s = time.monotonic()
        if self._told_s is None:
            self._told_s = now_s
            notify("READY=1")
        elif now_s - self._told_s >= PET_S:
            self._told_s = now_s
            notify("WATCHDOG=1")
        return self._asked

    def _note(self, *_: object) -> None:
        self._asked = True


def notify(state: str) -> None:
    """Tell systemd, as sd_notify(3) does, where it listens."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
        sender.settimeout(1.0)
        with contextlib.suppress(OSError):  # systemd's own watchdog judges silence
            sender.sendto(state.encode(), address)
