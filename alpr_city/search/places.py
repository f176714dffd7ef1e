"""Where reads are: by token, by camera and time. Places alone; nothing here opens anything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection
from django.http import Http404

from alpr_city.reads.models import Stream
from alpr_city.reads.partitions import partition

_AT_ONCE = 250
"""Days in one query."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """One stored read. Newest first, where sorted in reverse."""

    captured_us: int
    camera: str
    stream: bytes
    seq: int
    number: int
    """The stream's row."""
    day: date


def by_tokens(buckets: Sequence[Sequence[Any]], cameras: Sequence[str] = ()) -> list[Place]:
    """Reads in buckets, `(day, token)`, newest first."""
    rows: list[tuple[Any, ...]] = []
    for at in range(0, len(buckets), _AT_ONCE):
        part = [(str(day), int(token)) for day, token in buckets[at : at + _AT_ONCE]]
        rows += _on_postgres(part) if connection.vendor == "postgresql" else _on_sqlite(part)
    streams = {
        s.pk: (s.camera_id, bytes(s.stream))
        for s in Stream.objects.filter(pk__in={int(number) for _, number, _, _ in rows})
        if not cameras or s.camera_id in cameras
    }
    found = {
        Place(int(us), *streams[number], int(seq), number, _date(day))
        for day, number, seq, us in rows
        if number in streams and us is not None
    }
    return sorted(found, reverse=True)


def _on_sqlite(part: list[tuple[str, int]]) -> list[tuple[Any, ...]]:
    pairs = ", ".join(["(%s, %s)"] * len(part))
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH w(day, token) AS (VALUES {pairs})"  # noqa: S608
            " SELECT t.day, t.stream_id, t.seq, r.captured_us"
            " FROM w CROSS JOIN token t ON t.day = w.day AND t.token = w.token"
            " CROSS JOIN record r ON r.day = t.day AND r.stream_id = t.stream_id AND r.seq = t.seq",
            [value for pair in part for value in pair],
        )
        return list(cursor.fetchall())


def _on_postgres(part: list[tuple[str, int]]) -> list[tuple[Any, ...]]:
    """Each day's partition by its own name: the planner of a join would weigh every partition."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = "
            "'token'::regclass AND NOT inhdetachpending"
        )
        there = {name for (name,) in cursor.fetchall()}
        looks = [
            (day, partition("token", date.fromisoformat(day)), token)
            for day, token in part
            if partition("token", date.fromisoformat(day)) in there
        ]
        if not looks:
            return []
        # Names, days and numbers are ours: none came from a person. A partition has one day alone;
        # it is named all the same, for the index begins with it.
        cursor.execute(
            " UNION ALL ".join(
                f"SELECT day, stream_id, seq FROM {name} WHERE day = '{day}' AND token = {token}"  # noqa: S608
                for day, name, token in looks
            )
        )
        rows = cursor.fetchall()
        by_day: dict[date, list[tuple[int, int]]] = {}
        for day, number, seq in rows:
            by_day.setdefault(day, []).append((int(number), int(seq)))
        if not by_day:
            return []
        cursor.execute(
            " UNION ALL ".join(
                f"SELECT day, stream_id, seq, captured_us FROM {partition('record', day)}"  # noqa: S608
                f" WHERE day = '{day}' AND (stream_id, seq) IN"
                f" ({', '.join(f'({number}, {seq})' for number, seq in places)})"
                for day, places in by_day.items()
            )
        )
        return list(cursor.fetchall())


def by_camera(camera: str, first_us: int, last_us: int, *, after: int, most: int) -> list[Place]:
    """One page of what a camera read in a window, newest first, after so many."""
    streams = {s.pk: bytes(s.stream) for s in Stream.objects.filter(camera_id=camera)}
    found: list[Place] = []
    for number, stream in streams.items():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT day, seq, captured_us FROM record WHERE stream_id = %s"
                " AND captured_us IS NOT NULL AND captured_us >= %s AND captured_us <= %s"
                " ORDER BY captured_us DESC LIMIT %s",
                [number, first_us, last_us, after + most],
            )
            found += [
                Place(int(us), camera, stream, int(seq), number, _date(day))
                for day, seq, us in cursor.fetchall()
            ]
    return sorted(found, reverse=True)[after : after + most]


def named(names: Sequence[tuple[str, bytes, int]]) -> list[Place]:
    """Reads by camera, stream and sequence number, in that order; what is gone is left out."""
    streams = {
        (s.camera_id, bytes(s.stream)): s.pk
        for s in Stream.objects.filter(camera_id__in={n[0] for n in names})
    }
    found = []
    with connection.cursor() as cursor:
        for camera, stream, seq in names:
            number = streams.get((camera, stream))
            cursor.execute(
                "SELECT day, captured_us FROM record WHERE stream_id = %s AND seq = %s"
                " AND captured_us IS NOT NULL",
                [number, seq],
            )
            row = cursor.fetchone()
            if row is not None and number is not None:
                found.append(Place(int(row[1]), camera, stream, seq, number, _date(row[0])))
    return found


def at_address(camera: str, stream: str, seq: int) -> Place:
    """The read that a page's address names, its stream in hexadecimal.

    Raises:
        Http404: There is none, or it is gone.
    """
    try:
        found = named([(camera, bytes.fromhex(stream), seq)])
    except ValueError:
        found = []
    if not found:
        raise Http404
    return found[0]


def stored(place: Place) -> tuple[bytes, bytes] | None:
    """Encoding and wrapped keys of a read; None when it is gone."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT encoding, wrapped FROM record WHERE day = %s AND stream_id = %s AND seq = %s"
            " AND wrapped IS NOT NULL",
            [str(place.day), place.number, place.seq],
        )
        row = cursor.fetchone()
    return None if row is None else (bytes(row[0]), bytes(row[1]))


def _date(day: Any) -> date:
    return day if isinstance(day, date) else date.fromisoformat(day)
