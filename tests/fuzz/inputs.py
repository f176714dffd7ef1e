"""Hostile inputs: good bytes that are cut and spliced, and values that are changed and encoded."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

import cbor2

from alpr_wire import cbor
from alpr_wire.errors import WireError

Makes = Callable[[random.Random], bytes]
EVIL = [
    b"\x9b" + b"\xff" * 8,
    b"\x5b\x7f" + b"\xff" * 7,
    b"\xc2\x41",
    b"\x81" * 40,
    b"[" * 2000,
    b"9" * 5000,
    b"\xff\xd8\xff",
    b"\x00\xff\xff\xff\x7f",
    b'"',
    b"\xed\xa0\x80",
]
"""Heads that promise much, tags, depth, length, markers, surrogates."""
ODD: list[Any] = [
    *(None, True, False, 0, -1, 1 << 31, 1 << 63, (1 << 64) - 1, -(1 << 64), 1 << 64),
    *(0.5, -0.0, float("nan"), float("inf"), 1e308, "", "\0", "x" * 5000, "cam-0001", "\u202e"),
    *(b"", b"\0", bytes(16), bytes(32), bytes(64), b"\xff" * 5000),
    *([], {}, [[[[[[[[[1]]]]]]]]], {1: {2: {3: {}}}}, [0] * 4097, {"": b""}),
]
ODD_KEYS = [*range(-1, 25), 1 << 40, "", "x", "1"]


def mutated(chance: random.Random, corpus: Sequence[bytes]) -> bytes:
    """Good bytes with one to four changes."""
    drawn = chance.random  # a fifth of what randrange costs
    data = bytearray(corpus[int(drawn() * len(corpus))])
    for _ in range(1 + int(drawn() * 4)):
        at = int(drawn() * (len(data) + 1))
        what = int(drawn() * 5)
        if what == 0 and data:
            data[at % len(data)] = int(drawn() * 256)
        elif what == 1:
            data[at:at] = chance.randbytes(1 + int(drawn() * 9))
        elif what == 2:
            del data[at : at + 1 + int(drawn() * 40)]
        elif what == 3:
            other = corpus[int(drawn() * len(corpus))]
            data[at:] = other[int(drawn() * len(other)) :]
        else:
            data[at:at] = EVIL[int(drawn() * len(EVIL))]
    return bytes(data)


def changed(chance: random.Random, value: Any) -> Any:
    """A copy with one thing in it changed, left out or added."""
    what = chance.random()
    if isinstance(value, dict | list) and value and what < 0.9:
        copy: Any = value.copy()
        at = chance.choice(list(copy)) if isinstance(copy, dict) else chance.randrange(len(copy))
        if what < 0.1:
            del copy[at]
        elif what < 0.2 and isinstance(copy, dict):
            copy[chance.choice(ODD_KEYS)] = chance.choice(ODD)
        elif what < 0.2:
            copy.insert(at, chance.choice(ODD))
        else:
            copy[at] = changed(chance, copy[at])
        return copy
    if isinstance(value, bytes) and what < 0.5:
        return mutated(chance, [value])
    if isinstance(value, str) and what < 0.5:
        return mutated(chance, [value.encode()]).decode(errors="ignore")
    if type(value) is int and what < 0.5:
        return value + chance.choice((-256, -1, 1, 1 << 32))
    return chance.choice(ODD)


def reshaped(values: Callable[[], Sequence[Any]], encode: Callable[[Any], bytes]) -> Makes:
    """Inputs in the right form, and signed where `encode` signs, of values that are not right."""
    good: list[Any] = []

    def make(chance: random.Random) -> bytes:
        if not good:
            good.extend(values())
        while True:
            try:
                return encode(changed(chance, chance.choice(good)))
            except (WireError, cbor2.CBORError, ValueError, TypeError):
                continue  # what nobody can encode

    return make


def values_of(corpus: Callable[[], Sequence[bytes]]) -> Callable[[], list[Any]]:
    """What the good bytes hold."""
    return lambda: [cbor.decode(data) for data in corpus()]
