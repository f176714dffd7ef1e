"""How hard to work: every frame, or fewer because the board is hot or the loop is behind."""

from __future__ import annotations

from alpr_edge.config import PaceConfig
from alpr_edge.machine import Vitals
from alpr_edge.seams import Mode

# Of the frames offered in the last window; two thresholds, or it would flutter between them.
BEHIND, CAUGHT_UP = 0.25, 0.10
WINDOW_S = 5.0


class Pace:
    """Chooses the mode, and while hot the frames that are looked at."""

    def __init__(self, config: PaceConfig) -> None:
        self._config = config
        self.mode: Mode = "full"
        self._hot = False
        self._behind = False
        self._window: tuple[float, int, int] | None = None
        self._looked_s = float("-inf")

    def judge(self, now_s: float, vitals: Vitals, *, offered: int, dropped: int) -> Mode:
        """Choose the mode; `offered` and `dropped` count frames since the start."""
        heat = vitals.temperature_c
        if vitals.throttled or (heat is not None and heat >= self._config.hot_c):
            self._hot = True
        elif heat is None or heat <= self._config.cool_c:
            self._hot = False
        if self._window is None:
            self._window = now_s, offered, dropped
        elif now_s - self._window[0] >= WINDOW_S:
            _, offered_then, dropped_then = self._window
            share = (dropped - dropped_then) / max(1, offered - offered_then)
            self._behind = share > (CAUGHT_UP if self._behind else BEHIND)
            self._window = now_s, offered, dropped
        self.mode = "hot" if self._hot else "slow" if self._behind else "full"
        return self.mode

    def allows(self, monotonic_s: float) -> bool:
        """Whether to look at a frame taken now; while hot only so many a second."""
        since_s = monotonic_s - self._looked_s
        # 0.9: frames come in steps, and waiting for the next one would halve the rate.
        if self.mode == "hot" and 0 <= since_s < 0.9 / self._config.hot_frames_per_s:
            return False
        self._looked_s = monotonic_s
        return True
