"""How often hits were false, by list and by camera, as people disposed of them."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Q

from alpr_city.cameras import accuracy
from alpr_city.hits.models import Hit


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
    false = Q(disposition__in=[kinds.WRONG_STATE, kinds.MISREAD])
    rows = (
        Hit.objects.filter(not_a_hit="")
        .values(name)
        .annotate(
            hits=Count("pk"),
            correct=Count("pk", filter=Q(disposition=kinds.CORRECT)),
            false=Count("pk", filter=false),
            dismissed=Count("pk", filter=Q(disposition=kinds.DISMISSED)),
        )
        .order_by(name)
    )
    return [
        Rate(
            name=r[name],
            hits=r["hits"],
            correct=r["correct"],
            false=r["false"],
            dismissed=r["dismissed"],
        )
        for r in rows
    ]
