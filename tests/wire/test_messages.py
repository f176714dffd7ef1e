"""Batches, receipts, commands and certified keys: what is refused, then what is accepted."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alpr_wire import cbor, topics
from alpr_wire.batches import (
    MOST_PICTURE_BYTES,
    MOST_RECORDS,
    Batch,
    PictureMessage,
    decode_batch,
    decode_picture,
)
from alpr_wire.chain import Head, extend, genesis
from alpr_wire.commands import MOST_LIFE_US, Action, Command, open_command
from alpr_wire.desired import Desired, open_desired
from alpr_wire.errors import ChainError, WireError
from alpr_wire.keys import CertifiedKey, Purpose, open_key
from alpr_wire.receipts import MOST_PICTURES, Receipt, Request, open_answer
from alpr_wire.records import Kind, Picture, Record
from alpr_wire.sealing import SealedPicture
from alpr_wire.statements import StatementError
from alpr_wire.topics import Channel
from tests.wire.samples import CAMERA, STREAM, signing_key

GOLDEN: dict[str, str] = json.loads((Path(__file__).parent / "golden-1.json").read_text())
NOW = 1_795_500_000_000_000
CITY, OTHER = signing_key(1), signing_key(2)


def batch(count: int = 3, first: int = 0) -> Batch:
    """Boot records of the sample camera."""
    before = digest = genesis(CAMERA, STREAM)
    encodings = []
    for seq in range(first, first + count):
        encoding = Record(kind=Kind.BOOT, stream=STREAM, seq=seq, body={1: "start"}).encode()
        digest = extend(digest, encoding)
        encodings.append(encoding)
    last = first + count - 1
    head = Head.sign(signing_key(), camera=CAMERA, stream=STREAM, seq=last, digest=digest)
    return Batch(
        camera=CAMERA,
        stream=STREAM,
        first_seq=first,
        before=before,
        encodings=tuple(encodings),
        digest=digest,
        signature=head.signature,
    )


def picture(size: int = 10) -> PictureMessage:
    """A sealed crop."""
    sealed = SealedPicture(kind=Picture.CROP, data=bytes(size))
    return PictureMessage(camera=CAMERA, stream=STREAM, seq=9, picture=sealed)


def receipt(**changes: Any) -> Receipt:
    """For the sample stream."""
    fields = {"camera": CAMERA, "stream": STREAM, "seq": 41, "digest": bytes(32), "at_us": NOW}
    return Receipt(**{**fields, "pictures": ((40, Picture.CROP),), **changes})


def command(**changes: Any) -> Command:
    """A pull, good for a minute."""
    fields = {"camera": CAMERA, "number": 5, "issued_us": NOW, "expires_us": NOW + 60_000_000}
    return Command(**{**fields, "action": Action.PULL, "arguments": {1: 7}, **changes})


def heard(data: bytes, **changes: Any) -> Command:
    """The command as the camera takes it."""
    rules: dict[str, Any] = {
        "camera": CAMERA,
        "key": CITY.public_key(),
        "last_number": 4,
        "now_us": NOW + 1,
    }
    return open_command(data, **{**rules, **changes})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"digest": bytes(32)}, "do not lead"),
        ({"before": bytes(32)}, "do not lead"),
        ({"signature": bytes(64)}, "signature does not hold"),
        ({"camera": "cam-0002"}, "signature does not hold"),
        ({"first_seq": 1}, "stands where"),
        ({"stream": bytes(16)}, "another stream"),
    ],
)
def test_a_batch_that_was_changed_is_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ChainError, match=message):
        decode_batch(replace(batch(), **change).encode()).verify(signing_key().public_key())


@pytest.mark.parametrize("at", range(3))
def test_a_record_removed_from_a_batch_is_missed(at: int) -> None:
    whole = batch()
    left = whole.encodings[:at] + whole.encodings[at + 1 :]
    with pytest.raises(ChainError):
        replace(whole, encodings=left).verify(signing_key().public_key())


def test_a_batch_keeps_its_limits() -> None:
    with pytest.raises(WireError, match="1 to 250"):
        batch(MOST_RECORDS + 1).encode()
    with pytest.raises(WireError, match="1 to 250"):
        replace(batch(), encodings=()).encode()
    with pytest.raises(WireError, match="longer than"):
        replace(batch(), encodings=(bytes(30_000),) * 8).encode()
    with pytest.raises(WireError, match="longer than"):
        picture(MOST_PICTURE_BYTES + 1).encode()


def test_a_batch_arrives_as_it_left() -> None:
    found = decode_batch(batch().encode())
    assert found == batch()
    assert [r.seq for r in found.verify(signing_key().public_key())] == [0, 1, 2]
    assert decode_picture(picture().encode()) == picture()


@pytest.mark.parametrize("key", [1, 2, 3, 4, 5, 6, 7])
@pytest.mark.parametrize("value", [None, True, -1, "x", b"x", [], {}])
def test_a_malformed_field_of_a_batch_is_a_typed_error(key: int, value: object) -> None:
    version, kind, body = cbor.decode(batch().encode())
    with pytest.raises(WireError):
        decode_batch(cbor.encode([version, kind, {**body, key: value}]))


@pytest.mark.parametrize("version", [0, 2, True, "1"])
def test_another_version_is_refused(version: object) -> None:
    _, kind, body = cbor.decode(batch().encode())
    with pytest.raises(WireError, match="of version 1"):
        decode_batch(cbor.encode([version, kind, body]))


def test_a_forged_receipt_is_refused() -> None:
    with pytest.raises(StatementError, match="signature"):
        open_answer(receipt().sign(OTHER), camera=CAMERA, key=CITY.public_key())
    data = bytearray(receipt().sign(CITY))
    version, kind, named, body, signature = cbor.decode(bytes(data))
    more = cbor.encode([version, kind, named, {**body, 3: 42}, signature])
    with pytest.raises(StatementError, match="signature"):
        open_answer(more, camera=CAMERA, key=CITY.public_key())


def test_a_receipt_for_another_camera_is_refused() -> None:
    with pytest.raises(StatementError, match="another camera"):
        open_answer(receipt().sign(CITY), camera="cam-0002", key=CITY.public_key())


def test_a_command_is_no_receipt_although_the_same_key_signed_it() -> None:
    with pytest.raises(WireError, match="not a receipt"):
        open_answer(command().sign(CITY), camera=CAMERA, key=CITY.public_key())


def test_answers_arrive_as_they_left() -> None:
    request = Request(camera=CAMERA, stream=STREAM, after_seq=-1, at_us=NOW)
    for answer in (receipt(), request, replace(request, after_seq=12)):
        assert open_answer(answer.sign(CITY), camera=CAMERA, key=CITY.public_key()) == answer
    with pytest.raises(WireError, match="at most"):
        receipt(pictures=((1, Picture.CROP),) * (MOST_PICTURES + 1)).sign(CITY)


@pytest.mark.parametrize(
    ("data", "rules", "message"),
    [
        (command().sign(OTHER), {}, "signature"),
        (command().sign(CITY), {"camera": "cam-0002"}, "another camera"),
        (command().sign(CITY), {"last_number": 5}, "seen before"),
        (command().sign(CITY), {"now_us": NOW + 61_000_000}, "not valid now"),
        (command().sign(CITY), {"now_us": NOW - 121_000_000}, "not valid now"),
        (command(expires_us=NOW + MOST_LIFE_US + 1).sign(CITY), {}, "lives too long"),
    ],
)
def test_a_command_that_is_not_for_here_and_now_is_refused(
    data: bytes, rules: dict[str, Any], message: str
) -> None:
    with pytest.raises(StatementError, match=message):
        heard(data, **rules)


def test_a_good_command_is_taken() -> None:
    assert heard(command().sign(CITY)) == command()


def test_a_key_counts_for_its_purpose_and_its_time_alone() -> None:
    key = CertifiedKey(
        purpose=Purpose.RECEIPT, public=bytes(32), not_before_us=NOW, not_after_us=NOW + 10
    )
    word, root = key.certify(CITY), CITY.public_key()
    with pytest.raises(StatementError, match="purpose"):
        open_key(word, purpose=Purpose.COMMAND, root=root, now_us=NOW)
    with pytest.raises(StatementError, match="not valid now"):
        open_key(word, purpose=Purpose.RECEIPT, root=root, now_us=NOW + 11)
    with pytest.raises(StatementError, match="signature"):
        open_key(word, purpose=Purpose.RECEIPT, root=OTHER.public_key(), now_us=NOW)
    assert open_key(word, purpose=Purpose.RECEIPT, root=root, now_us=NOW) == key


@pytest.mark.parametrize(
    "name", ["", "a", "Cam-1", "cam/1", "cam+", "#", "-cam", "cam-", "cam\n", "c" * 65, "cäm"]
)
def test_a_name_that_could_reach_another_topic_is_refused(name: str) -> None:
    with pytest.raises(WireError, match="camera's name"):
        topics.topic(Channel.UP, name)
    with pytest.raises(WireError):
        topics.parse(f"alpr/v1/up/{name}")


def test_topics_are_read_as_they_are_written() -> None:
    for channel in Channel:
        assert topics.parse(topics.topic(channel, CAMERA)) == (channel, CAMERA)
    for name in ("alpr/v2/up/cam-0001", "alpr/v1/down/cam-0001", "alpr/v1/up", "x/" * 9):
        with pytest.raises(WireError, match="not a topic"):
            topics.parse(name)


MESSAGES: dict[str, Callable[[], bytes]] = {
    "batch": lambda: batch().encode(),
    "picture": lambda: picture().encode(),
    "receipt": lambda: receipt().sign(CITY),
    "request": lambda: Request(camera=CAMERA, stream=STREAM, after_seq=3, at_us=NOW).sign(CITY),
    "command": lambda: command().sign(CITY),
    "desired": lambda: Desired(
        camera=CAMERA, number=5, settings="[city]", models=bytes(32), farewell=True
    ).sign(CITY),
    "key": lambda: CertifiedKey(
        purpose=Purpose.SEAL, public=bytes(1216), not_before_us=0, not_after_us=NOW
    ).certify(CITY),
}


@pytest.mark.parametrize("name", MESSAGES)
def test_a_message_is_written_as_it_was(name: str) -> None:
    assert MESSAGES[name]().hex() == GOLDEN[name]


@given(st.binary(max_size=200), st.sampled_from(sorted(MESSAGES)), st.data())
def test_hostile_bytes_are_a_typed_error(noise: bytes, name: str, data: st.DataObject) -> None:
    good = MESSAGES[name]()
    at = data.draw(st.integers(0, len(good)))
    hostile = good[:at] + noise + good[at + data.draw(st.integers(0, 40)) :]
    if hostile == good:
        return
    for take in (
        lambda: decode_batch(hostile).verify(signing_key().public_key()),
        lambda: open_answer(hostile, camera=CAMERA, key=CITY.public_key()),
        lambda: heard(hostile),
        lambda: open_desired(hostile, camera=CAMERA, key=CITY.public_key(), last_number=-1),
        lambda: open_key(hostile, purpose=Purpose.SEAL, root=CITY.public_key(), now_us=1),
    ):
        with pytest.raises(WireError):
            take()
