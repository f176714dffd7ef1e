"""Hostile hot-list files, for `make fuzz`.

Files are put together from what breaks readers: marks of encodings, NULs, open quotes, formulas,
lines without end, footers that lie. The only answers allowed are a reading and a `ListError`; no
row of a reading may hold what a spreadsheet would run, or a character that nobody sees.
"""

from __future__ import annotations

import io
import random
import unicodedata

from alpr_city.hotlists.importing import read
from alpr_city.hotlists.lines import MOST_LINE_BYTES, ListError
from alpr_city.vault.lists import decode_row, packed

MAPPING = {"plate": "A", "state": "B", "kind": "C", "reference": "D"}
PIECES = [
    *(b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\0", b"\n", b"\r\n", b"\r", b'"', b'""', b","),
    *(b"A,B,C,D", b"0TEST00", b"7abc-123", b"CA", b"ca ", b"HEADER", b"TOTAL RECORD", b" 2"),
    *(b"=1+1", b" =1+1", b"\t@SUM(A1)", b"+1", b"-2", b"|cmd", b"'=1", b"\xef\xbc\x9d1"),
    *(b"\xe9", b"caf\xc3\xa9", b"\xe2\x80\xae", b"\xc2\x85", b"\x1f", b"\xed\xa0\x80", b"\x81"),
    *(b"Immigration", b"stolen", b"0TEST00 CA19261101", b"x" * 101, b"x" * MOST_LINE_BYTES),
]
FORMULAS = ("=", "+", "-", "@", "|", "\uff1d")
HIDDEN = ("Cc", "Cf", "Cs", "Co", "Cn")


def judge(data: bytes, csv: bool) -> str:
    """Read one file and hold the reading against what must be; what came of it."""
    try:
        reading = read(
            io.BytesIO(data),
            kind="k",
            mapping=MAPPING if csv else None,
            dropped_kinds=["immigration"],
        )
    except ListError:
        return "refused"
    last, seen = 0, set()
    for row in reading.rows:
        number = int.from_bytes(row[:8], "big")
        entry = decode_row(row)
        assert number >= last
        assert number == packed(entry["plate"])
        last = number
        name = entry["plate"], entry["state"], entry["kind"]
        assert name not in seen
        seen.add(name)
        assert "immigration" not in entry["kind"].casefold()
        assert entry["plate"].isascii()
        assert entry["plate"].isalnum()
        for value in entry.values():
            assert not value.lstrip("'\"").lstrip().startswith(FORMULAS)
            assert not any(c != "\t" and unicodedata.category(c) in HIDDEN for c in value)
    return "rows" if reading.rows else "none"


def pieced(chance: random.Random) -> bytes:
    """One file, behind a letter: `c` where it is read as CSV."""
    csv = chance.random() < 0.7
    parts = [b"c" if csv else b"w"]
    if csv and chance.random() < 0.8:
        parts.append(b"A,B,C,D\n")
    for _ in range(chance.randint(0, 24)):
        parts.append(chance.choice(PIECES) if chance.random() < 0.9 else chance.randbytes(5))
        parts.append(chance.choice((b"", b",", b"\n")))
    return b"".join(parts)
