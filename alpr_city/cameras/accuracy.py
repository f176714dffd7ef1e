"""How often a camera is right, measured by people who compared its reads with their pictures."""

from __future__ import annotations

import math
from dataclasses import dataclass

from alpr_city.corrections.models import Check

Z = 1.959964
"""Of a 95 % interval."""


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Reads checked and found wrong, and between what bounds the share of right ones lies."""

    checked: int
    wrong: int
    low: float
    high: float

    def __str__(self) -> str:
        if not self.checked:
            return "not measured yet: no read was checked"
        right = self.checked - self.wrong
        return (
            f"{100 * right / self.checked:.1f} % of {self.checked} checked reads right"
            f" (95 % interval {100 * self.low:.1f} to {100 * self.high:.1f} %)"
        )


def accuracy_of(camera: str | None = None) -> Accuracy:
    """Of one camera, or of all together."""
    checks = Check.objects.all() if camera is None else Check.objects.filter(camera=camera)
    checked = checks.count()
    wrong = checks.exclude(verdict=Check.Verdict.RIGHT).count()
    return Accuracy(checked, wrong, *wilson(checked - wrong, checked))


def wilson(right: int, of: int) -> tuple[float, float]:
    """Wilson's score interval of a share; (0, 1) where nothing was measured."""
    if not of:
        return 0.0, 1.0
    share, squared = right / of, Z * Z / of
    middle = (share + squared / 2) / (1 + squared)
    half = Z * math.sqrt(share * (1 - share) / of + squared / (4 * of)) / (1 + squared)
    return max(0.0, middle - half), min(1.0, middle + half)
