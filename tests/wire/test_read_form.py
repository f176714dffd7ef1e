"""A read that is known at sight is what the decoder says it is, and nothing else is known."""

from __future__ import annotations

import cbor2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alpr_wire import cbor, read_form
from alpr_wire.errors import WireError
from alpr_wire.records import Kind, Record, decode_record
from tests.wire.samples import STREAM

NUMBERS = st.sampled_from([0, 23, 24, 255, 256, 65_535, 65_536, 2**32 - 1, 2**32, 2**53 - 1])
PICTURES = st.lists(
    st.tuples(st.sampled_from([1, 2]), st.binary(min_size=32, max_size=32), NUMBERS)
)


def encoding(
    seq: int = 300, sealed: bytes = bytes(280), pictures: object = ([1, bytes(32), 70_000],)
) -> bytes:
    body = {1: 24, 2: 255, 3: sealed, 4: bytes(32), 5: list(pictures)}  # type: ignore[call-overload]
    return Record(kind=Kind.READ, stream=STREAM, seq=seq, body=body).encode()


@given(NUMBERS, st.integers(24, 700), PICTURES)
def test_a_read_as_cameras_write_it_is_known_at_sight(
    seq: int, size: int, pictures: list[tuple[int, bytes, int]]
) -> None:
    data = encoding(seq, bytes(size), [list(p) for p in pictures])
    value = read_form.value_of(data)
    assert (value is not None) == (len(pictures) <= 2)
    assert value in (None, cbor.decode(data))
    assert decode_record(data).encode() == data


@settings(max_examples=1000)
@given(st.data())
def test_what_is_known_at_sight_is_deterministic(data: st.DataObject) -> None:
    damaged = bytearray(encoding(*data.draw(st.sampled_from([(300, bytes(280)), (5, bytes(30))]))))
    for _ in range(data.draw(st.integers(1, 3))):
        # Most bytes are the sealed text, where nothing can go wrong.
        at = data.draw(st.integers(0, 40) | st.integers(-80, -1))
        damaged[at] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(len(damaged) - 3, len(damaged)))
    hostile = bytes(damaged[:cut]) + data.draw(st.binary(max_size=2))
    value = read_form.value_of(hostile)
    if value is not None:
        assert cbor.decode(hostile) == value


@pytest.mark.parametrize(
    "data",
    [
        b"",
        encoding() + b"\x00",
        encoding()[:-1],
        encoding().replace(b"\x19\x01\x2c", b"\x1a\x00\x00\x01\x2c", 1),
        encoding().replace(b"\x18\x18", b"\x19\x00\x18", 1),
        encoding(pictures=[[1, bytes(31), 1]]),
        encoding(pictures=[[1, bytes(32), -1]]),
        Record(kind=Kind.EPOCH, stream=STREAM, seq=0, body={1: 1}).encode(),
        cbor2.dumps([1, 1, STREAM, 300, {2: 255, 1: 24, 3: bytes(280), 4: bytes(32), 5: []}]),
    ],
)
def test_another_form_is_left_to_the_decoder(data: bytes) -> None:
    assert read_form.value_of(data) is None


def test_a_number_beyond_the_contracts_is_refused_in_either_form() -> None:
    data = encoding(2**53 - 1).replace(
        b"\x1b" + (2**53 - 1).to_bytes(8, "big"), b"\x1b" + (2**53).to_bytes(8, "big")
    )
    assert read_form.value_of(data) is not None
    with pytest.raises(WireError, match="sequence number"):
        decode_record(data)
