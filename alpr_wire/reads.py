"""What a read says, once opened: the plaintext that only the city sees."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from alpr_wire import cbor
from alpr_wire.errors import WireError
from alpr_wire.records import take

MOST_PLAINTEXT_BYTES = 8 * 1024
MOST_CHARACTERS = 16
MOST_ALTERNATIVES = 8
MOST_NAME = 64
MOST_TIME_US = 2**53 - 1
CHARACTERS = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ?")
DIRECTIONS = ("approaching", "receding", "left", "right", "still")
MODES = ("full", "slow", "hot")

Lattice = tuple[tuple[tuple[str, float], ...], ...]
"""For each position its alternatives, likeliest first: (character, probability)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadBody:
    """One passage of one vehicle. Times are UTC in microseconds since 1970."""

    text: str = field(repr=False)  # personal data: stays out of logs and tracebacks
    raw_text: str = field(repr=False)
    lattice: Lattice = field(repr=False)
    confidence: float
    region: str | None
    region_confidence: float
    captured_us: int
    clock_synchronised: bool
    clock_error_us: int | None
    monotonic_us: int
    dwell_us: int
    direction: str
    looks: int
    readings: int
    corners: tuple[tuple[float, float], ...]
    frame_size_wh: tuple[int, int]
    mode: str
    source: str
    models: tuple[str, ...]

    def encode(self) -> bytes:
        """The plaintext to be sealed.

        Raises:
            WireError: A field breaks a limit.
        """
        self._check()
        data = cbor.encode(
            {
                1: self.text,
                2: self.raw_text,
                3: [[[c, _share(p)] for c, p in position] for position in self.lattice],
                4: _share(self.confidence),
                5: self.region,
                6: _share(self.region_confidence),
                7: self.captured_us,
                8: self.clock_synchronised,
                9: self.clock_error_us,
                10: self.monotonic_us,
                11: self.dwell_us,
                12: self.direction,
                13: self.looks,
                14: self.readings,
                # Tenths of a pixel: finer than the detector, and short.
                15: [[round(x * 10), round(y * 10)] for x, y in self.corners],
                16: list(self.frame_size_wh),
                17: self.mode,
                18: self.source,
                19: list(self.models),
            }
        )
        if len(data) > MOST_PLAINTEXT_BYTES:
            raise WireError("the read is too long")
        return data

    def _check(self, *, lattice: bool = True) -> None:
        for text, what in ((self.text, "text"), (self.raw_text, "raw text")):
            if len(text) > MOST_CHARACTERS or not set(text) <= CHARACTERS:
                raise WireError(f"the {what} is not up to {MOST_CHARACTERS} of A-Z, 0-9 and '?'")
        if len(self.lattice) > MOST_CHARACTERS:
            raise WireError("the lattice has too many positions")
        for position in self.lattice if lattice else ():
            if not 0 < len(position) <= MOST_ALTERNATIVES:
                raise WireError("a position has no alternative, or too many")
            if not all(len(c) == 1 and c in CHARACTERS and 0 <= p <= 1 for c, p in position):
                raise WireError("an alternative is not a character with a probability")
        if self.direction not in DIRECTIONS or self.mode not in MODES:
            raise WireError("the direction or mode is unknown")
        if len(self.corners) != 4 or len(self.frame_size_wh) != 2 or len(self.models) > 4:
            raise WireError("the corners, frame size or models are malformed")
        names = (self.region or "", self.source, *self.models)
        if any(len(name) > MOST_NAME for name in names):
            raise WireError(f"a name is longer than {MOST_NAME}")
        if not (0 <= self.confidence <= 1 and 0 <= self.region_confidence <= 1):
            raise WireError("a confidence is not from 0 to 1")
        if min(self.looks, self.readings, self.dwell_us, self.monotonic_us) < 0:
            raise WireError("a count or duration is negative")
        if not 0 <= self.captured_us <= MOST_TIME_US:
            raise WireError("the capture time is no time")


def decode_read(plaintext: bytes) -> ReadBody:
    """The read that an opened plaintext holds.

    Raises:
        WireError: Not a read, or one that breaks a limit.
    """
    body = cbor.load(plaintext, most_bytes=MOST_PLAINTEXT_BYTES)
    if not isinstance(body, dict) or not all(type(k) is int for k in body):
        raise WireError("not a read")
    optional_text = (str, type(None))
    optional_int = (int, type(None))
    try:
        read = ReadBody(
            text=take(body, 1, str, "text"),
            raw_text=take(body, 2, str, "raw text"),
            lattice=_lattice(take(body, 3, list, "the lattice")),
            confidence=take(body, 4, int, "the confidence") / SHARES,
            region=take(body, 5, optional_text, "the region"),
            region_confidence=take(body, 6, int, "the region's confidence") / SHARES,
            captured_us=take(body, 7, int, "the capture time"),
            clock_synchronised=take(body, 8, bool, "the clock's state"),
            clock_error_us=take(body, 9, optional_int, "the clock's error"),
            monotonic_us=take(body, 10, int, "the monotonic time"),
            dwell_us=take(body, 11, int, "the dwell"),
            direction=take(body, 12, str, "the direction"),
            looks=take(body, 13, int, "the looks"),
            readings=take(body, 14, int, "the readings"),
            corners=tuple((x / 10, y / 10) for x, y in _pairs(take(body, 15, list, "the corners"))),
            frame_size_wh=_pair(take(body, 16, list, "the frame size")),
            mode=take(body, 17, str, "the mode"),
            source=take(body, 18, str, "the source"),
            models=_names(take(body, 19, list, "the models")),
        )
    except OverflowError as error:
        raise WireError("a number is out of range") from error
    read._check(lattice=False)  # was checked as it was read
    return read


SHARES = 10_000
"""Probabilities travel as whole ten-thousandths."""


def _share(p: float) -> int:
    return round(p * SHARES)


def _lattice(rows: list[Any]) -> Lattice:
    lattice = []
    for row in rows:
        if type(row) is not list or not 0 < len(row) <= MOST_ALTERNATIVES:
            raise WireError("a position has no alternative, or too many")
        position = []
        for pair in row:
            if type(pair) is not list or len(pair) != 2:
                raise WireError("the lattice is malformed")
            character, share = pair
            if type(character) is not str or type(share) is not int:
                raise WireError("the lattice is malformed")
            if character not in CHARACTERS or not 0 <= share <= SHARES:
                raise WireError("an alternative is not a character with a probability")
            position.append((character, share / SHARES))
        lattice.append(tuple(position))
    return tuple(lattice)


def _pair(row: object) -> tuple[int, int]:
    if not isinstance(row, list) or len(row) != 2 or not all(type(n) is int for n in row):
        raise WireError("a pair of numbers is malformed")
    return row[0], row[1]


def _pairs(rows: list[Any]) -> list[tuple[int, int]]:
    return [_pair(row) for row in rows]


def _names(rows: list[Any]) -> tuple[str, ...]:
    if not all(isinstance(name, str) for name in rows):
        raise WireError("a name is malformed")
    return tuple(rows)
