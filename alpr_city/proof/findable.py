"""Whether a search finds every read that is stored of a camera: the vault says by what it must."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any, Protocol

from django.db import connection

from alpr_city.errors import CityError
from alpr_city.reads.models import Stream
from alpr_city.vault.columns import WHOLE_DAY
from alpr_city.vault.index import SLOT_US
from alpr_wire.records import Kind

PAGE = 500
"""Reads that the vault opens at once; others wait for it meanwhile, for some 50 ms."""


class Asks(Protocol):
    """The vault's client."""

    def call(self, operation: str, *arguments: Any) -> Any:
        """Ask for one operation."""


def unfindable(camera: str, vault: Asks, day: date | None = None) -> Iterator[str]:
    """What is wrong with how reads of a camera are found, of all days or of one.

    A row of `token` or `pattern` that was removed or changed hides a read from a search, although
    its record still stands in its chain. Rows that were added find nothing, for the vault looks at
    what it opens; those that came of a correction are not missed here.
    """
    for stream in Stream.objects.filter(camera_id=camera).order_by("first_at"):
        name = bytes(stream.stream)
        for label in _days(stream.pk) if day is None else [str(day)]:
            after = -1
            while rows := _reads(stream.pk, label, after):
                after = rows[-1][0]
                for seq, fault in _page(camera, stream.pk, name, label, rows, vault):
                    yield f"{label}: record {seq} of stream {name.hex()[:8]} {fault}"


def _page(
    camera: str, number: int, stream: bytes, day: str, rows: list[Any], vault: Asks
) -> Iterator[tuple[int, str]]:
    whole = [row for row in rows if row[2] is not None]
    for seq, *_ in (row for row in rows if row[2] is None):
        yield seq, "is a read that nobody can open"
    slots = {captured_us // SLOT_US for *_, captured_us in whole}
    asked = [[stream, seq, data, wrapped, at] for seq, data, wrapped, at in whole]
    try:
        told = vault.call("findable", day, camera, asked, _columns(day, camera, slots))
    except CityError as error:
        yield rows[0][0], f"and {len(rows) - 1} after it cannot be looked at: {error}"
        return
    there = _tokens(day, number, sorted({token for tokens, _ in told for token in tokens}))
    for (seq, *_), (tokens, fault) in zip(whole, told, strict=True):
        if fault:
            yield seq, fault
        if any((token, seq) not in there for token in tokens):
            yield seq, "lacks a token by which it is found"


def _rows(statement: str, *values: object) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, list(values))
        return list(cursor.fetchall())


def _days(stream: int) -> list[str]:
    rows = _rows("SELECT DISTINCT day FROM record WHERE stream_id = %s ORDER BY day", stream)
    return [str(day) for (day,) in rows]


def _reads(stream: int, day: str, after: int) -> list[tuple[int, bytes, bytes | None, int]]:
    rows = _rows(
        "SELECT seq, encoding, wrapped, captured_us FROM record WHERE day = %s AND stream_id = %s"
        " AND seq > %s AND kind = %s ORDER BY seq LIMIT %s",
        *(day, stream, after, int(Kind.READ), PAGE),
    )
    return [
        (int(seq), bytes(data), None if wrapped is None else bytes(wrapped), int(at or 0))
        for seq, data, wrapped, at in rows
    ]


def _columns(day: str, camera: str, slots: set[int]) -> list[list[Any]]:
    marks = ", ".join(["%s"] * (len(slots) + 1))
    rows = _rows(
        f"SELECT slot, sealed FROM pattern WHERE day = %s AND camera = %s AND slot IN ({marks})",  # noqa: S608
        *(day, camera, WHOLE_DAY, *slots),
    )
    return [[int(slot), bytes(sealed)] for slot, sealed in rows]


def _tokens(day: str, stream: int, tokens: list[int]) -> set[tuple[int, int]]:
    if not tokens:
        return set()
    marks = ", ".join(["%s"] * len(tokens))
    rows = _rows(
        f"SELECT token, seq FROM token WHERE day = %s AND stream_id = %s AND token IN ({marks})",  # noqa: S608
        *(day, stream, *tokens),
    )
    return {(int(token), int(seq)) for token, seq in rows}
