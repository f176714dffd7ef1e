"""Which access records an audit looks at: drawn by the log's own signed head, so by nobody.

Anybody who has the head and the number of records can draw the sample again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

DRAW = b"alpr/1/audit/"


def rank(head: bytes, seq: int) -> bytes:
    """A record's place in the draw."""
    return hashlib.sha256(DRAW + head + seq.to_bytes(8, "big")).digest()


def draw(head: bytes, records: Iterable[int], size: int) -> list[int]:
    """The random sample, in the order of the log."""
    return sorted(sorted(records, key=lambda seq: rank(head, seq))[:size])


def risky(head: bytes, risks: Mapping[int, int], besides: Iterable[int], size: int) -> list[int]:
    """The risk sample: the riskiest records that the random one lacks; the draw breaks ties."""
    drawn = set(besides)
    left = [seq for seq, risk in risks.items() if risk > 0 and seq not in drawn]
    return sorted(sorted(left, key=lambda seq: (-risks[seq], rank(head, seq)))[:size])
