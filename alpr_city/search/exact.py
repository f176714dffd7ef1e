"""Exact search through the one door: the vault puts it on record before it opens anything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from alpr_city.reads.pictures import PictureStore
from alpr_city.search import places
from alpr_city.search.places import Place
from alpr_city.vault.client import VaultClient
from alpr_city.vault.index import fold
from alpr_wire.reads import ReadBody, decode_read


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One read that a search found."""

    camera: str
    stream: bytes
    seq: int
    day: date
    read: ReadBody = field(repr=False)
    pictures: tuple[tuple[int, bytes], ...] = field(repr=False)
    """(kind, JPEG)"""
    likelihood: float = 1.0
    """How likely the read is what was asked for, by its characters' probabilities."""


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
        record, found = self.places(access, text, first, last)
        hits = self.look(access | {"action": "look"}, found)[1] if found else []
        # Another plate in the same bucket: opened, on record, and not shown.
        return record, [h for h in hits if may_be(h.read, text)]

    def places(
        self,
        access: dict[str, Any],
        text: str,
        first: date,
        last: date,
        cameras: Sequence[str] = (),
    ) -> tuple[int, list[Place]]:
        """Where a plate may be, newest first; the number of the access record before it."""
        days = [str(first + timedelta(n)) for n in range((last - first).days + 1)]
        record, buckets = self._vault.call("tokens", access, text, days)
        return int(record), places.by_tokens(buckets, cameras)

    def look(
        self,
        access: dict[str, Any],
        found: Sequence[Place],
        kinds: Sequence[int] = (1, 2),
        text: str = "",
    ) -> tuple[int, list[Hit]]:
        """Open reads, on record, with pictures of these kinds."""
        asked, there = [], []
        for place in found:
            row = places.stored(place)
            if row is None:
                continue  # purged since it was found
            sealed = [
                [kind, data]
                for kind, data in self._pictures.get(place.day, place.number, place.seq)
                if kind in kinds
            ]
            asked.append([place.camera, str(place.day), *row, sealed])
            there.append(place)
        record, opened = self._vault.call("look", access, asked)
        hits = []
        for place, (plain, pictures) in zip(there, opened, strict=True):
            read = decode_read(plain)
            hits.append(
                Hit(
                    camera=place.camera,
                    stream=place.stream,
                    seq=place.seq,
                    day=place.day,
                    read=read,
                    pictures=tuple((kind, data) for kind, data in pictures),
                    likelihood=likelihood(read, text) if text else 1.0,
                )
            )
        return int(record), hits


def may_be(read: ReadBody, text: str) -> bool:
    """Whether a text is a likely reading of each of a read's positions, look-alikes folded."""
    return fold(read.raw_text) == fold(text) or likelihood(read, text) > 0


def likelihood(read: ReadBody, text: str) -> float:
    """The product of the probabilities of a text's characters, look-alikes folded."""
    wanted, product = fold(text), 1.0
    if len(read.lattice) != len(wanted):
        return float(fold(read.raw_text) == wanted)
    for character, position in zip(wanted, read.lattice, strict=True):
        product *= min(1.0, sum(p for c, p in position if fold(c) == character))
    return product
