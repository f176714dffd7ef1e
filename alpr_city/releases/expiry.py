"""Ends the time on file of requests for releases: their papers become unreadable, on record."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Protocol

from alpr_city.policy import in_force
from alpr_city.releases.models import Release


class Asks(Protocol):
    """The vault's client."""

    def call(self, operation: str, *arguments: Any) -> Any:
        """Ask for one operation."""


def expire(vault: Asks, now: datetime) -> int:
    """Papers and scopes of what was decided longer ago than the policy keeps it; how many.

    Who asked, for which agency, and what became of it stays.
    """
    over = Release.objects.filter(
        decided_at__lt=now - timedelta(days=in_force().release_days),
        state__in=["refused", "fulfilled"],
    ).exclude(description=b"")
    count = 0
    for release in over:
        vault.call("release_expire", release.label, now.date().isoformat())
        release.description, release.document, release.scope = b"", None, None
        release.save(update_fields=["description", "document", "scope"])
        count += 1
    return count
