"""Exact search through the one door: the vault puts it on record before it opens anything."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import connection

from alpr_city.reads.pictures import PictureStore
from alpr_city.vault.client import VaultClient
from alpr_wire.reads import ReadBody, decode_read

_TOKENS_A_QUERY = 200
FOLD = str.maketrans({"O": "0", "Q": "0", "D": "0", "I": "1", "B": "8", "S": "5", "Z": "2"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One read that a search found."""

    camera: str
    stream: bytes
    seq: int
    day: date
    read: ReadBody
    pictures: tuple[tuple[int, bytes], ...]
    """(kind, JPEG)"""


class Search:
    """Exact search. `access` holds the fields of the vault's `Access`."""

    def __init__(self, vault: VaultClient, pictures: PictureStore) -> None:
        self._vault, self._pictures = vault, pictures

    def exact(
        self, access: dict[str, Any], text: str, first: date, last: date
    ) -> tuple[int, list[Hit]]:
        """Reads whose text, or a likely alternative, is this one, look-alikes folded.

        Returns:
            The number of the access record, and the reads, newest first.

        Raises:
            VaultError: The access could not be put on record; nothing was opened.
        """
        days = [str(first + timedelta(n)) for n in range((last - first).days + 1)]
        record, buckets = self._vault.call("tokens", access, text, days)
        rows = self._rows(buckets)
        if not rows:
            return record, []
        asked = [
            [camera, str(day), encoding, wrapped, self._sealed(day, stream, seq)]
            for camera, _, stream, seq, day, encoding, wrapped in rows
        ]
        _, opened = self._vault.call("look", access | {"action": "look"}, asked)
        hits = []
        for row, (plain, pictures) in zip(rows, opened, strict=True):
            camera, stream_id, _, seq, day, _, _ = row
            read = decode_read(plain)
            if not may_be(read, text):
                continue  # another plate in the same bucket: opened, on record, and not shown
            hits.append(
                Hit(
                    camera=camera,
                    stream=stream_id,
                    seq=seq,
                    day=day,
                    read=read,
                    pictures=tuple((kind, data) for kind, data in pictures),
                )
            )
        return record, sorted(hits, key=lambda h: -h.read.captured_us)

    def _sealed(self, day: date, stream: int, seq: int) -> list[list[Any]]:
        return [[kind, data] for kind, data in self._pictures.get(day, stream, seq)]

    def _rows(self, buckets: list[list[Any]]) -> list[tuple[Any, ...]]:
        found: list[tuple[Any, ...]] = []
        for at in range(0, len(buckets), _TOKENS_A_QUERY):
            part = buckets[at : at + _TOKENS_A_QUERY]
            places = " OR ".join(["(t.day = %s AND t.token = %s)"] * len(part))
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT s.camera_id, s.stream, r.stream_id, r.seq, r.day, r.encoding, r.wrapped"  # noqa: S608
                    " FROM token t JOIN record r ON r.day = t.day AND r.stream_id = t.stream_id"
                    f" AND r.seq = t.seq JOIN stream s ON s.id = t.stream_id WHERE {places}",
                    [value for day, token in part for value in (day, token)],
                )
                found += cursor.fetchall()
        return [
            (
                camera,
                bytes(stream),
                int(number),
                int(seq),
                day if isinstance(day, date) else date.fromisoformat(day),
                bytes(encoding),
                bytes(wrapped),
            )
            for camera, stream, number, seq, day, encoding, wrapped in found
            if wrapped is not None
        ]


def may_be(read: ReadBody, text: str) -> bool:
    """Whether a text is a likely reading of each of a read's positions, look-alikes folded."""
    wanted = text.translate(FOLD)
    if read.raw_text.translate(FOLD) == wanted:
        return True
    return len(read.lattice) == len(wanted) and all(
        c in {other.translate(FOLD) for other, _ in position}
        for c, position in zip(wanted, read.lattice, strict=True)
    )
