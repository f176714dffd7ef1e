"""How long the shutter may stay open, and what shutter and gain to use next."""

from __future__ import annotations

from dataclasses import dataclass

# Mean grey level to aim at: a white plate in the sun must not bloom.
TARGET = 95.0
CLOSE_ENOUGH = 0.12
# Correct part of the way only: controls take effect some frames later.
DAMPING = 0.5
LEAST_SHUTTER_S = 1 / 20000


def shutter_limit_s(max_mph: float) -> float:
    """The longest exposure that keeps a plate sharp at this speed: 1 / (18 x mph) seconds.

    In that time a vehicle moves 25 mm, of which a camera that looks 10 to 30 degrees down along
    the lane sees 4 to 12: about the width of one stroke of a character.
    """
    return 1 / (18 * max_mph)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """Shutter and analogue gain of one frame."""

    shutter_s: float
    gain: float

    def next(self, mean_luma: float, *, limit_s: float, most_gain: float) -> Exposure:
        """Shutter and gain for the frames to come: shutter first, gain only past its limit."""
        ratio = TARGET / max(mean_luma, 1.0)
        if abs(ratio - 1) <= CLOSE_ENOUGH and self.shutter_s <= limit_s:
            return self
        light = self.shutter_s * self.gain * min(max(ratio, 0.25), 4.0) ** DAMPING
        shutter_s = min(max(light, LEAST_SHUTTER_S), limit_s)
        return Exposure(shutter_s=shutter_s, gain=min(max(light / shutter_s, 1.0), most_gain))
