"""Names the room for Django."""

from typing import Any

from django.apps import AppConfig


class Corrections(AppConfig):
    """Revisions of a read's text or state; the old stays, the error counts."""

    name = "alpr_city.corrections"
    label = "corrections"

    def ready(self) -> None:
        """Listen for days that are purged."""
        from alpr_city.retention.dropping import day_dropped

        day_dropped.connect(_forget, dispatch_uid="corrections")


def _forget(**what: Any) -> None:
    from alpr_city.corrections.revising import forget

    forget(what["day"])
