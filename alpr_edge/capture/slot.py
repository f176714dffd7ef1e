"""The newest-frame slot between camera and inference: frames may be dropped, and are counted."""

from __future__ import annotations

import threading
from typing import Generic, TypeVar

T = TypeVar("T")


class NewestSlot(Generic[T]):
    """Holds one thing. A live source overwrites it; a recording at full speed waits instead."""

    def __init__(self, *, live: bool) -> None:
        self.live = live
        self._held: T | None = None
        self._closed = False
        self._changed = threading.Condition()
        self.offered = 0
        self.dropped = 0

    def put(self, thing: T) -> None:
        """Offer the newest; what was not taken in time is dropped and counted."""
        with self._changed:
            if not self.live:
                self._changed.wait_for(lambda: self._held is None or self._closed)
            self.offered += 1
            if self._held is not None or self._closed:
                self.dropped += 1
            if not self._closed:
                self._held = thing
            self._changed.notify_all()

    def take(self, timeout_s: float) -> T | None:
        """The newest, waited for; None when none came in time or the slot is closed and empty."""
        with self._changed:
            self._changed.wait_for(lambda: self._held is not None or self._closed, timeout_s)
            taken, self._held = self._held, None
            self._changed.notify_all()
            return taken

    def close(self) -> None:
        """Nothing more comes; what is held may still be taken."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    @property
    def over(self) -> bool:
        """Closed, and everything taken."""
        return self._closed and self._held is None
