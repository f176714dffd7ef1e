"""Hits for the public: whole months and kinds of list, each told once, as requests for counts are.

A total of everything could be held against counts of single offences, and what is left would be
those that are withheld. So the page tells a sum of the very cells that requests are answered from
(`aggregates.cells`), and what people made of the hits in these cells.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Count
from django.db.models.functions import TruncMonth

from alpr_city.aggregates.cells import Cell, Kind, answer
from alpr_city.aggregates.counting import count
from alpr_city.aggregates.models import AnsweredCell
from alpr_city.aggregates.requests import Stored
from alpr_city.cameras.accuracy import wilson
from alpr_city.hits.models import Hit, HitTotal
from alpr_city.policy import in_force
from alpr_city.reads.models import Camera

FEW_READS = 100
_CONFIRMED, _FALSE, _DISMISSED = "confirmed", "false", "dismissed"
_AS = {
    Hit.Disposition.CORRECT: _CONFIRMED,
    Hit.Disposition.WRONG_STATE: _FALSE,
    Hit.Disposition.MISREAD: _FALSE,
    Hit.Disposition.DISMISSED: _DISMISSED,
}


def settle(at: datetime) -> None:
    """Answer every kind of list for every month that is over; what was answered stays."""
    first = Camera.objects.order_by("admitted_at").values_list("admitted_at", flat=True).first()
    if first is None:
        return
    policy, zone = in_force(), ZoneInfo(settings.CITY.city.zone)
    months = list(_months(first.astimezone(zone).date(), at.astimezone(zone).date()))
    cells = [Cell(Kind.HITS, kind, month) for kind in policy.list_classes for month in months]
    answer(cells, count, Stored(), policy.aggregates.smallest_cell)


def figures(at: datetime, received: int) -> dict[str, Any]:
    """Of the cells that were answered by then; nothing where no month is over."""
    cells = AnsweredCell.objects.filter(kind=Kind.HITS, at__lte=at)
    shown = {(c.subject, c.period): int(c.count) for c in cells.exclude(count=None)}
    if not cells.exists():
        return {}
    words = _words(at, set(shown))
    told: dict[str, Any] = {
        "hits": sum(shown.values()),
        "hit_months_shown": len(shown),
        "hit_months_withheld": cells.filter(count=None).count(),
        **{f"hits_{word}": words[word] for word in (_CONFIRMED, _FALSE, _DISMISSED)},
    }
    if received >= FEW_READS:
        told["hits_per_100000_reads"] = round(1e5 * told["hits"] / received, 1)
    judged = words[_CONFIRMED] + words[_FALSE]
    if judged:
        share = words[_CONFIRMED] / judged, *wilson(words[_CONFIRMED], judged)
        told["hits_true_share"] = [round(v, 4) for v in share]
    return told


def _words(at: datetime, shown: set[tuple[str, str]]) -> Counter[str]:
    """What people said of hits in these cells, each cell's no more than were counted in it."""
    zone = ZoneInfo(settings.CITY.city.zone)
    found: Counter[str] = Counter()
    rows = (
        Hit.objects.filter(not_a_hit="", disposed_at__lte=at)
        .annotate(month=TruncMonth("at", tzinfo=zone))
        .values_list("list_class", "month", "disposition")
        .annotate(n=Count("pk"))
    )
    for kind, month, disposition, n in rows:
        if (kind, f"{month:%Y-%m}") in shown:
            found[_AS[Hit.Disposition(disposition)]] += n
    for total in HitTotal.objects.all():
        if (total.list_class, total.month) in shown:
            found.update({_CONFIRMED: total.correct, _FALSE: total.false})
            found[_DISMISSED] += total.dismissed
    return found


def _months(first: date, today: date) -> Iterator[str]:
    year, month = first.year, first.month
    while (year, month) < (today.year, today.month):
        yield f"{year}-{month:02}"
        year, month = year + month // 12, month % 12 + 1
