"""Turns the vault's matches into hits, in the transaction that stores their reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.dispatch import Signal

from alpr_city.hits.models import Hit
from alpr_city.hits.rules import not_a_hit

hits_noted = Signal()
"""Hits were stored, in this process: `reads`, a list of (camera, stream, seq)."""
_LAST_US = 4_102_444_800_000_000
"""The year 2100."""


def note(matches: Iterable[Mapping[str, Any]], day: date) -> None:
    """Keep matches; one that is kept already stays as it is."""
    now = datetime.now(UTC)
    rows = [hit_of(m, day, now) for m in matches]
    Hit.objects.bulk_create(rows, ignore_conflicts=True)
    reads = [(r.camera, r.stream, r.seq) for r in rows if not (r.not_a_hit or r.historical)]
    if reads:
        transaction.on_commit(lambda: hits_noted.send(sender=None, reads=reads))


def hit_of(match: Mapping[str, Any], day: date, now: datetime) -> Hit:
    """The row of a match."""
    facts = match["facts"]
    captured_at = _time(match["captured_us"])
    made_at = _time(facts["made_us"])
    live = timedelta(seconds=facts["live_s"])
    return Hit(
        camera=match["camera"],
        stream=match["stream"],
        seq=match["seq"],
        day=day,
        captured_at=captured_at,
        at=now,
        list=match["list"],
        version=match["version"],
        list_class=facts["class"],
        list_made_at=made_at,
        stale_at=min(made_at + timedelta(seconds=facts["stale_s"]), _time(facts["expires_us"])),
        expires_at=captured_at + timedelta(seconds=facts["hit_s"]),
        policy=facts["policy"],
        how=match["how"],
        not_a_hit=not_a_hit(match),
        historical=abs(now - captured_at) > live,
        confidence=match["confidence"],
        state=match["state"],
        sealed=match["sealed"],
    )


def _time(us: int) -> datetime:
    # A camera's clock may say anything; what cannot be a time is far in the past.
    return datetime.fromtimestamp(us / 1e6 if 0 <= us < _LAST_US else 0, UTC)
