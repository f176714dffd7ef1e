"""The motion gate: says cheaply when the road is worth a look."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from alpr_edge.seams import Image

Plane = NDArray[np.float32]

# Grey levels. Under the least step lies what JPEG and shade do; over the most, even a grey car
# on a grey road shows, so a restless place never becomes a blind one.
LEAST_STEP = 6.0
MOST_STEP = 20.0
# No sensor is as noisy as this: half the picture has changed.
MOST_NOISE = 30.0
NOISE_FACTOR = 5.6  # of the mean deviation: 4.5 sigma
MEAN_OF_MEDIAN = 1.2
NOISE_S = 30.0
LEARN_S = 5.0
# What moved and then stood this long is scenery: a parked car, the new light after a step.
STAND_S = 3.0
# A lorry before the lens changes the light as much as a step does: more is never explained away.
MOST_SLACK = 16.0
DARK, WASHED_OUT = 12.0, 250.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Glance:
    """What the gate made of one frame."""

    why: Literal["motion", "hold", "full"] | None
    """Why to look; None when the frame can be left alone."""
    region: tuple[float, float, float, float] | None = None
    """Box round everything that moves, as fractions: left, top, right, bottom."""


class MotionGate:
    """Compares each small grey picture with a background that it learns as it goes.

    The light is matched by one gain for the whole picture, so that an exposure step is no motion,
    and the threshold follows the noise of every pixel, so that a night's noise is none either.
    `watched` gives, for a luma, the pixels in which motion counts; None for all of them.
    It is never the only trigger: every `full_look_s` it asks for a look whatever it saw.
    """

    def __init__(
        self,
        *,
        full_look_s: float,
        hold_s: float,
        min_area: float,
        watched: Callable[[Image], NDArray[np.bool_] | None] = lambda _luma: None,
    ) -> None:
        self.full_look_s = full_look_s
        self._hold_s = hold_s
        self._min_area = min_area
        self._watched_of = watched
        self._watched: NDArray[np.bool_] | None = None
        self._background: Plane | None = None
        self._noise: Plane = np.empty(0, np.float32)
        self._before: Plane = np.empty(0, np.float32)
        self._standing_s: Plane = np.empty(0, np.float32)
        self._at_s = 0.0
        self._moved_s = float("-inf")
        self._looked_s = float("-inf")

    @property
    def background(self) -> Image | None:
        """The empty road as learnt so far, uint8 (h, w)."""
        if self._background is None:
            return None
        return np.clip(self._background, 0, 255).astype(np.uint8)

    def look(self, luma: Image, monotonic_s: float) -> Glance:
        """Judge one frame; frames may come at any rate."""
        region = self._moving(luma, monotonic_s)
        if region is not None:
            self._moved_s = monotonic_s
            why: Literal["motion", "hold", "full"] | None = "motion"
        elif monotonic_s - self._moved_s <= self._hold_s:
            why = "hold"
        elif monotonic_s - self._looked_s >= self.full_look_s:
            why = "full"
        else:
            why = None
        if why:
            self._looked_s = monotonic_s
        return Glance(why=why, region=region)

    def _moving(self, luma: Image, monotonic_s: float) -> tuple[float, float, float, float] | None:
        now = np.asarray(cv2.blur(luma.astype(np.float32), (3, 3)), np.float32)
        if self._background is None or self._background.shape != now.shape:
            self._background, self._before = now.copy(), now
            self._watched = self._watched_of(luma)
            self._noise = np.full(now.shape, 1.0, np.float32)
            self._standing_s = np.zeros(now.shape, np.float32)
            self._at_s = monotonic_s
            return None
        elapsed_s = min(max(monotonic_s - self._at_s, 0.0), 1.0)
        self._at_s = monotonic_s

        gain = _gain(now, self._background)
        expected = np.minimum(self._background * gain, 255)
        # Of what was washed out nobody knows how bright it is: anything down to `expected` fits.
        self._background = np.where(
            self._background >= WASHED_OUT, np.maximum(now, expected), expected
        ).astype(np.float32)
        away = np.asarray(cv2.absdiff(now, self._background), np.float32)
        # The median is the noise of this very frame: a jump in gain is known at once.
        middle = float(np.median(away[::3, ::3]))
        floor = min(NOISE_FACTOR * MEAN_OF_MEDIAN * middle, MOST_NOISE)
        step = np.clip(self._noise * NOISE_FACTOR, max(LEAST_STEP, floor), max(MOST_STEP, floor))
        # One gain does not fit the rim of a washed-out sky: what a step explains is learnt whole.
        slack = min(abs(gain - 1) * 255, MOST_SLACK)
        changed = away > step + slack
        share = 1.0 if slack > LEAST_STEP else 1 - float(np.exp(-elapsed_s / LEARN_S))
        self._learn(now, away, step, changed, share, elapsed_s)
        if self._watched is not None:
            changed = changed & self._watched
        return self._patch(changed)

    def _learn(
        self,
        now: Plane,
        away: Plane,
        step: Plane,
        changed: NDArray[np.bool_],
        share: float,
        elapsed_s: float,
    ) -> None:
        assert self._background is not None
        noise_share = 1 - float(np.exp(-elapsed_s / NOISE_S))
        self._noise += noise_share * (np.minimum(away, step) - self._noise)
        if not changed.any():
            self._standing_s[:] = 0
            self._background += share * (now - self._background)
            self._before = now
            return
        self._background += np.where(changed, 0, share) * (now - self._background)
        stands = changed & (np.asarray(cv2.absdiff(now, self._before)) <= step)
        self._standing_s = np.where(stands, self._standing_s + elapsed_s, 0).astype(np.float32)
        scenery = self._standing_s >= STAND_S
        self._background[scenery] = now[scenery]
        self._before = now

    def _patch(self, changed: NDArray[np.bool_]) -> tuple[float, float, float, float] | None:
        """The box round every patch that is large enough to be part of a vehicle."""
        least = max(2, round(self._min_area * changed.size))
        if int(np.count_nonzero(changed)) < least:
            return None
        labelled: Any = cv2.connectedComponentsWithStats(changed.view(np.uint8), connectivity=8)
        _, _, stats, _ = labelled
        patches = stats[1:][stats[1:, cv2.CC_STAT_AREA] >= least]
        if not len(patches):
            return None
        left, top = patches[:, cv2.CC_STAT_LEFT].min(), patches[:, cv2.CC_STAT_TOP].min()
        right = (patches[:, cv2.CC_STAT_LEFT] + patches[:, cv2.CC_STAT_WIDTH]).max()
        bottom = (patches[:, cv2.CC_STAT_TOP] + patches[:, cv2.CC_STAT_HEIGHT]).max()
        height, width = changed.shape
        return (
            float(left) / width,
            float(top) / height,
            float(right) / width,
            float(bottom) / height,
        )


def _gain(now: Plane, background: Plane) -> float:
    """By how much the whole picture became brighter; a passing vehicle does not sway a median."""
    sample, reference = now[::4, ::4].ravel(), background[::4, ::4].ravel()
    usable = (reference > DARK) & (reference < WASHED_OUT) & (sample < WASHED_OUT)
    if int(np.count_nonzero(usable)) < sample.size // 8:
        return 1.0  # too dark, or washed out: nothing to match by
    return float(np.median(sample[usable] / reference[usable]))
