"""How a read can be found again without its text standing anywhere.

Exact search goes over tokens: a keyed hash of a folded reading, under a key of the day, cut to 32
bits. The database alone can link no car across days; the vault opens what a token finds, and
filters. Partial search goes over patterns, sealed in groups by camera and ten minutes.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from alpr_city.vault.patterns import weigh
from alpr_wire.hmacs import Keyed
from alpr_wire.read_fields import Fields
from alpr_wire.reads import CHARACTERS, SHARES

SLOT_US = 600 * 1_000_000
MOST_READINGS = 8
UNLIKELY = 200
"""An alternative below this share, in ten-thousandths, is no reading of a position."""
MUCH_LESS = 0.01
"""Nor is a text so much less likely than the best."""

FOLD = bytes.maketrans(b"OQDIBSZ", b"0001852")
"""Look-alikes, byte for byte: `bytes.translate` takes half the time of `str.translate`."""
_TOKEN = b"alpr/1/token/"
_BUCKET = struct.Struct(">i")  # as databases store it
_WEIGHT = [weigh(share / SHARES) for share in range(SHARES + 1)]


def fold(text: str) -> str:
    """A text with characters that look alike made the same."""
    return text.encode().translate(FOLD).decode()


_FOLDED = {c: fold(c) for c in CHARACTERS}


class Index(NamedTuple):
    """How one read can be found."""

    readings: list[str]
    """The likeliest folded texts, best first; never more than eight."""
    pattern: str
    """A text with its alternatives, likeliest first, and after a tab the weight of each character:
    `7A[B8]C123` and eight weights; see `patterns`."""

    def __repr__(self) -> str:
        """Without what it says: personal data stays out of logs and tracebacks."""
        return "Index(...)"


def index_of(read: Fields) -> Index:
    """Both in one pass over the lattice: this is done for every read that arrives."""
    beam: list[tuple[float, str]] = [(1.0, "")]
    since = ""  # what follows the last position that branched, the same for all of the beam
    readable = True
    parts = weights = ""
    for position in read.lattice:
        character, share = position[0]
        if len(position) == 1:
            parts += character
            weights += _WEIGHT[share]
            if share >= UNLIKELY and character != "?":
                since += _FOLDED[character]
            else:
                readable = False
            continue
        text, shares = "", dict[str, int]()
        for other, chance in position:
            if chance >= UNLIKELY:
                text += other
                weights += _WEIGHT[chance]
                if other != "?":
                    folded = _FOLDED[other]
                    shares[folded] = shares.get(folded, 0) + chance
        if not text:
            text = character
            weights += _WEIGHT[share]
        parts += text if len(text) == 1 else f"[{text}]"
        if len(shares) > 1:
            longer = [(q * p, before + since + c) for q, before in beam for c, p in shares.items()]
            longer.sort(reverse=True)
            beam, since = longer[:MOST_READINGS], ""
        elif shares:
            since += next(iter(shares))
        else:
            readable = False
    if readable:
        least = MUCH_LESS * beam[0][0]
        texts = [text + since for p, text in beam if p >= least and text + since]
    else:
        texts = [fold(read.raw_text)] if "?" not in read.raw_text else []
    return Index(texts, parts + "\t" + weights)


def token(key: bytes, folded: str) -> int:
    """The bucket of a folded text under a day's index key: 32 bits."""
    return tokens(Keyed(key), [folded])[0]


def tokens(key: Keyed, readings: list[str]) -> list[int]:
    """The buckets of a read's texts, sorted, under a day's index key."""
    digests = key.digests([_TOKEN + text.encode() for text in readings])
    return sorted({_BUCKET.unpack_from(digest)[0] for digest in digests})
