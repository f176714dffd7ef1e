"""Knows the plaintext of a read at sight, and gives what a city computes with.

A city opens thousands of reads a second and needs four of their nineteen fields; the others it
checks, so that nothing is stored that cannot be shown later. Every camera of this version writes
a plaintext in the same form. Whether bytes have it, and every field is as it must be, is told by
one pattern at a third of the cost of decoding and checking; whatever has another form is left to
`reads.all_fields_of`.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, NamedTuple

import cbor2

from alpr_wire import cbor
from alpr_wire.errors import WireError
from alpr_wire.read_form import UINT
from alpr_wire.reads import (
    DIRECTIONS,
    MOST_PLAINTEXT_BYTES,
    ReadBody,
    all_fields_of,
    decode_read,
)

MOST_ENDINGS = 4096
"""Frame size, mode, source and models that were checked before: a few of each camera."""

# Text and raw text, then the lattice...
_TEXT = rb"([\x60-\x70][0-9A-Z?]*+)"
_SHARE = rb"(?:\x19(?:[\x01-\x26].|\x27[\x00-\x10])|\x18[\x18-\xff]|[\x00-\x17])"
_PAIR = rb"\x82\x61[0-9A-Z?]" + _SHARE
_POSITION = b"|".join(b"%c(?:%b){%d}" % (0x80 + n, _PAIR, n) for n in range(1, 9))
# ... confidence, region, its confidence, time, clock, durations, direction, counts, corners...
_REGION = rb"(\xf6|[\x61-\x77][\x20-\x7e]++)"
_DIRECTION = rb"(?:\x6bapproaching|\x68receding|\x64left|\x65right|\x65still)"
_TENTHS = rb"(?:[\x00-\x17\x20-\x37]|[\x18\x38].|[\x19\x39]..)"
_FORM = re.compile(
    rb"\xb3\x01%b\x02%b\x03([\x80-\x90])((?:%b)*+)" % (_TEXT, _TEXT, _POSITION)
    + rb"\x04%b\x05%b\x06%b" % (_SHARE, _REGION, _SHARE)
    + rb"\x07\x1b(\x00[\x00-\x1f].{6})\x08[\xf4\xf5]\x09(?:\xf6|%b)" % UINT
    + rb"\x0a%b\x0b%b\x0c%b\x0d%b\x0e%b" % (UINT, UINT, _DIRECTION, UINT, UINT)
    # ... and the last four as they stand.
    + rb"\x0f\x84(?:\x82%b%b){4}(\x10.+)" % (_TENTHS, _TENTHS),
    re.DOTALL,
)
_PAIRS = re.compile("([\x81-\x88]?)\x82a(.)(?:\x19(.)(.)|(\x18.|.))", re.DOTALL)
"""Of a lattice that has the form, read as Latin-1: new position, character, and share: two bytes
or a short form. A table of all shares would be slower: it falls out of the processor's caches."""
_SHORT = {cbor2.dumps(share).decode("latin-1"): share for share in range(256)}
_SOUND: tuple[Any, ...] = (
    "",
    "",
    [],
    0,
    None,
    0,
    0,
    False,
    None,
    0,
    0,
    DIRECTIONS[0],
    0,
    0,
    [[0, 0]] * 4,
)
_BEGINNING = b"\xb3" + cbor.encode(dict(enumerate(_SOUND, 1)))[1:]
"""Fifteen sound fields of nineteen."""


class Fields(NamedTuple):
    """What a city computes with of a read whose every field is checked."""

    text: str
    raw_text: str
    lattice: list[list[tuple[str, int]]]
    """For each position pairs of a character and ten-thousandths, likeliest first."""
    captured_us: int
    plaintext: bytes

    def __repr__(self) -> str:
        """Without what it says: personal data stays out of logs and tracebacks."""
        return "Fields(...)"

    def converted(self) -> ReadBody:
        """The whole read."""
        return decode_read(self.plaintext)


def fields_of(plaintext: bytes) -> Fields:
    """Those of the read that an opened plaintext holds.

    Raises:
        WireError: Not a read, or one of whose nineteen fields breaks a limit.
    """
    seen = seen_in(plaintext)
    if seen is not None:
        return seen
    read = all_fields_of(plaintext)
    lattice = [[(character, share) for character, share in row] for row in read.lattice]
    return Fields(read.text, read.raw_text, lattice, read.captured_us, plaintext)


def seen_in(plaintext: bytes) -> Fields | None:
    """The same at sight; None for anything that has another form."""
    form = _FORM.fullmatch(plaintext)
    if form is None or len(plaintext) > MOST_PLAINTEXT_BYTES:
        return None
    text, raw, many, pairs, region, captured_us, ending = form.groups()
    lattice: list[list[tuple[str, int]]] = []
    for new, character, high, low, short in _PAIRS.findall(pairs.decode("latin-1")):
        pair = character, (ord(high) << 8) + ord(low) if high else _SHORT[short]
        if new:
            position = [pair]
            lattice.append(position)
        else:
            position.append(pair)
    if (
        len(lattice) != many[0] - 0x80
        or not _fits(text)
        or (raw != text and not _fits(raw))
        or (len(region) > 1 and not _fits(region))
        or not _ending_holds(ending)
    ):
        return None
    said = text[1:].decode()
    raw_text = said if raw == text else raw[1:].decode()
    return Fields(said, raw_text, lattice, int.from_bytes(captured_us, "big"), plaintext)


def _fits(text: bytes) -> bool:
    """Whether a short text is as long as its first byte says."""
    return len(text) == text[0] - 0x5F


@lru_cache(MOST_ENDINGS)
def _ending_holds(ending: bytes) -> bool:
    """Whether the last four fields are sound; most reads of a camera share them."""
    try:
        all_fields_of(_BEGINNING + ending)
    except WireError:
        return False
    return True
