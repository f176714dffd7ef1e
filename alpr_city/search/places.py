"""Where reads are: by token, by camera and time. Places alone; nothing here opens anything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection

from alpr_city.reads.models import Stream

MOST_PLACES = 10_000
_TOKENS_A_QUERY = 1000


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
    for at in range(0, len(buckets), _TOKENS_A_QUERY):
        part = buckets[at : at + _TOKENS_A_QUERY]
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                # A join that looks into one partition for each bucket; an OR of as many pairs
                # would be planned for every partition.
                cursor.execute(
                    "SELECT t.day, t.stream_id, t.seq FROM unnest(%s::date[], %s::bigint[])"
                    " AS w(day, token) JOIN token t ON t.day = w.day AND t.token = w.token",
                    [[day for day, _ in part], [token for _, token in part]],
                )
            else:
                pairs = ", ".join(["(%s, %s)"] * len(part))
                cursor.execute(
                    f"WITH w(day, token) AS (VALUES {pairs}) SELECT t.day, t.stream_id, t.seq"  # noqa: S608
                    " FROM w CROSS JOIN token t ON t.day = w.day AND t.token = w.token",
                    [value for pair in part for value in pair],
                )
            rows += cursor.fetchall()
    return _timed(rows, cameras)


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


def _timed(rows: list[tuple[Any, ...]], cameras: Sequence[str]) -> list[Place]:
    numbers = {int(number) for _, number, _ in rows}
    streams = {
        s.pk: (s.camera_id, bytes(s.stream))
        for s in Stream.objects.filter(pk__in=numbers)
        if not cameras or s.camera_id in cameras
    }
    found = []
    with connection.cursor() as cursor:
        for day, number, seq in dict.fromkeys(rows):
            if number not in streams:
                continue
            cursor.execute(
                "SELECT captured_us FROM record WHERE day = %s AND stream_id = %s AND seq = %s",
                [str(day), number, seq],
            )
            row = cursor.fetchone()
            if row is not None and row[0] is not None:
                found.append(Place(int(row[0]), *streams[number], int(seq), number, _date(day)))
            if len(found) >= MOST_PLACES:
                break
    return sorted(found, reverse=True)


def _date(day: Any) -> date:
    return day if isinstance(day, date) else date.fromisoformat(day)
