"""Partial search over the sealed columns, in pieces, so that a page can say how far it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Protocol

from django.db import connection, transaction

from alpr_city.reads.store import new_part
from alpr_city.vault.columns import WHOLE_DAY

PIECE_BYTES = 4 << 20
"""Sealed columns handed to the vault in one piece; it works on nothing else meanwhile."""
MOST_ROWS = 2000


class Asks(Protocol):
    """The vault's client."""

    def call(self, operation: str, *arguments: Any) -> Any:
        """Ask for one operation."""


@dataclass(frozen=True, slots=True)
class Found:
    """A read that may be what was asked for; its text stays in the vault."""

    day: str
    camera: str
    stream: bytes
    seq: int
    captured_us: int
    likelihood: float


def begin(vault: Asks, access: dict[str, Any], text: str, *, alike: bool) -> int:
    """Begin a search; the number of its access record.

    Raises:
        VaultError: It is no pattern, or could not be put on record.
    """
    return int(vault.call("partial_begin", access, text, alike, 0, 2**62))


def pieces(
    first: date, last: date, cameras: Sequence[str] = (), skip: int = 0
) -> Iterator[tuple[int, list[list[Any]]]]:
    """Columns of some days, newest day first, as `(columns so far, piece)`; skips the first."""
    piece: list[list[Any]] = []
    size = done = 0
    for day in _days(first, last):
        for camera, count in _cameras(day, cameras):
            if done + count <= skip:
                done += count
                continue
            for column in _columns(day, camera):
                done += 1
                if done <= skip:
                    continue
                piece.append(column)
                size += len(column[3])
                if size >= PIECE_BYTES or len(piece) >= MOST_ROWS:
                    yield done, piece
                    piece, size = [], 0
    if piece:
        yield done, piece


def total(first: date, last: date, cameras: Sequence[str] = ()) -> int:
    """How many columns a search goes over."""
    where, values = _where(first, last, cameras)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM pattern WHERE {where}", values)  # noqa: S608
        return int(cursor.fetchone()[0])


def match(vault: Asks, record: int, piece: list[list[Any]]) -> list[Found]:
    """What one piece holds.

    Raises:
        VaultError: The search is over, or finds too much.
    """
    return [
        Found(day, camera, bytes(stream), seq, captured_us, likelihood)
        for day, camera, stream, seq, captured_us, likelihood in vault.call(
            "partial_match", record, piece
        )
    ]


def merge(vault: Asks, before: date | None = None) -> int:
    """Make one column of a camera's many, day by day; how many are gone. May be cut off anywhere.

    Days before this one; today as well where none is given.
    """
    last = datetime.now(UTC).date() if before is None else before - timedelta(1)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT day, camera FROM pattern WHERE day <= %s GROUP BY day, camera"
            " HAVING count(*) > 1",
            [str(last)],
        )
        scattered = cursor.fetchall()
    gone = 0
    for day, camera in scattered:
        gone += _merge(vault, str(day), camera)
    return gone


def _merge(vault: Asks, day: str, camera: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT slot, part, sealed FROM pattern WHERE day = %s AND camera = %s", [day, camera]
        )
        rows = cursor.fetchall()
    sealed = vault.call("merge_patterns", day, camera, [[s, bytes(b)] for s, _, b in rows])
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO pattern (day, camera, slot, part, sealed) VALUES (%s, %s, %s, %s, %s)",
            [day, camera, WHOLE_DAY, new_part(), sealed],
        )
        cursor.executemany(
            "DELETE FROM pattern WHERE day = %s AND camera = %s AND slot = %s AND part = %s",
            [(day, camera, slot, part) for slot, part, _ in rows],
        )
    return len(rows) - 1


def _days(first: date, last: date) -> list[date]:
    return [last - timedelta(n) for n in range((last - first).days + 1)]


def _cameras(day: date, only: Sequence[str]) -> list[tuple[str, int]]:
    """Cameras with columns of a day, and how many each."""
    where, values = _where(day, day, only)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT camera, count(*) FROM pattern WHERE {where}"  # noqa: S608
            " GROUP BY camera ORDER BY camera",
            values,
        )
        return [(name, int(count)) for name, count in cursor.fetchall()]


def _columns(day: date, camera: str) -> list[list[Any]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT slot, sealed FROM pattern WHERE day = %s AND camera = %s ORDER BY slot, part",
            [str(day), camera],
        )
        return [[str(day), camera, int(slot), bytes(sealed)] for slot, sealed in cursor.fetchall()]


def _where(first: date, last: date, cameras: Sequence[str]) -> tuple[str, list[Any]]:
    where, values = "day >= %s AND day <= %s", [str(first), str(last)]
    if cameras:
        where += f" AND camera IN ({', '.join(['%s'] * len(cameras))})"
        values += cameras
    return where, values
