"""Hostile hot-list files: `python -m tests.city.hotlists.fuzz 1000000 1` (how many, seed).

Files are put together from what breaks readers: marks of encodings, NULs, open quotes, formulas,
lines without end, footers that lie. The only answers allowed are a reading and a `ListError`; no
row of a reading may hold what a spreadsheet would run, or a character that nobody sees.
"""

from __future__ import annotations

import io
import random
import resource
import sys
import unicodedata
from collections import Counter

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
MOST_GROWTH_KB = 64 * 1024


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


def fuzz(files: int, seed: int) -> Counter[str]:
    """So many files; how many of each outcome.

    Raises:
        AssertionError: A reading holds what it must not, or the process grew.
    """
    chance, came = random.Random(seed), Counter[str]()
    before_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(files):
        csv = chance.random() < 0.7
        data = b"A,B,C,D\n" if csv and chance.random() < 0.8 else b""
        for _ in range(chance.randint(0, 24)):
            data += chance.choice(PIECES) if chance.random() < 0.9 else chance.randbytes(5)
            data += chance.choice((b"", b",", b"\n"))
        came[judge(data, csv)] += 1
    grown_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kb
    assert grown_kb < MOST_GROWTH_KB, grown_kb
    return came


if __name__ == "__main__":
    how_many, seed = (int(a) for a in sys.argv[1:3])
    print(dict(fuzz(how_many, seed)))
