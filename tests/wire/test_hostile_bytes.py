"""Bytes from a stranger give a typed error or the value that has those very bytes."""

from __future__ import annotations

import cbor2
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from alpr_wire import cbor
from alpr_wire.chain import Head, extend, follow, genesis
from alpr_wire.errors import ChainError, WireError
from alpr_wire.reads import decode_read
from alpr_wire.records import Kind, Record, decode_record
from tests.wire.samples import CAMERA, STREAM, read, signing_key

RECORD = Record(kind=Kind.BOOT, stream=STREAM, seq=0, body={1: b"x", 2: [1, 2, None]})


@settings(max_examples=400)
@given(st.binary(max_size=200))
@example(b"\x9f\xff")
@example(b"\x81" * 60)
@example(b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff")
@example(b"\xc0\x61x")
@example(b"\xd9\x01\x00\x80")
@example(b"\xf8\x18")
@example(b"\x5b\x7f\xff\xff\xff\xff\xff\xff\xff")
@example(b"\xa1\x81\x01\x02")
def test_any_bytes_are_refused_or_mean_one_thing(data: bytes) -> None:
    try:
        value = cbor.decode(data)
    except WireError:
        return
    assert cbor.encode(value) == data


@pytest.mark.parametrize("value", [0, 23, 24, 255, 256, 65_535, 65_536, 2**32, 2**53 - 1, -1])
def test_a_number_has_one_form(value: int) -> None:
    assert cbor.number(value) == cbor.encode(value)


@settings(max_examples=300)
@given(st.data())
def test_a_damaged_record_is_refused_or_another_record(data: st.DataObject) -> None:
    encoding = bytearray(RECORD.encode())
    for _ in range(data.draw(st.integers(1, 4))):
        encoding[data.draw(st.integers(0, len(encoding) - 1))] = data.draw(st.integers(0, 255))
    try:
        record = decode_record(bytes(encoding))
    except WireError:
        return
    assert record.encode() == bytes(encoding)


@settings(max_examples=300)
@given(st.data())
def test_a_damaged_read_is_refused_or_within_limits(data: st.DataObject) -> None:
    encoding = bytearray(read().encode())
    for _ in range(data.draw(st.integers(1, 4))):
        encoding[data.draw(st.integers(0, len(encoding) - 1))] = data.draw(st.integers(0, 255))
    try:
        body = decode_read(bytes(encoding))
    except WireError:
        return
    assert len(body.text) <= 16


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "not CBOR"),
        (b"\x00\x00", "bytes after the end"),
        (b"\x18\x01", "not deterministic"),
        (b"\x81" * 20 + b"\x00", "deeper than 8"),
        (b"\x9f\x00\xff", "not CBOR"),
        (b"\xa2\x00\x00\x00\x00", "not CBOR"),
        (b"\xc1\x00", "tags"),
        (b"\xc2\x49\x01\x00\x00\x00\x00\x00\x00\x00\x00", "tags"),
        (b"\xd9\xd9\xf7\x00", "not deterministic"),
        (b"\xf7", "tags"),
        (cbor2.dumps([0] * 5000), "more than 4096 items"),
        (cbor2.dumps({2: 1, 1: 1}), "not deterministic"),
        (b"\x00" * (1 << 21), "bytes are more than"),
    ],
)
def test_each_refusal_says_why(data: bytes, message: str) -> None:
    with pytest.raises(WireError, match=message):
        cbor.decode(data)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([2, 3, STREAM, 0, {}], "unknown version"),
        ([True, 3, STREAM, 0, {}], "unknown version"),
        ([1, 99, STREAM, 0, {}], "unknown kind"),
        ([1, 3, b"short", 0, {}], "stream id is 16 bytes"),
        ([1, 3, STREAM, -1, {}], "sequence number"),
        ([1, 3, STREAM, 2**53, {}], "sequence number"),
        ([1, 3, STREAM, True, {}], "sequence number"),
        ([1, 3, STREAM, 0, {"a": 1}], "without a body"),
        ([1, 3, STREAM, 0], "not a record"),
        ("read", "not a record"),
    ],
)
def test_a_malformed_record_is_refused(value: object, message: str) -> None:
    with pytest.raises(WireError, match=message):
        decode_record(cbor.encode(value))


def test_a_record_that_is_too_long_is_refused_on_both_sides() -> None:
    record = Record(kind=Kind.CONFIG, stream=STREAM, seq=0, body={1: b"x" * 40_000})
    with pytest.raises(WireError, match="longer than"):
        record.encode()


@pytest.mark.parametrize(
    "changes",
    [
        {"text": "lower"},
        {"text": "A" * 17},
        {"text": "A B"},
        {"confidence": 1.5},
        {"direction": "up"},
        {"lattice": ((),)},
        {"lattice": ((("A", 2.0),),)},
        {"source": "s" * 65},
        {"corners": ((0.0, 0.0),)},
        {"looks": -1},
    ],
)
def test_a_read_out_of_limits_is_not_sealed(changes: dict[str, object]) -> None:
    with pytest.raises(WireError):
        read(**changes).encode()


def chained(number: int) -> tuple[bytes, list[bytes]]:
    """A short stream and its head."""
    head, encodings = genesis(CAMERA, STREAM), []
    for seq in range(number):
        encodings.append(Record(kind=Kind.CLOCK, stream=STREAM, seq=seq, body={1: seq}).encode())
        head = extend(head, encodings[-1])
    return head, encodings


def test_a_stream_leads_to_its_head() -> None:
    head, encodings = chained(5)
    found, records = follow(genesis(CAMERA, STREAM), STREAM, 0, encodings)
    assert found == head
    assert [r.seq for r in records] == [0, 1, 2, 3, 4]


def test_a_missing_swapped_or_foreign_record_breaks_the_chain() -> None:
    _, encodings = chained(4)
    start = genesis(CAMERA, STREAM)
    for broken in (encodings[1:], [encodings[1], encodings[0]], [*encodings[:2], encodings[3]]):
        with pytest.raises(ChainError):
            follow(start, STREAM, 0, broken)
    with pytest.raises(ChainError, match="another stream"):
        follow(start, bytes(16), 0, encodings)


def test_a_changed_record_gives_another_head() -> None:
    head, encodings = chained(3)
    other = Record(kind=Kind.CLOCK, stream=STREAM, seq=1, body={1: 99}).encode()
    found, _ = follow(genesis(CAMERA, STREAM), STREAM, 0, [encodings[0], other, encodings[2]])
    assert found != head


def test_a_head_holds_only_with_its_own_key_and_content() -> None:
    digest, _ = chained(3)
    key = signing_key()
    head = Head.sign(key, camera=CAMERA, stream=STREAM, seq=2, digest=digest)
    head.verify(key.public_key())
    with pytest.raises(ChainError, match="signature does not hold"):
        head.verify(signing_key(1).public_key())
    forged = Head(camera=CAMERA, stream=STREAM, seq=3, digest=digest, signature=head.signature)
    with pytest.raises(ChainError, match="signature does not hold"):
        forged.verify(key.public_key())
