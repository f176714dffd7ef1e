"""Deterministic CBOR (RFC 8949, 4.2) with limits: one value has one encoding, and nothing is large.

Decoding accepts only what encoding would have written, so two parties that hash bytes cannot
disagree about what the bytes say.
"""

from __future__ import annotations

from typing import Any

import cbor2

from alpr_wire.errors import WireError

MOST_BYTES = 1 << 20
MOST_DEPTH = 8
MOST_ITEMS = 4096
"""Elements of all arrays and maps of one value together."""


def encode(value: Any) -> bytes:
    """The one encoding of a value of None, bool, int, float, str, bytes, list, tuple and dict."""
    return bytes(cbor2.dumps(value, canonical=True))


def decode(data: bytes, *, most_bytes: int = MOST_BYTES) -> Any:
    """The value of an encoding.

    Raises:
        WireError: Too long, deep or many items; a tag; not CBOR, or not its one deterministic form.
    """
    if len(data) > most_bytes:
        raise WireError(f"{len(data)} bytes are more than {most_bytes}")
    _check_shape(data)
    try:
        value = cbor2.loads(data)
    except (cbor2.CBORError, ValueError, OverflowError, TypeError, RecursionError) as error:
        raise WireError("not CBOR") from error
    if encode(value) != data:
        raise WireError("not deterministic CBOR")
    return value


def _check_shape(data: bytes) -> None:
    """Walk the heads before anything is built: depth, number of items, lengths, no tags."""
    at, items = 0, 0
    open_counts = [1]  # items still to come at each depth
    while open_counts:
        if open_counts[-1] == 0:
            open_counts.pop()
            continue
        open_counts[-1] -= 1
        items += 1
        if items > MOST_ITEMS:
            raise WireError(f"more than {MOST_ITEMS} items")
        kind, argument, at = _head(data, at)
        if kind in (2, 3):
            at += argument
            if at > len(data):
                raise WireError("cut short")
        elif kind in (4, 5):
            if len(open_counts) > MOST_DEPTH:
                raise WireError(f"deeper than {MOST_DEPTH}")
            if argument > MOST_ITEMS:
                raise WireError(f"more than {MOST_ITEMS} items")
            open_counts.append(argument * (2 if kind == 5 else 1))
        elif kind == 6:
            raise WireError("tags are not used")
    if at != len(data):
        raise WireError("bytes after the end")


def _head(data: bytes, at: int) -> tuple[int, int, int]:
    """Major type, argument, and where the next head or content starts."""
    if at >= len(data):
        raise WireError("cut short")
    first = data[at]
    kind, short = first >> 5, first & 31
    at += 1
    if short < 24:
        return kind, short, at
    if short > 27:
        raise WireError("indefinite lengths are not used")
    size: int = 1 << (short - 24)
    if at + size > len(data):
        raise WireError("cut short")
    return kind, int.from_bytes(data[at : at + size], "big"), at + size
