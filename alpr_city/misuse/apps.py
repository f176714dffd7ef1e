"""Names the room for Django."""

from typing import Any

from django.apps import AppConfig


class Misuse(AppConfig):
    """Looks for misuse in the access log, always on, owned by the auditor."""

    name = "alpr_city.misuse"
    label = "misuse"

    def ready(self) -> None:
        """Listen for days that are purged."""
        from alpr_city.retention.dropping import day_dropped

        day_dropped.connect(_forget, dispatch_uid="misuse")


def _forget(**what: Any) -> None:
    from alpr_city.misuse.sweep import forget

    forget(what["day"])
