"""Whether somebody asked this process to end: SIGTERM or SIGINT."""

from __future__ import annotations

import signal


class AskedToStop:
    """Listens from the moment it is made. Only the main thread may make one."""

    def __init__(self) -> None:
        self._asked = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._note)

    def __call__(self) -> bool:
        return self._asked

    def _note(self, *_: object) -> None:
        self._asked = True
