"""What a day holds, before it is purged: counts, and the heads that the chain goes on from."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.db import connection

from alpr_city.proof.inclusion import head_before
from alpr_city.reads.models import Gap, Stream
from alpr_wire.records import Kind


def days_before(limit: date) -> list[date]:
    """Days of first receipt before this one that anything is stored of, oldest first."""
    found: set[date] = set()
    with connection.cursor() as cursor:
        for table in ("record", "quarantined"):
            # A loose scan over the day index: distinct over millions of rows would read them all.
            last = date.min
            while True:
                cursor.execute(
                    f"SELECT min(day) FROM {table} WHERE day > %s AND day < %s",  # noqa: S608
                    [str(last), str(limit)],
                )
                (day,) = cursor.fetchone()
                if day is None:
                    break
                last = day if isinstance(day, date) else date.fromisoformat(day)
                found.add(last)
    return sorted(found)


def count(day: date) -> dict[str, Any]:
    """By camera: reads, records, and spans `[stream, first, last, head before, head after]`."""
    cameras: dict[str, dict[str, Any]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT stream_id, min(seq), max(seq), count(*),"
            " sum(CASE WHEN kind = %s THEN 1 ELSE 0 END) FROM record WHERE day = %s"
            " GROUP BY stream_id ORDER BY stream_id",
            [int(Kind.READ), str(day)],
        )
        rows = cursor.fetchall()
        cursor.execute("SELECT count(*) FROM quarantined WHERE day = %s", [str(day)])
        (quarantined,) = cursor.fetchone()
    for number, first, last, records, reads in rows:
        stream = Stream.objects.get(pk=number)
        camera = cameras.setdefault(
            stream.camera_id, {"reads": 0, "records": 0, "missing": 0, "spans": []}
        )
        spans = [_heads(stream, a, b) for a, b in _spans(stream, int(first), int(last))]
        covered = sum(span["last"] - span["first"] + 1 for span in spans)
        camera["reads"] += int(reads)
        camera["records"] += int(records)
        camera["missing"] += covered - int(records)
        camera["spans"] += spans
    return {
        "day": str(day),
        "reads": sum(c["reads"] for c in cameras.values()),
        "records": sum(c["records"] for c in cameras.values()),
        "quarantined": int(quarantined),
        "cameras": cameras,
    }


def _spans(stream: Stream, first: int, last: int) -> Iterator[tuple[int, int]]:
    """A stretch without the gaps that the camera put on record within it."""
    gaps = Gap.objects.filter(stream=stream, first_seq__gte=first, last_seq__lte=last)
    for gap in gaps.order_by("first_seq"):
        if gap.first_seq > first:
            yield first, gap.first_seq - 1
        first = gap.last_seq + 1
    if first <= last:
        yield first, last


def _heads(stream: Stream, first: int, last: int) -> dict[str, Any]:
    before, after = head_before(stream, first), head_before(stream, last + 1)
    return {
        "stream": bytes(stream.stream).hex(),
        "first": first,
        "last": last,
        "before": before.hex() if before else None,
        "after": after.hex() if after else None,
    }
