"""What a read says, once opened: the plaintext that only the city sees."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any, NamedTuple

from alpr_wire import cbor
from alpr_wire.errors import WireError

MOST_PLAINTEXT_BYTES = 8 * 1024
MOST_CHARACTERS = 16
MOST_ALTERNATIVES = 8
MOST_NAME = 64
MOST_MODELS = 4
MOST_TIME_US = 2**53 - 1
SHARES = 10_000
"""Probabilities travel as whole ten-thousandths."""
CHARACTERS = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ?")
DIRECTIONS = ("approaching", "receding", "left", "right", "still")
MODES = ("full", "slow", "hot")

_FAR = 2**53
"""A picture's coordinates stay below."""

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

    def _check(self) -> None:
        for text, what in ((self.text, "text"), (self.raw_text, "raw text")):
            if len(text) > MOST_CHARACTERS or not set(text) <= CHARACTERS:
                raise WireError(f"the {what} is not up to {MOST_CHARACTERS} of A-Z, 0-9 and '?'")
        if len(self.lattice) > MOST_CHARACTERS:
            raise WireError("the lattice has too many positions")
        for position in self.lattice:
            if not 0 < len(position) <= MOST_ALTERNATIVES:
                raise WireError("a position has no alternative, or too many")
            if not all(len(c) == 1 and c in CHARACTERS and 0 <= p <= 1 for c, p in position):
                raise WireError("an alternative is not a character with a probability")
        if self.direction not in DIRECTIONS or self.mode not in MODES:
            raise WireError("the direction or mode is unknown")
        if len(self.corners) != 4 or len(self.frame_size_wh) != 2:
            raise WireError("the corners or the frame size are malformed")
        if len(self.models) > MOST_MODELS:
            raise WireError("a read has too many models")
        names = (self.region or "", self.source, *self.models)
        if any(len(name) > MOST_NAME for name in names):
            raise WireError(f"a name is longer than {MOST_NAME}")
        if not (0 <= self.confidence <= 1 and 0 <= self.region_confidence <= 1):
            raise WireError("a confidence is not from 0 to 1")
        if min(self.looks, self.readings, self.dwell_us, self.monotonic_us) < 0:
            raise WireError("a count or duration is negative")
        if not 0 <= self.captured_us <= MOST_TIME_US:
            raise WireError("the capture time is no time")


class AllFields(NamedTuple):
    """A read as it travels: every field checked, none converted, in the order of their keys."""

    text: str
    raw_text: str
    lattice: list[list[tuple[str, int]]]
    confidence: int
    region: str | None
    region_confidence: int
    captured_us: int
    clock_synchronised: bool
    clock_error_us: int | None
    monotonic_us: int
    dwell_us: int
    direction: str
    looks: int
    readings: int
    corners: list[tuple[int, int]]
    frame_size_wh: tuple[int, int]
    mode: str
    source: str
    models: list[str]

    def __repr__(self) -> str:
        """Without what it says: personal data stays out of logs and tracebacks."""
        return "AllFields(...)"


def per_cent(probability: float) -> str:
    """A probability, 0 to 1, in per cent, rounded down to a tenth: nothing read is 100 % sure."""
    return f"{min(int(1000 * probability + 1e-6), 999) / 10:.1f}"


def decode_read(plaintext: bytes) -> ReadBody:
    """The read that an opened plaintext holds.

    Raises:
        WireError: Not a read, or one that breaks a limit.
    """
    read = all_fields_of(plaintext)
    return ReadBody(
        text=read.text,
        raw_text=read.raw_text,
        lattice=tuple(tuple((c, share / SHARES) for c, share in row) for row in read.lattice),
        confidence=read.confidence / SHARES,
        region=read.region,
        region_confidence=read.region_confidence / SHARES,
        captured_us=read.captured_us,
        clock_synchronised=read.clock_synchronised,
        clock_error_us=read.clock_error_us,
        monotonic_us=read.monotonic_us,
        dwell_us=read.dwell_us,
        direction=read.direction,
        looks=read.looks,
        readings=read.readings,
        corners=tuple((x / 10, y / 10) for x, y in read.corners),
        frame_size_wh=(read.frame_size_wh[0], read.frame_size_wh[1]),
        mode=read.mode,
        source=read.source,
        models=tuple(read.models),
    )


def all_fields_of(plaintext: bytes) -> AllFields:
    """The fields of the read that an opened plaintext holds.

    Raises:
        WireError: Not a read, or one that breaks a limit.
    """
    body = cbor.load(plaintext, most_bytes=MOST_PLAINTEXT_BYTES)
    if type(body) is not dict or set(map(type, body)) != {int}:
        raise WireError("not a read")
    try:
        values = _values(body)
    except KeyError as error:
        raise WireError("a field of a read is missing") from error
    if tuple(map(type, values)) not in _KINDS:
        raise WireError("a field of a read is of the wrong kind")
    fields = AllFields._make(values)
    _check_texts(fields)
    _check_lattice(fields.lattice)
    _check_numbers(fields)
    return fields


def _kinds() -> Iterator[tuple[type, ...]]:
    """What the types of a read's fields may be."""
    for region in (str, type(None)):
        for error in (int, type(None)):
            kinds = str, str, list, int, region, int, int, bool, error, int, int, str, int, int
            yield *kinds, list, list, str, str, list


_values = itemgetter(*range(1, len(AllFields._fields) + 1))
_KINDS = frozenset(_kinds())


def _check_texts(fields: AllFields) -> None:
    text, raw = fields.text, fields.raw_text
    if len(text) > MOST_CHARACTERS or not CHARACTERS.issuperset(text):
        raise WireError(f"the text is not up to {MOST_CHARACTERS} of A-Z, 0-9 and '?'")
    if raw != text and (len(raw) > MOST_CHARACTERS or not CHARACTERS.issuperset(raw)):
        raise WireError(f"the raw text is not up to {MOST_CHARACTERS} of A-Z, 0-9 and '?'")
    if fields.direction not in DIRECTIONS or fields.mode not in MODES:
        raise WireError("the direction or mode is unknown")
    models = fields.models
    if len(models) > MOST_MODELS or not all(type(name) is str for name in models):
        raise WireError("the models are malformed")
    if max(map(len, (fields.region or "", fields.source, *models))) > MOST_NAME:
        raise WireError(f"a name is longer than {MOST_NAME}")


def _check_lattice(lattice: list[Any]) -> None:
    if len(lattice) > MOST_CHARACTERS:
        raise WireError("the lattice has too many positions")
    for position in lattice:
        if type(position) is not list or not 0 < len(position) <= MOST_ALTERNATIVES:
            raise WireError("a position has no alternative, or too many")
        for pair in position:
            if type(pair) is not list or len(pair) != 2:
                raise WireError("the lattice is malformed")
            character, share = pair
            if type(character) is not str or type(share) is not int:
                raise WireError("the lattice is malformed")
            if character not in CHARACTERS or not 0 <= share <= SHARES:
                raise WireError("an alternative is not a character with a probability")


def _check_numbers(fields: AllFields) -> None:
    if not (0 <= fields.confidence <= SHARES and 0 <= fields.region_confidence <= SHARES):
        raise WireError("a confidence is not from 0 to 1")
    if min(fields.looks, fields.readings, fields.dwell_us, fields.monotonic_us) < 0:
        raise WireError("a count or duration is negative")
    if not 0 <= fields.captured_us <= MOST_TIME_US:
        raise WireError("the capture time is no time")
    pairs: list[Any] = [*fields.corners, fields.frame_size_wh]
    try:
        numbers = [number for x, y in pairs for number in (x, y)]
    except (TypeError, ValueError) as error:
        raise WireError("the corners or the frame size are malformed") from error
    if (
        tuple(map(type, pairs)) != (list,) * 5
        or set(map(type, numbers)) != {int}
        or not -_FAR < min(numbers) <= max(numbers) < _FAR
    ):
        raise WireError("the corners or the frame size are malformed")


def _share(p: float) -> int:
    return round(p * SHARES)
