"""Counts a cell from what is stored, without opening a read."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.apps import apps
from django.conf import settings
from django.db import connection
from django.db.models import Sum

from alpr_city.aggregates.cells import Cell, Kind, Tally
from alpr_city.errors import ReleaseError
from alpr_city.web.times import here


def count(cell: Cell) -> Tally:
    """What stands in a cell now.

    Raises:
        ReleaseError: Nothing of this kind is counted here.
    """
    if cell.kind is Kind.PLATES:
        return plates(cell.subject, date.fromisoformat(cell.period))
    return hits(cell.subject, cell.period)


def plates(camera: str, day: date) -> Tally:
    """Passages by a camera on a calendar day of the city's, by the time of capture.

    Different vehicles are told apart by search tokens: reads that share one count as one vehicle,
    and, since tokens of two days of receipt cannot be compared, only the day with most counts.
    """
    first_us, after_us = (_midnight_us(d) for d in (day, day + timedelta(1)))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT r.day, r.stream_id, r.seq FROM record r JOIN stream s ON s.id = r.stream_id"
            " WHERE s.camera_id = %s AND r.captured_us >= %s AND r.captured_us < %s",
            [camera, first_us, after_us],
        )
        reads = {(str(d), int(stream), int(seq)) for d, stream, seq in cursor.fetchall()}
        vehicles = 0
        for received in sorted({d for d, _, _ in reads}):
            cursor.execute(
                "SELECT t.token, t.stream_id, t.seq FROM token t JOIN stream s"
                " ON s.id = t.stream_id WHERE t.day = %s AND s.camera_id = %s",
                [received, camera],
            )
            pairs = [
                (int(token), (int(stream), int(seq)))
                for token, stream, seq in cursor.fetchall()
                if (received, int(stream), int(seq)) in reads
            ]
            vehicles = max(vehicles, groups(pairs))
    return Tally(len(reads), vehicles)


def hits(offence: str, month: str) -> Tally:
    """Hits on lists of a class in a month, near-matches left out."""
    hit = apps.get_app_config("hits").models.get("hit")
    if hit is None:
        raise ReleaseError("hits are not counted on this server")
    year, number = int(month[:4]), int(month[5:])
    first = _midnight(date(year, number, 1))
    after = _midnight(date(year + number // 12, number % 12 + 1, 1))
    found = hit.objects.filter(list_class=offence, not_a_hit="", at__gte=first, at__lt=after)
    totals = apps.get_app_config("hits").models["hittotal"].objects
    purged = totals.filter(list_class=offence, month=month).aggregate(n=Sum("hits"))["n"]
    number = found.count() + int(purged or 0)
    return Tally(number, number)


def groups(pairs: Iterable[tuple[int, tuple[int, int]]]) -> int:
    """How many groups reads fall into where a shared token joins two."""
    parent: dict[object, object] = {}

    def root(of: object) -> object:
        while parent.setdefault(of, of) != of:
            parent[of] = parent[parent[of]]
            of = parent[of]
        return of

    for token, read in pairs:
        parent[root(("token", token))] = root(read)
    return len({root(item) for item in list(parent)})


def today() -> date:
    """The city's."""
    return here(datetime.now(UTC)).date()


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(settings.CITY.city.zone))


def _midnight_us(day: date) -> int:
    return int(_midnight(day).timestamp()) * 1_000_000
