"""The ledger: what each camera captured is stored, in a gap on record, under way, or purged."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import asdict, dataclass, field

from django.db import connection

from alpr_city.reads.models import Camera, Gap, PurgedSpan, Stream
from alpr_wire.records import Kind


@dataclass(slots=True)
class Account:
    """One camera's, in records; reads are counted by day of first receipt."""

    camera: str
    captured: int = 0
    stored: int = 0
    gap: int = 0
    pending: int = 0
    purged: int = 0
    reads_by_day: dict[str, int] = field(default_factory=dict)

    @property
    def balanced(self) -> bool:
        """Whether nothing is unaccounted for."""
        return self.captured == self.stored + self.gap + self.pending + self.purged

    def row(self) -> dict[str, object]:
        """For machines."""
        return asdict(self) | {"balanced": self.balanced}


def accounts(only: str | None = None) -> list[Account]:
    """Of every camera, or of one.

    What a camera has captured is what it last said of its newest stream; of the streams before,
    and of a camera that has said nothing, it is what the city was sent.
    """
    stored: dict[int, int] = {}
    by_day: dict[int, dict[str, int]] = defaultdict(dict)
    with connection.cursor() as cursor:
        cursor.execute("SELECT stream_id, count(*) FROM record GROUP BY stream_id")
        stored = {int(stream): int(count) for stream, count in cursor.fetchall()}
        cursor.execute(
            "SELECT stream_id, day, count(*) FROM record WHERE kind = %s GROUP BY stream_id, day",
            [int(Kind.READ)],
        )
        for stream, day, count in cursor.fetchall():
            by_day[int(stream)][str(day)] = int(count)
    found = []
    cameras = Camera.objects.order_by("name")
    for camera in cameras.filter(name=only) if only else cameras:
        account = Account(camera.name)
        said = _said(camera)
        for row in Stream.objects.filter(camera=camera):
            gap = sum(g.last_seq - g.first_seq + 1 for g in Gap.objects.filter(stream=row))
            spans = PurgedSpan.objects.filter(stream=row)
            purged = sum(s.last_seq - s.first_seq + 1 for s in spans)
            last = max(row.seq, said.get(bytes(row.stream).hex(), -1))
            account.captured += last + 1
            account.pending += last - row.seq
            account.stored += stored.get(row.pk, 0)
            account.gap += gap
            account.purged += purged
            for day, count in by_day[row.pk].items():
                account.reads_by_day[day] = account.reads_by_day.get(day, 0) + count
        known = {bytes(s.stream).hex() for s in Stream.objects.filter(camera=camera)}
        for stream_id, last in said.items():
            if stream_id not in known:
                account.captured += last + 1
                account.pending += last + 1
        found.append(account)
    return found


def _said(camera: Camera) -> dict[str, int]:
    """The newest record of the camera's outbox, by its own report."""
    try:
        report = json.loads(bytes(camera.health or b"{}"))
        stream, last = report["stream"], report["last_seq"]
    except (ValueError, KeyError, TypeError):
        return {}
    return {stream: last} if isinstance(stream, str) and isinstance(last, int) else {}
