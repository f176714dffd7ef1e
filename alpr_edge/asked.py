"""Whether somebody asked this process to end: SIGTERM or SIGINT."""

from __future__ import annotations

import signal


class AskedToStop:
    """Listens from the moment it is made. Only the main thread may make one.

    The handler sets a plain flag: an Event's lock may be held by the very code it interrupts.
    """

    def __init__(self) -> None:
        self._asked = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._note)

    def __bool__(self) -> bool:
        return self._asked

    def _note(self, *_: object) -> None:
        self._asked = True
