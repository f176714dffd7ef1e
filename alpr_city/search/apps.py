"""Names the room for Django."""

from typing import Any

from django.apps import AppConfig


class Search(AppConfig):
    """Finds reads: exact, partial, by camera and time; and shows them."""

    name = "alpr_city.search"
    label = "search"

    def ready(self) -> None:
        """Listen for days that are purged."""
        from alpr_city.retention.dropping import day_dropped

        day_dropped.connect(_forget, dispatch_uid="search")


def _forget(**what: Any) -> None:
    """Partial searches that went over the day: what they found is named by place."""
    from alpr_city.search.models import Run

    Run.objects.filter(first__lte=what["day"], last__gte=what["day"]).delete()
