"""Readings gathered by lane, and whether a lane passes."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from alpr_edge.aim import meters
from alpr_edge.aim.meters import Reading

KEPT = 200
LEAST_READINGS = 8
STANDS = 6
NEAREST = 3
INFRA_RED = "infra-red"


@dataclass(frozen=True, slots=True, kw_only=True)
class Meter:
    """One number of a lane, its limit, and what to do where it does not hold."""

    name: str
    value: float
    limit: float
    at_least: bool
    unit: str
    fix: str

    @property
    def good(self) -> bool:
        """Whether the limit holds."""
        return self.value >= self.limit if self.at_least else self.value <= self.limit


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """How one lane stands."""

    number: int
    plates: int
    meters: tuple[Meter, ...]

    @property
    def passes(self) -> bool:
        """Enough plates were seen, and every meter is good."""
        return self.plates >= LEAST_READINGS and all(m.good for m in self.meters)

    @property
    def fix(self) -> str | None:
        """What to do first."""
        if self.plates < LEAST_READINGS:
            return f"let {LEAST_READINGS - self.plates} more plates pass in this lane"
        return next((m.fix for m in self.meters if not m.good), None)


class Lanes:
    """Vertical strips of the picture, one for each lane, left to right."""

    def __init__(self, count: int, exposure_limit_s: float) -> None:
        self._kept: list[deque[Reading]] = [deque(maxlen=KEPT) for _ in range(count)]
        self._limit_s = exposure_limit_s
        self._places: Counter[tuple[int, int]] = Counter()

    def add(self, readings: Sequence[Reading]) -> None:
        """Take what a frame showed."""
        for reading in readings:
            place = round(reading.centre * 200), round(reading.width_px / 3)
            self._places[place] += 1
            if self._places[place] > STANDS:
                continue  # a parked car says nothing of the lane
            lane = min(len(self._kept) - 1, int(reading.centre * len(self._kept)))
            self._kept[max(0, lane)].append(reading)

    def lanes(self, exposure_s: float | None) -> list[Lane]:
        """Each lane as it stands now."""
        return [
            Lane(number=n, plates=len(kept), meters=self._meters(list(kept), exposure_s))
            for n, kept in enumerate(self._kept, 1)
        ]

    def _meters(self, kept: list[Reading], exposure_s: float | None) -> tuple[Meter, ...]:
        if not kept:
            return ()
        # Vehicles come and go: the aim is judged where plates are largest, at the reading distance.
        kept = sorted(kept, key=lambda r: r.width_px)[-max(1, len(kept) // NEAREST) :]

        def middle(of: Callable[[Reading], float]) -> float:
            return round(median(of(r) for r in kept), 2)

        found = [
            Meter(
                name="plate width",
                value=middle(lambda r: r.width_px),
                limit=meters.LEAST_WIDTH_PX,
                at_least=True,
                unit="px",
                fix="zoom in, or move closer: plates are too small",
            ),
            Meter(
                name="character height",
                value=middle(lambda r: r.character_px),
                limit=meters.LEAST_CHARACTER_PX,
                at_least=True,
                unit="px",
                fix="zoom in, or look less steeply down",
            ),
            Meter(
                name="tilt",
                value=middle(lambda r: abs(r.tilt_deg)),
                limit=meters.MOST_TILT_DEG,
                at_least=False,
                unit="°",
                fix="turn the camera about its own axis until plates lie level",
            ),
            Meter(
                name="skew",
                value=middle(lambda r: r.skew),
                limit=meters.MOST_SKEW,
                at_least=False,
                unit="x",
                fix="look more along the lane and less across it",
            ),
            Meter(
                name="sharpness",
                value=middle(lambda r: r.sharpness),
                limit=meters.LEAST_SHARPNESS,
                at_least=True,
                unit="",
                fix="focus on a plate at the reading distance; wipe the window",
            ),
            Meter(
                name="glare",
                value=middle(lambda r: r.glare * 100),
                limit=meters.MOST_GLARE * 100,
                at_least=False,
                unit="%",
                fix="lower gain or lamp; turn away from the sun",
            ),
        ]
        blurs = [r.blur_px for r in kept if r.blur_px is not None]
        if blurs:
            found.append(
                Meter(
                    name="motion blur",
                    value=round(median(blurs), 2),
                    limit=meters.MOST_BLUR_PX,
                    at_least=False,
                    unit="px",
                    fix="shorten the shutter and add infra-red light",
                )
            )
        if exposure_s is not None:
            found.append(
                Meter(
                    name="shutter",
                    value=round(exposure_s * 1000, 3),
                    limit=round(self._limit_s * 1050, 3),
                    at_least=False,
                    unit="ms",
                    fix=f"hold the shutter under 1/{1 / self._limit_s:.0f} s",
                )
            )
        dark = [r.brighter for r in kept if r.night]
        if dark:
            found.append(
                Meter(
                    name=INFRA_RED,
                    value=round(median(dark), 1),
                    limit=meters.LEAST_BRIGHTER,
                    at_least=True,
                    unit="",
                    fix="point the lamp along the lens at the reading distance; is it lit?",
                )
            )
        return tuple(found)
