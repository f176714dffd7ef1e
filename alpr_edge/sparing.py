"""Says the same thing once an hour at most, and how often it was: a flood fills no journal."""

from __future__ import annotations

import logging
import time

AGAIN_S = 3600.0
MOST_LINES = 200
"""Different lines remembered; beyond them the oldest are forgotten and said anew."""


class Sparing:
    """A logger for what a stranger may cause. One thread uses it."""

    def __init__(self, log: logging.Logger, level: int = logging.ERROR) -> None:
        self._log, self._level = log, level
        self._said: dict[str, tuple[float, int]] = {}

    def say(self, line: str, now_s: float | None = None) -> None:
        """Log a line, unless the same one was logged within the hour."""
        now_s = time.monotonic() if now_s is None else now_s
        at_s, unsaid = self._said.pop(line, (float("-inf"), 0))
        if now_s - at_s < AGAIN_S:
            self._said[line] = at_s, unsaid + 1
            return
        self._log.log(self._level, line, extra={"unsaid": unsaid} if unsaid else None)
        self._said[line] = now_s, 0
        while len(self._said) > MOST_LINES:
            self._said.pop(next(iter(self._said)))
