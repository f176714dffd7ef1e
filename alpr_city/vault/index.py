"""How a read can be found again without its text standing anywhere.

Exact search goes over tokens: a keyed hash of a folded reading, under a key of the day, cut to 32
bits. The database alone can link no car across days; the vault opens what a token finds, and
filters. Partial search goes over patterns, sealed in groups by camera and ten minutes.
"""

from __future__ import annotations

import hmac

from alpr_city.vault.patterns import weigh
from alpr_wire.reads import CHARACTERS, ReadBody

SLOT_US = 600 * 1_000_000
MOST_READINGS = 8
UNLIKELY = 0.02
"""An alternative below this is no reading of a position."""
MUCH_LESS = 0.01
"""Nor is a text so much less likely than the best."""

_FOLD = str.maketrans({"O": "0", "Q": "0", "D": "0", "I": "1", "B": "8", "S": "5", "Z": "2"})
_FOLDED = {c: c.translate(_FOLD) for c in CHARACTERS}


def fold(text: str) -> str:
    """A text with characters that look alike made the same."""
    return text.translate(_FOLD)


def readings(read: ReadBody) -> list[str]:
    """The likeliest folded texts of a read, best first; never more than eight."""
    beam: list[tuple[float, str]] = [(1.0, "")]
    for position in read.lattice:
        shares: dict[str, float] = {}
        for character, p in position:
            if p >= UNLIKELY and character != "?":
                folded = _FOLDED[character]
                shares[folded] = shares.get(folded, 0.0) + p
        if not shares:
            return [fold(read.raw_text)] if "?" not in read.raw_text else []
        if len(shares) == 1:
            ((only, p),) = shares.items()
            beam = [(q * p, text + only) for q, text in beam]
            continue
        longer = [(q * p, text + c) for q, text in beam for c, p in shares.items()]
        longer.sort(reverse=True)
        beam = longer[:MOST_READINGS]
    best = beam[0][0]
    return [text for p, text in beam if p >= MUCH_LESS * best and text]


def token(key: bytes, folded: str) -> int:
    """A bucket of 32 bits, signed as databases store it."""
    digest = hmac.digest(key, b"alpr/1/token/" + folded.encode(), "sha256")
    return int.from_bytes(digest[:4], "big", signed=True)


def tokens(key: bytes, read: ReadBody) -> list[int]:
    """Where a read is found under a day's index key."""
    return sorted({token(key, text) for text in readings(read)})


def pattern(read: ReadBody) -> str:
    """A text with its alternatives, likeliest first, and after a tab the weight of each character.

    `7A[B8]C123` and ten weights; see `patterns`.
    """
    parts, weights = [], []
    for position in read.lattice:
        likely = [(c, p) for c, p in position if p >= UNLIKELY] or [position[0]]
        text = "".join(c for c, _ in likely)
        parts.append(text if len(likely) == 1 else f"[{text}]")
        weights += [weigh(p) for _, p in likely]
    return "".join(parts) + "\t" + "".join(weights)
