"""A plaintext that is known at sight says what the decoder says, and no other is known."""

from __future__ import annotations

from typing import Any

import cbor2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alpr_wire.errors import WireError
from alpr_wire.read_fields import fields_of, seen_in
from alpr_wire.reads import CHARACTERS, SHARES, all_fields_of
from tests.wire.samples import read

PLAIN = read().encode()
CHARACTER = st.sampled_from(sorted(CHARACTERS))
SHARE = st.sampled_from([0, 23, 24, 255, 256, 9983, 9984, SHARES])
POSITION = st.lists(st.tuples(CHARACTER, SHARE), min_size=1, max_size=8)
TEXT = st.text(CHARACTER, max_size=16)


def changed(key: int, value: Any) -> bytes:
    """A plaintext with one field as it is given."""
    return cbor2.dumps({**cbor2.loads(PLAIN), key: value}, canonical=True)


def agrees(data: bytes) -> bool:
    """Whether it is known at sight; then it must say what the decoder says."""
    seen = seen_in(data)
    if seen is None:
        return False
    read = all_fields_of(data)  # raises where it should not have been known
    lattice = [[tuple(pair) for pair in position] for position in read.lattice]
    assert seen == (read.text, read.raw_text, lattice, read.captured_us, data)
    return True


@pytest.mark.parametrize(
    "data",
    [
        b"",
        PLAIN[:-1],
        PLAIN + b"\x00",
        PLAIN.replace(b"\x670TEST00", b"\x680TEST00", 1),
        PLAIN.replace(b"\x03\x87", b"\x03\x88", 1),
        PLAIN.replace(b"\x82\x82\x61", b"\x83\x82\x61", 1),
        PLAIN.replace(b"eus-ca", b"dus-ca"),
        *(changed(key, "0TEST0!") for key in (1, 2)),
        *(changed(key, "A" * 17) for key in (1, 2)),
        changed(3, [[["A", SHARES + 1]]]),
        changed(3, [[["A", 1]]] * 17),
        changed(3, [[["A", 1]] * 9]),
        changed(3, [[]]),
        changed(3, [[["a", 1]]]),
        changed(3, [[["AB", 1]]]),
        *(changed(key, SHARES + 1) for key in (4, 6)),
        *(changed(key, -1) for key in (4, 6, 7, 10, 11, 13, 14)),
        changed(5, "x" * 65),
        changed(7, 2**53),
        changed(8, 1),
        changed(12, "up"),
        changed(15, [[1, 2]] * 3),
        changed(15, [[1, 2, 3]] * 4),
        changed(15, [[1, 2.5]] * 4),
        changed(16, [1, 2, 3]),
        changed(16, [1, 2**53]),
        changed(17, "fast"),
        changed(18, "x" * 65),
        changed(19, ["m"] * 5),
        changed(19, [1]),
        changed(20, 0),
    ],
)
def test_what_no_read_may_say_is_not_known_at_sight(data: bytes) -> None:
    assert seen_in(data) is None
    if data != changed(20, 0):  # which may come to mean something one day
        with pytest.raises(WireError):
            fields_of(data)


@given(TEXT, TEXT, st.lists(POSITION, max_size=16), SHARE, st.sampled_from([None, "us", "us-ca"]))
def test_a_read_as_cameras_write_it_is_known_at_sight(
    text: str, raw: str, lattice: list[list[tuple[str, int]]], share: int, region: str | None
) -> None:
    rows = tuple(tuple((c, p / SHARES) for c, p in position) for position in lattice)
    how = {"region": region, "confidence": share / SHARES, "captured_us": 2**53 - 1 - share}
    assert agrees(read(text, raw_text=raw, lattice=rows, **how).encode())


@settings(max_examples=300)
@given(st.data())
def test_what_is_known_at_sight_is_a_read(data: st.DataObject) -> None:
    damaged = bytearray(PLAIN)
    for _ in range(data.draw(st.integers(1, 3))):
        damaged[data.draw(st.integers(0, len(PLAIN) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(len(PLAIN) - 3, len(PLAIN)))
    agrees(bytes(damaged[:cut]) + data.draw(st.binary(max_size=2)))


@pytest.mark.parametrize(
    "data",
    [
        changed(1, "?"),
        changed(5, ""),
        changed(5, "Québec"),
        changed(7, 1),
        changed(15, [[2**20, -(2**20)]] * 4),
        cbor2.dumps(dict(reversed(cbor2.loads(PLAIN).items()))),
    ],
)
def test_another_form_of_a_read_is_decoded(data: bytes) -> None:
    read = all_fields_of(data)
    assert fields_of(data)[:2] == (read.text, read.raw_text)
    assert fields_of(data).converted().text == read.text
