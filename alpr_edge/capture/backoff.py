"""How long to wait before trying again: full jitter under a cap that doubles."""

from __future__ import annotations

import random

FIRST_S = 0.5
# Short: this is a cable or a camera on the same pole, and every second without it is unread road.
MOST_S = 10.0


class Backoff:
    """Counts failures in a row."""

    def __init__(self, *, draw: random.Random | None = None) -> None:
        self._draw = draw or random.Random()  # noqa: S311 - spreads load, guards nothing
        self._failures = 0

    def next_s(self) -> float:
        """Seconds to wait after one more failure."""
        cap_s = min(MOST_S, FIRST_S * 2**self._failures)
        self._failures = min(self._failures + 1, 16)
        return self._draw.uniform(0.05, cap_s)

    def reset(self) -> None:
        """It worked."""
        self._failures = 0
