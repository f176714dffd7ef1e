"""Reads as a page shows them: crop inline, alternatives marked, clock and camera judged."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from django.conf import settings

from alpr_city.cameras.accuracy import Accuracy, accuracy_of
from alpr_city.door.door import Door
from alpr_city.reads.pictures import PictureStore
from alpr_city.search.exact import Hit, Search
from alpr_wire.records import Picture

Place = tuple[str, bytes, int]
"""Camera, stream and sequence number."""
PAGE = 25
SURE = 0.9
"""A character below this is marked."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One position of a plate."""

    best: str
    sure: bool
    others: str
    """What else it may be, with percentages."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One read, ready for a page."""

    hit: Hit
    letters: tuple[Letter, ...]
    accuracy: Accuracy
    crop: str
    overview: str
    """Addresses that hold the picture themselves, or empty."""
    corrected: str = ""
    """What somebody found it to be, newest first thing to say; empty where nobody did."""

    @property
    def stream(self) -> str:
        """As it stands in an address."""
        return self.hit.stream.hex()

    @property
    def name(self) -> str:
        """What a form sends back for this read."""
        return f"{self.hit.camera}/{self.stream}/{self.hit.seq}"

    @property
    def clock(self) -> str:
        """How good the time is."""
        read = self.hit.read
        if not read.clock_synchronised:
            return "clock not synchronised: the time may be wrong"
        if read.clock_error_us is None:
            return "clock synchronised"
        return f"clock synchronised, within {read.clock_error_us / 1000:.1f} ms"


@contextmanager
def searching(door: Door) -> Iterator[Search]:
    """Search through a door."""
    pictures = PictureStore(settings.CITY.files.pictures)
    try:
        yield Search(door.vault, pictures)
    finally:
        pictures.close()


def show(hits: list[Hit], corrected: Mapping[Place, str] | None = None) -> list[Shown]:
    """For a page; `corrected` are the newest texts of reads that were corrected."""
    corrected = corrected or {}
    accuracies = {name: accuracy_of(name) for name in {h.camera for h in hits}}
    return [
        Shown(
            hit,
            letters(hit),
            accuracies[hit.camera],
            _inline(hit, Picture.CROP),
            _inline(hit, Picture.OVERVIEW),
            corrected.get((hit.camera, hit.stream, hit.seq), ""),
        )
        for hit in hits
    ]


def letters(hit: Hit) -> tuple[Letter, ...]:
    """Each position, with what else it may be."""
    return tuple(
        Letter(
            position[0][0],
            position[0][1] >= SURE,
            ", ".join(f"{c} {100 * p:.0f} %" for c, p in position[1:]),
        )
        for position in hit.read.lattice
    )


def _inline(hit: Hit, kind: Picture) -> str:
    for number, data in hit.pictures:
        if number == kind:
            return "data:image/jpeg;base64," + base64.b64encode(data).decode()
    return ""
