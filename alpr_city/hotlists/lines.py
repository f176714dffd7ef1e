"""Lines of a file that may be anything: of any length, in any encoding, with NULs."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from alpr_city.errors import CityError

MOST_LINE_BYTES = 4096
CHUNK_BYTES = 1 << 16
_WIDE = (b"\xff\xfe", b"\xfe\xff")
_BOM = b"\xef\xbb\xbf"
_CONTROL = re.compile("[\x00-\x08\x0a-\x1f\x7f]")
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
"""Controls, marks that turn or join text, and what is no character: nobody could see them."""


class ListError(CityError):
    """A hot list cannot be imported; the one that is there stays."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a line was not taken. It never quotes the line, which may hold a plate."""

    line: int
    """From 1; 0 is the file as a whole."""
    why: str


def lines(file: BinaryIO) -> Iterator[tuple[int, str] | Fault]:
    """Each line with its number from 1, or what is wrong with it.

    At most a chunk and a line are held, however long a line is. Bytes that are not UTF-8 are taken
    as Windows-1252, line by line, for files are pasted together.

    Raises:
        ListError: The file is UTF-16.
    """
    number, rest, skipping, first = 1, b"", False, True
    while chunk := file.read(CHUNK_BYTES):
        if first:
            if chunk.startswith(_WIDE):
                raise ListError("the file is UTF-16", fix="save it as UTF-8")
            chunk, first = chunk.removeprefix(_BOM), False
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            if skipping or len(line) > MOST_LINE_BYTES:
                yield _too_long(number)
                skipping = False
            else:
                yield _decoded(number, line)
            number += 1
        if len(rest) > MOST_LINE_BYTES:
            rest, skipping = b"", True
    if skipping:
        yield _too_long(number)
    elif rest:
        yield _decoded(number, rest)


def _too_long(number: int) -> Fault:
    return Fault(number, f"longer than {MOST_LINE_BYTES} bytes")


def _decoded(number: int, line: bytes) -> tuple[int, str] | Fault:
    line = line.removesuffix(b"\r")
    if b"\0" in line:
        return Fault(number, "holds a NUL byte")
    try:
        text = line.decode()
    except UnicodeDecodeError:
        text = line.decode("cp1252", errors="replace")
    if not text.isascii() and any(unicodedata.category(c) in _HIDDEN for c in text):
        return Fault(number, "holds an invisible character")
    if _CONTROL.search(text):
        return Fault(number, "holds a control character")
    return number, text
