"""Names the room for Django."""

from typing import Any

from django.apps import AppConfig


class Hits(AppConfig):
    """Matches of reads against lists, and what people made of them."""

    name = "alpr_city.hits"
    label = "hits"

    def ready(self) -> None:
        """Listen for days that are purged."""
        from alpr_city.retention.dropping import day_dropped

        day_dropped.connect(_forget, dispatch_uid="hits")


def _forget(**what: Any) -> None:
    from alpr_city.hits.forgetting import forget

    forget(what["day"])
