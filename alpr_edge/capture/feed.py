"""The camera worker: keeps a source open and its newest shot in the slot."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import replace

from alpr_edge.capture.backoff import Backoff
from alpr_edge.capture.shot import Shot
from alpr_edge.capture.slot import NewestSlot
from alpr_edge.capture.source import Source
from alpr_edge.errors import CameraError

log = logging.getLogger(__name__)


class Feed:
    """Reads a source into the slot, and opens it again, with jitter, when it fails."""

    def __init__(
        self,
        open_again: Callable[[], Source],
        slot: NewestSlot[Shot],
        *,
        stop: threading.Event,
        backoff: Backoff | None = None,
    ) -> None:
        self._open = open_again
        self._slot = slot
        self._stop = stop
        self._backoff = backoff or Backoff()
        self._source: Source | None = None
        self._counted = 0
        """Sequence numbers used up by sources that are closed now."""
        self._last = 0
        self.newest_s: float | None = None
        """`time.monotonic()` when the last shot arrived."""
        self.reconnects = 0
        self.connected = False

    def open(self) -> None:
        """Open the source for the first time.

        Raises:
            CameraError: It cannot be opened and trying again cannot help.
        """
        try:
            self._source = self._open()
        except CameraError as error:
            if error.permanent:
                raise
            self._lost(error)

    def step(self) -> bool:
        """Read one shot, or try once to open the source; False when there is nothing to hurry."""
        try:
            if self._source is None:
                self._source = self._open()
            shot = self._source.read()
        except CameraError as error:
            if error.permanent and not self.newest_s:
                raise
            self._lost(error)
            self._stop.wait(self._backoff.next_s())
            return True
        if shot is None:
            self._slot.close()
            return False
        self._backoff.reset()
        self.connected = True
        self.newest_s = time.monotonic()
        self._last = self._counted + shot.sequence
        self._slot.put(replace(shot, sequence=self._last) if self._counted else shot)
        return True

    def close(self) -> None:
        """Let go of the camera; whoever waits for a shot learns that none comes."""
        if self._source is not None:
            self._source.close()
            self._source = None
        self.connected = False
        self._slot.close()

    def _lost(self, error: CameraError) -> None:
        log.warning("camera lost", extra={"reason": str(error)})
        self.connected = False
        self.reconnects += 1
        self._counted = self._last
        if self._source is not None:
            self._source.close()
            self._source = None
