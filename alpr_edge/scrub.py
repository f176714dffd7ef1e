"""Reads the whole outbox once a day, so that damage to what lies there for long is found."""

from __future__ import annotations

import logging
import time
from pathlib import Path
from typing import Protocol

log = logging.getLogger(__name__)

EVERY_S = 86_400.0


class Scrubs(Protocol):
    """A store that can look whether all of it is sound."""

    def scrub(self) -> None:
        """Read everything; raises OutboxError where something is damaged."""


class Scrub:
    """Works beside the other workers. `stamp` is a file whose date says when it was done last."""

    def __init__(self, outbox: Scrubs, stamp: Path) -> None:
        self._outbox, self._stamp = outbox, stamp
        self._done_s = float("-inf")

    def step(self) -> bool:
        """Scrub where it is due.

        Raises:
            OutboxError: Something is damaged.
        """
        if self._due():
            began_s = time.monotonic()
            self._outbox.scrub()
            self._done_s = time.monotonic()
            log.info("outbox is sound", extra={"took_s": round(self._done_s - began_s, 1)})
            try:
                self._stamp.touch()
            except OSError as error:
                log.warning("scrub cannot be dated", extra={"reason": error.strerror})
        return False

    def _due(self) -> bool:
        if time.monotonic() - self._done_s < EVERY_S:
            return False
        try:
            # Either way round: a clock that was wrong must not put it off for years.
            return abs(time.time() - self._stamp.stat().st_mtime) >= EVERY_S
        except OSError:
            return True
