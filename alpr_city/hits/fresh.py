"""Hits that were not there before. Their numbers alone do not say so.

Two workers that store at once may commit in the other order than their numbers were drawn: a
number can appear after a higher one did.
"""

from __future__ import annotations

from django.db.models import Max

from alpr_city.hits.models import Hit

LAG = 200
"""How far behind the newest number one may still appear."""


def newest() -> int:
    """Number of the newest hit."""
    return int(Hit.objects.aggregate(newest=Max("pk"))["newest"] or 0)


class Fresh:
    """Remembers what was there."""

    def __init__(self, after: int | None = None) -> None:
        """From a number on; from now on where none is given."""
        self._last = newest() if after is None else after
        self._seen = {number for number in self._window() if number <= self._last}

    @property
    def last(self) -> int:
        """The highest number there was."""
        return self._last

    def numbers(self) -> list[int]:
        """Of hits since the last time, in order."""
        found = sorted(set(self._window()) - self._seen)
        if found:
            self._last = max(self._last, found[-1])
            self._seen = {n for n in self._seen | set(found) if n > self._last - LAG}
        return found

    def _window(self) -> list[int]:
        return list(Hit.objects.filter(pk__gt=self._last - LAG).values_list("pk", flat=True))
