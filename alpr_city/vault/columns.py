"""The sealed columns of partial search: many reads' texts in one piece, quick to look through.

A column is what one camera read in ten minutes, or, once merged, on one day (slot -1). Its texts
are lines, each a pattern with its alternatives and their probabilities, so that one regular
expression goes over thousands of reads at once and only what matches is taken apart.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import cbor2

from alpr_city.vault.arrivals import unwrap, wrap

WHOLE_DAY = -1
"""The slot of a merged column."""
_PLACE = struct.Struct("<HQQ")
"""Number of the stream, sequence number, capture time in microseconds."""
Row = tuple[bytes, int, int, str]
"""Stream, sequence number, capture time, pattern."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column, opened."""

    streams: list[bytes]
    places: bytes
    texts: str
    """Each line begins with a line feed."""

    def row(self, number: int) -> tuple[bytes, int, int]:
        """Stream, sequence number and capture time of a line."""
        stream, seq, captured_us = _PLACE.unpack_from(self.places, number * _PLACE.size)
        return self.streams[stream], seq, captured_us

    def rows(self) -> Iterator[Row]:
        """All of it."""
        for number, text in enumerate(self.texts.split("\n")[1:]):
            yield (*self.row(number), text)


def seal(index_key: bytes, camera: str, slot: int, rows: Iterable[Row]) -> bytes:
    """Rows as one sealed column."""
    streams: dict[bytes, int] = {}
    places, texts = bytearray(), []
    for stream, seq, captured_us, text in rows:
        places += _PLACE.pack(streams.setdefault(stream, len(streams)), seq, max(captured_us, 0))
        texts.append("\n" + text)
    plain = cbor2.dumps([list(streams), bytes(places), "".join(texts)])
    return wrap(index_key, plain, _about(camera, slot))


def open_column(index_key: bytes, camera: str, slot: int, sealed: bytes) -> Column:
    """The column again.

    Raises:
        VaultError: Another key, camera or slot, or changed.
    """
    return Column(*cbor2.loads(unwrap(index_key, sealed, _about(camera, slot))))


def _about(camera: str, slot: int) -> bytes:
    """Binds a column to its camera and time."""
    return f"alpr/1/patterns/{camera}/{slot}".encode()
