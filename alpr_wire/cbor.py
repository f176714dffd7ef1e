"""Deterministic CBOR (RFC 8949, 4.2) with limits: one value has one encoding, and nothing is large.

Decoding accepts only what encoding would have written, so two parties that hash bytes cannot
disagree about what the bytes say.
"""

from __future__ import annotations

import io
import struct
from typing import Any

import cbor2

from alpr_wire.errors import WireError

_TWO_BYTES = struct.Struct(">BH")
MOST_BYTES = 1 << 20
MOST_DEPTH = 8
MOST_ITEMS = 4096
"""Elements of all arrays and maps of one value together."""


def encode(value: Any) -> bytes:
    """The one encoding of a value of None, bool, int, float, str, bytes, list, tuple and dict."""
    return bytes(cbor2.dumps(value, canonical=True))


def number(value: int) -> bytes:
    """The same for an integer, at a fraction of the cost for those of everyday length."""
    if 256 <= value < 65_536:
        return _TWO_BYTES.pack(0x19, value)
    return cbor2.dumps(value)


def decode(data: bytes, *, most_bytes: int = MOST_BYTES, only_form: bool = True) -> Any:
    """The value of an encoding.

    Args:
        data: The bytes.
        most_bytes: Refuse more.
        only_form: Refuse a value that is not in its one deterministic form. Bytes that are hashed
            as they are, like the plaintext of a read, need not pay for that.

    Raises:
        WireError: Too long, deep or many items; a tag; not CBOR, or not its deterministic form.
    """
    value = load(data, most_bytes=most_bytes)
    _check(value, 0)
    if only_form and encode(value) != data:
        raise WireError("not deterministic CBOR")
    return value


def load(data: bytes, *, most_bytes: int = MOST_BYTES) -> Any:
    """The value of an encoding, for a reader that checks the kind of every field itself.

    Raises:
        WireError: Too long or deep, or not CBOR.
    """
    if len(data) > most_bytes:
        raise WireError(f"{len(data)} bytes are more than {most_bytes}")
    file = io.BytesIO(data)
    try:
        value = cbor2.load(
            file, max_depth=MOST_DEPTH + 1, allow_indefinite=False, allow_duplicate_keys=False
        )
    except (cbor2.CBORError, ValueError, OverflowError, TypeError, RecursionError) as error:
        raise WireError(f"not CBOR, or deeper than {MOST_DEPTH}") from error
    if file.tell() != len(data):
        raise WireError("bytes after the end")
    return value


def _check(value: Any, items: int) -> int:
    """Only plain values, and not too many; the number of items so far."""
    kind = type(value)
    if kind is list:
        items += len(value)
        if items > MOST_ITEMS:
            raise WireError(f"more than {MOST_ITEMS} items")
        for inner in value:
            if type(inner) not in _ATOMS:
                items = _check(inner, items)
    elif kind is dict:
        items += 2 * len(value)
        if items > MOST_ITEMS:
            raise WireError(f"more than {MOST_ITEMS} items")
        for key, inner in value.items():
            if type(key) not in (int, str):
                raise WireError("a key that is no number or text")
            if type(inner) not in _ATOMS:
                items = _check(inner, items)
    elif kind is int:
        if not -(1 << 64) <= value < 1 << 64:
            raise WireError("tags are not used")
    elif kind not in _ATOMS:
        raise WireError("tags are not used")
    return items


_ATOMS = frozenset({bytes, str, bool, float, type(None)})
