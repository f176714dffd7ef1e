"""The public's figures: all from the access log and the tables as of one moment, none typed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.apps import apps
from django.db import connection
from django.db.models import Count, Q

from alpr_city.aggregates.models import AggregateRequest
from alpr_city.cameras.accuracy import wilson
from alpr_city.public import conduct
from alpr_city.reads.models import Camera
from alpr_city.releases.models import Release
from alpr_city.retention import counting
from alpr_city.retention.models import Hold, Purge
from alpr_wire.records import Kind

ROUND_READS = 100
"""Reads are told in hundreds, so that no day's count of one camera can be worked out from them."""

Rows = list[list[Any]]


def of_log(rows: Rows) -> dict[str, Any]:
    """Figures from counts of the log."""
    searches = [[purpose, who, n] for kind, purpose, who, n in rows if kind == "search"]
    by_purpose: Counter[str] = Counter()
    by_organisation: Counter[str] = Counter()
    for purpose, who, n in searches:
        by_purpose[purpose] += n
        by_organisation[who] += n
    notes = {what: n for kind, what, _, n in rows if kind == "note"}
    refusals = {w: n for w, n in notes.items() if w.endswith(".refused") or w == "door.outside"}
    return {
        "accesses": sum(n for kind, *_, n in rows if kind == "access"),
        "searches": sum(n for *_, n in searches),
        "searches_by_purpose": dict(sorted(by_purpose.items())),
        "searches_by_organisation": dict(sorted(by_organisation.items())),
        "refusals": sum(refusals.values()),
        "refusals_by_kind": dict(sorted(refusals.items())),
        "releases_made": notes.get("release.fulfilled", 0),
    }


def of_tables(at: datetime, reads_by_day: Mapping[str, int]) -> dict[str, Any]:
    """Figures from the tables as they were at a moment."""
    cameras = Camera.objects.filter(admitted_at__lte=at)
    purges = Purge.objects.filter(finished_at__lte=at)
    purged = sum(int(p.facts["reads"]) for p in purges)
    received = sum(reads_by_day.values()) + purged
    holds = Hold.objects.filter(placed_at__lte=at)
    made = Release.objects.filter(entered_at__lte=at)
    counted = AggregateRequest.objects.filter(asked_at__lte=at)
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
        "releases_asked": made.count(),
        "releases_refused": made.filter(state="refused", decided_at__lte=at).count(),
        "counts_asked": counted.count(),
        "counts_answered": counted.filter(state="answered", decided_at__lte=at).count(),
    }
    return (
        figures
        | conduct.audits(at)
        | conduct.accuracy(at)
        | conduct.up_time(at)
        | _hits(at, received)
    )


def _hits(at: datetime, received: int) -> dict[str, Any]:
    """Absent where the room of hits has none."""
    hit = apps.get_app_config("hits").models.get("hit")
    if hit is None or not hit.objects.exists():
        return {}
    found = hit.objects.filter(at__lte=at, not_a_hit="")
    judged = found.filter(disposed_at__lte=at)
    correct = judged.filter(disposition="correct").count()
    false = judged.filter(disposition__in=["wrong state", "misread"]).count()
    figures: dict[str, Any] = {
        "hits": found.count(),
        "hits_confirmed": correct,
        "hits_false": false,
        "hits_dismissed": judged.filter(disposition="dismissed").count(),
    }
    if received >= ROUND_READS:
        figures["hits_per_100000_reads"] = round(1e5 * figures["hits"] / received, 1)
    if correct + false:
        figures["hits_true_share"] = [
            round(v, 4) for v in (correct / (correct + false), *wilson(correct, correct + false))
        ]
    return figures


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
