"""The public's figures from the tables as of one moment; `verify_figures` has those of the log."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.db import connection
from django.db.models import Count, Q

from alpr_city.public import conduct, hits
from alpr_city.reads.models import Camera
from alpr_city.releases.models import Release
from alpr_city.retention import counting
from alpr_city.retention.models import Hold, Purge
from alpr_wire.records import Kind

ROUND_READS = 100
"""Reads are told in hundreds, so that no day's count of one camera can be worked out from them."""


def of_tables(at: datetime, reads_by_day: Mapping[str, int]) -> dict[str, Any]:
    """Figures from the tables as they were at a moment."""
    cameras = Camera.objects.filter(admitted_at__lte=at)
    purges = Purge.objects.filter(finished_at__lte=at)
    purged = sum(int(p.facts["reads"]) for p in purges)
    received = sum(reads_by_day.values()) + purged
    holds = Hold.objects.filter(placed_at__lte=at)
    made = Release.objects.filter(entered_at__lte=at)
    figures: dict[str, Any] = {
        "cameras": cameras.count(),
        "reads_received_at_least": received // ROUND_READS * ROUND_READS,
        "holds_placed": holds.count(),
        "holds_standing": holds.filter(Q(released_at=None) | Q(released_at__gt=at)).count(),
        "days_purged": purges.count(),
        "reads_destroyed": purged // ROUND_READS * ROUND_READS,
        "releases_by_agency": dict(
            made.filter(fulfilled_at__lte=at)
            .order_by("agency_name")
            .values_list("agency_name")
            .annotate(n=Count("pk"))
        ),
        "releases_refused": made.filter(state="refused", decided_at__lte=at).count(),
    }
    return (
        figures
        | conduct.audits(at)
        | conduct.accuracy(at)
        | conduct.up_time(at)
        | hits.figures(at, received)
    )


def reads_by_day(at: datetime, known: Mapping[str, int]) -> dict[str, int]:
    """Reads of each whole day that is stored; a day that was counted once is not counted again."""
    found = {}
    for day in counting.days_before(at.astimezone(UTC).date()):
        if str(day) in known:
            found[str(day)] = known[str(day)]
            continue
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM record WHERE day = %s AND kind = %s", [day, int(Kind.READ)]
            )
            found[str(day)] = int(cursor.fetchone()[0])
    return found
