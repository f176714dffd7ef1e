"""How a read can be found again without its text standing anywhere.

Exact search goes over tokens: a keyed hash of a folded reading, under a key of the day, cut to 32
bits. The database alone can link no car across days; the vault opens what a token finds, and
filters. Partial search goes over patterns, sealed in groups by camera and ten minutes.
"""

from __future__ import annotations

from typing import NamedTuple

from alpr_city.vault.patterns import weigh
from alpr_wire import hmacs
from alpr_wire.reads import CHARACTERS, SHARES, Fields

SLOT_US = 600 * 1_000_000
MOST_READINGS = 8
UNLIKELY = 200
"""An alternative below this share, in ten-thousandths, is no reading of a position."""
MUCH_LESS = 0.01
"""Nor is a text so much less likely than the best."""

FOLD = bytes.maketrans(b"OQDIBSZ", b"0001852")
"""Look-alikes, byte for byte: `bytes.translate` takes half the time of `str.translate`."""
_TOKEN = b"alpr/1/token/"
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
    parts, weights = [], []
    for position in read.lattice:
        if len(position) == 1:
            ((character, share),) = position
            parts.append(character)
            weights.append(_WEIGHT[share])
            if share >= UNLIKELY and character != "?":
                since += _FOLDED[character]
            else:
                readable = False
            continue
        likely = [pair for pair in position if pair[1] >= UNLIKELY]
        shares: dict[str, int] = {}
        for character, share in likely:
            if character != "?":
                folded = _FOLDED[character]
                shares[folded] = shares.get(folded, 0) + share
        if len(shares) > 1:
            longer = [(q * p, text + since + c) for q, text in beam for c, p in shares.items()]
            longer.sort(reverse=True)
            beam, since = longer[:MOST_READINGS], ""
        elif shares:
            since += next(iter(shares))
        else:
            readable = False
        likely = likely or position[:1]
        text = "".join([c for c, _ in likely])
        parts.append(text if len(likely) == 1 else f"[{text}]")
        weights += [_WEIGHT[p] for _, p in likely]
    if readable:
        least = MUCH_LESS * beam[0][0]
        texts = [text + since for p, text in beam if p >= least and text + since]
    else:
        texts = [fold(read.raw_text)] if "?" not in read.raw_text else []
    return Index(texts, "".join(parts) + "\t" + "".join(weights))


def token(key: bytes, folded: str) -> int:
    """The bucket of a folded text under a day's index key: 32 bits."""
    return _bucket(hmacs.digest(hmacs.pads(key), _TOKEN + folded.encode()))


def tokens(key: hmacs.Pads, readings: list[str]) -> list[int]:
    """The buckets of a read's texts, sorted, under a day's index key."""
    digests = hmacs.digests(key, [_TOKEN + text.encode() for text in readings])
    return sorted({_bucket(digest) for digest in digests})


def _bucket(digest: bytes) -> int:
    return int.from_bytes(digest[:4], "big", signed=True)  # as databases store it
