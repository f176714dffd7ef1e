"""Ends the time on file of requests for releases: their papers become unreadable, on record."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Protocol

from alpr_city.policy import in_force
from alpr_city.releases.models import Memorandum, Release


class Asks(Protocol):
    """The vault's client."""

    def call(self, operation: str, *arguments: Any) -> Any:
        """Ask for one operation."""


def expire(vault: Asks, now: datetime) -> int:
    """Papers and scopes of what was decided longer ago than the policy keeps it, and memoranda that
    ended so long ago; how many.

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
    return count + _memoranda(vault, now)


def _memoranda(vault: Asks, now: datetime) -> int:
    """Documents of memoranda that ended so long ago, and under which nothing is on file now."""
    ended = Memorandum.objects.filter(
        expires_on__lt=now.date() - timedelta(days=in_force().release_days), document__isnull=False
    )
    needed = Release.objects.exclude(description=b"").exclude(memorandum=None)
    count = 0
    for memorandum in ended.exclude(pk__in=needed.values("memorandum")):
        vault.call("release_expire", memorandum.label, now.date().isoformat())
        memorandum.document = None
        memorandum.save(update_fields=["document"])
        count += 1
    return count
