"""How often hits were false, by list and by camera, as people disposed of them."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass

from django.db.models import Count, Q, Sum

from alpr_city.cameras import accuracy
from alpr_city.hits.forgetting import FALSE
from alpr_city.hits.models import Hit, HitTotal

COUNTS = ("hits", "correct", "false", "dismissed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """Hits of one list or camera."""

    name: str
    hits: int
    correct: int
    false: int
    """Wrong state or misread."""
    dismissed: int

    @property
    def waiting(self) -> int:
        """Without a disposition."""
        return self.hits - self.correct - self.false - self.dismissed

    @property
    def share(self) -> tuple[float, float, float] | None:
        """False among those judged true or false, with the 95 % interval (Wilson); None of none."""
        return wilson(self.false, self.false + self.correct)


def by_list() -> list[Rate]:
    """For each list."""
    return _rates("list")


def by_camera() -> list[Rate]:
    """For each camera."""
    return _rates("camera")


def wilson(found: int, of: int) -> tuple[float, float, float] | None:
    """A share and its 95 % interval."""
    if not of:
        return None
    return found / of, *accuracy.wilson(found, of)


def _rates(name: str) -> list[Rate]:
    kinds = Hit.Disposition
    living = (
        Hit.objects.filter(not_a_hit="")
        .values(name)
        .annotate(
            n_hits=Count("pk"),
            n_correct=Count("pk", filter=Q(disposition=kinds.CORRECT)),
            n_false=Count("pk", filter=Q(disposition__in=FALSE)),
            n_dismissed=Count("pk", filter=Q(disposition=kinds.DISMISSED)),
        )
    )
    purged = HitTotal.objects.values(name).annotate(**{f"n_{n}": Sum(n) for n in COUNTS})
    sums: dict[str, Counter[str]] = defaultdict(Counter)
    for row in (*living, *purged):
        sums[row[name]].update({n: row[f"n_{n}"] for n in COUNTS})
    return [Rate(name=key, **{n: found[n] for n in COUNTS}) for key, found in sorted(sums.items())]
