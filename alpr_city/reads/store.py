"""Writes what ingest has taken, in one transaction, the same on SQLite and PostgreSQL."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import chain
from operator import itemgetter
from typing import Any

from django.db import OperationalError, connection, transaction
from django.dispatch import Signal

from alpr_city.errors import IngestError
from alpr_city.reads import partitions
from alpr_city.reads.models import Alarm, Camera, Gap, Quarantined, Stream

RECORD = ("day", "stream_id", "seq", "kind", "encoding", "wrapped", "captured_us")
TOKEN = ("day", "token", "stream_id", "seq")
PATTERN = ("day", "camera", "slot", "part", "sealed")
ROWS = 50
"""In one statement of SQLite's: half the time of one row each."""
camera_heard = Signal()
"""A camera said something of its health: `camera`, `online`, `report`."""
HEADS_APART = 250
"""Records between two signed heads that are kept; the newest of a stream always is."""


@dataclass(slots=True)
class Position:
    """How far one stream is held."""

    id: int
    camera: str
    stream: bytes
    seq: int
    digest: bytes
    signature: bytes | None
    signed_seq: int
    """The last signed head that is kept in a row of its own."""
    held_seq: int
    """What the database holds; nothing is committed where somebody else has moved that."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What a camera says of itself."""

    online: bool
    report: bytes | None
    """None where it only came or went."""


@dataclass(slots=True)
class Intake:
    """Everything that one transaction commits."""

    day: date
    records: list[tuple[Any, ...]] = field(default_factory=list)
    """(day as text, stream, seq, kind, encoding, wrapped, captured_us)"""
    tokens: list[tuple[Any, ...]] = field(default_factory=list)
    """(day as text, token, stream, seq)"""
    patterns: list[tuple[Any, ...]] = field(default_factory=list)
    """(day as text, camera, slot, part, sealed)"""
    positions: list[Position] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    quarantined: list[Quarantined] = field(default_factory=list)
    alarms: dict[tuple[str, str], tuple[str, int]] = field(default_factory=dict)
    """Detail and count by (camera, kind)."""
    heard: dict[str, Heard] = field(default_factory=dict)
    """By camera."""
    beside: list[Callable[[], None]] = field(default_factory=list)
    """What other rooms write in the same transaction."""

    def __bool__(self) -> bool:
        return bool(
            self.records
            or self.positions
            or self.gaps
            or self.quarantined
            or self.alarms
            or self.heard
        )


class Store:
    """The ingest's side of the database. One thread uses it."""

    def __init__(self) -> None:
        self._ready: set[date] = set()

    def cameras(self) -> list[Camera]:
        """Every camera."""
        return list(Camera.objects.order_by("name"))

    def settle(self) -> None:
        """Write SQLite's log into its file and begin it anew; first of all, and after a failure.

        After an fsync that failed, Linux shows the log as if it were on the disk, and no later
        fsync writes those pages: commits appended behind them would go with them.

        Raises:
            django.db.Error: The disk fails, or somebody reads for too long.
        """
        if connection.vendor != "sqlite":
            return
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            if cursor.fetchone()[0]:
                raise OperationalError("the database's log is in use")
            cursor.execute("PRAGMA journal_mode")
            if cursor.fetchone()[0] != "wal":
                raise OperationalError("the database's write-ahead log could not be begun")

    def position(self, camera: str, stream: bytes) -> Position | None:
        """How far a stream is held, as the database says."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT id, seq, digest, signature,"
                " (SELECT max(seq) FROM signed_head WHERE stream_id = stream.id)"
                " FROM stream WHERE camera_id = %s AND stream = %s",
                [camera, stream],
            )
            row = cursor.fetchone()
        if row is None:
            return None
        number, seq, digest, signature, signed = row
        return Position(
            number,
            camera,
            stream,
            seq,
            bytes(digest),
            None if signature is None else bytes(signature),
            -1 if signed is None else signed,
            seq,
        )

    def open_stream(self, camera: str, stream: bytes, digest: bytes) -> Position:
        """A new stream, held up to before its first record."""
        now = datetime.now(UTC)
        row, _ = Stream.objects.get_or_create(
            camera_id=camera,
            stream=stream,
            defaults={"seq": -1, "digest": digest, "first_at": now, "last_at": now},
        )
        return Position(row.pk, camera, stream, row.seq, bytes(row.digest), None, -1, row.seq)

    def streams_since(self, camera: str, since: datetime) -> int:
        """How many streams of a camera the city first heard of since a time."""
        return int(Stream.objects.filter(camera_id=camera, first_at__gte=since).count())

    def commit(self, intake: Intake) -> None:
        """All of it durably, or nothing.

        Raises:
            IngestError: Another worker has moved a stream since it was looked up.
        """
        if intake.day not in self._ready:
            partitions.make_ahead(intake.day)
            self._ready.add(intake.day)
        now = datetime.now(UTC)
        with transaction.atomic():
            insert("record", RECORD, intake.records)
            # In the order of their index, so that each of its pages is turned to once.
            insert("token", TOKEN, sorted(intake.tokens, key=itemgetter(1)))
            insert("pattern", PATTERN, intake.patterns)
            with connection.cursor() as cursor:
                for place in intake.positions:
                    cursor.execute(
                        "UPDATE stream SET seq = %s, digest = %s, signature = %s, last_at = %s"
                        " WHERE id = %s AND seq = %s",
                        (
                            *(place.seq, place.digest, place.signature, now),
                            *(place.id, place.held_seq),
                        ),
                    )
                    if cursor.rowcount != 1:
                        raise IngestError("another worker takes this camera in as well")
                    if place.signature and place.seq - place.signed_seq >= HEADS_APART:
                        cursor.execute(
                            "INSERT INTO signed_head (stream_id, day, seq, digest, signature)"
                            " VALUES (%s, %s, %s, %s, %s)",
                            (place.id, str(intake.day), place.seq, place.digest, place.signature),
                        )
            if intake.gaps:
                Gap.objects.bulk_create(intake.gaps)
            if intake.quarantined:
                Quarantined.objects.bulk_create(intake.quarantined)
            for (camera, kind), (detail, count) in intake.alarms.items():
                raise_alarm(camera, kind, detail, count)
            for camera, heard in intake.heard.items():
                _note(camera, heard, now)
            for write in intake.beside:
                write()
        for place in intake.positions:
            place.held_seq = place.seq
            if place.signature and place.seq - place.signed_seq >= HEADS_APART:
                place.signed_seq = place.seq

    def encodings(self, stream: int, seqs: Sequence[int]) -> dict[int, bytes]:
        """Records of a stream by sequence number."""
        if not seqs:
            return {}
        marks = ", ".join(["%s"] * len(seqs))
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT seq, encoding FROM record WHERE stream_id = %s AND seq IN ({marks})",  # noqa: S608
                [stream, *seqs],
            )
            return {int(seq): bytes(encoding) for seq, encoding in cursor.fetchall()}

    def day_of(self, stream: int, seq: int) -> tuple[date, bytes] | None:
        """Day and encoding of one record."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT day, encoding FROM record WHERE stream_id = %s AND seq = %s", [stream, seq]
            )
            row = cursor.fetchone()
        if row is None:
            return None
        day = row[0] if isinstance(row[0], date) else date.fromisoformat(row[0])
        return day, bytes(row[1])


def raise_alarm(camera: str, kind: str, detail: str, count: int = 1) -> None:
    """A new alarm, or one more of one that is open. `detail` never holds what a camera wrote."""
    now = datetime.now(UTC)
    open_one = Alarm.objects.filter(camera=camera, kind=kind, cleared_at=None).first()
    if open_one is None:
        Alarm.objects.create(
            camera=camera,
            kind=kind,
            detail=detail[:300],
            first_at=now,
            last_at=now,
            count=count,
        )
        return
    open_one.count += count
    open_one.last_at, open_one.detail = now, detail[:300]
    open_one.save()


def _note(camera: str, heard: Heard, now: datetime) -> None:
    changes: dict[str, Any] = {"online": heard.online, "heard_at": now}
    if heard.report is not None:
        changes["health"] = heard.report
    if Camera.objects.filter(name=camera).update(**changes):
        camera_heard.send(sender=None, camera=camera, online=heard.online, report=heard.report)


def find_by(
    day: date, token: int, stream: int, seq: int, camera: str, slot: int, column: bytes
) -> None:
    """Let a stored read be found in one more bucket, and by one more sealed column."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO token (day, token, stream_id, seq) VALUES (%s, %s, %s, %s)"
            " ON CONFLICT DO NOTHING",
            [str(day), token, stream, seq],
        )
        cursor.execute(
            "INSERT INTO pattern (day, camera, slot, part, sealed) VALUES (%s, %s, %s, %s, %s)",
            [str(day), camera, slot, new_part(), column],
        )


def new_part() -> int:
    """A random part number for a group of patterns."""
    return secrets.randbits(62)


def insert(table: str, columns: tuple[str, ...], rows: Sequence[tuple[Any, ...]]) -> None:
    """Add many rows in the quickest way a database has. Within a transaction."""
    if not rows:
        return
    names = ", ".join(columns)
    if connection.vendor == "postgresql":
        copying = f"COPY {table} ({names}) FROM STDIN"
        with connection.cursor() as cursor, cursor.copy(copying) as copy:
            for row in rows:
                copy.write_row(row)
        return
    connection.ensure_connection()
    # Django's cursor rewrites every statement's placeholders; this is the hot path. OR FAIL: what
    # a failing statement has done goes with the transaction, and needs no journal of its own.
    execute = connection.connection.execute
    marks = f"({', '.join('?' * len(columns))})"
    statement = f"INSERT OR FAIL INTO {table} ({names}) VALUES {marks}"  # noqa: S608
    many = f"{statement}{f', {marks}' * (ROWS - 1)}"
    whole = len(rows) - len(rows) % ROWS
    for at in range(0, whole, ROWS):
        execute(many, tuple(chain.from_iterable(rows[at : at + ROWS])))
    connection.connection.executemany(statement, rows[whole:])
