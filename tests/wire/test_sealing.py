"""What is sealed opens for the city alone, and only as it was."""

from __future__ import annotations

import dataclasses

import pytest

from alpr_wire.errors import SealError
from alpr_wire.reads import decode_read
from alpr_wire.records import Picture, Record, decode_record
from alpr_wire.sealing import EpochOpener, EpochSealer, SealedPicture, open_picture, open_read
from tests.wire.samples import CAMERA, STREAM, read, seal_key

CITY = seal_key()


@pytest.fixture
def epoch() -> EpochSealer:
    """An epoch just begun."""
    return EpochSealer(CAMERA, STREAM, 1, CITY.public_key(), bytes(16))


def changed(record: Record, key: int, value: object) -> Record:
    """A record with one field of its body replaced."""
    return dataclasses.replace(record, body={**record.body, key: value})


def test_another_key_opens_nothing(epoch: EpochSealer) -> None:
    with pytest.raises(SealError, match="not sealed to this key"):
        EpochOpener(CAMERA, epoch.record, seal_key(8))


def test_an_epoch_opens_only_for_its_own_camera_and_place(epoch: EpochSealer) -> None:
    with pytest.raises(SealError):
        EpochOpener("cam-0002", epoch.record, CITY)
    with pytest.raises(SealError):
        EpochOpener(CAMERA, dataclasses.replace(epoch.record, seq=2), CITY)
    with pytest.raises(SealError):
        EpochOpener(CAMERA, dataclasses.replace(epoch.record, stream=bytes(16)), CITY)


def test_a_read_opens_only_in_its_own_place(epoch: EpochSealer) -> None:
    record, _ = epoch.seal(2, read().encode(), {})
    key = EpochOpener(CAMERA, epoch.record, CITY).keys(record)[0]
    with pytest.raises(SealError):
        open_read(CAMERA, dataclasses.replace(record, seq=3), key)
    with pytest.raises(SealError):
        open_read("cam-0002", record, key)
    with pytest.raises(SealError):
        open_read(CAMERA, record, bytes(32))


def test_changed_bytes_do_not_open(epoch: EpochSealer) -> None:
    record, _ = epoch.seal(2, read().encode(), {})
    key = EpochOpener(CAMERA, epoch.record, CITY).keys(record)[0]
    sealed = bytearray(record.body[3])
    sealed[5] ^= 1
    with pytest.raises(SealError, match="does not open"):
        open_read(CAMERA, changed(record, 3, bytes(sealed)), key)
    with pytest.raises(SealError, match="not what its record commits to"):
        open_read(CAMERA, changed(record, 4, bytes(32)), key)


def test_a_read_comes_back_as_it_was(epoch: EpochSealer) -> None:
    body = read()
    record, sealed = epoch.seal(
        2, body.encode(), {Picture.CROP: b"crop", Picture.OVERVIEW: b"view"}
    )
    again = decode_record(record.encode())
    assert again == record
    keys = EpochOpener(CAMERA, decode_record(epoch.record.encode()), CITY).keys(again)
    assert decode_read(open_read(CAMERA, again, keys[0])) == body
    assert [open_picture(CAMERA, again, p, keys[p.kind]) for p in sealed] == [b"crop", b"view"]


def test_reads_open_in_any_order(epoch: EpochSealer) -> None:
    records = [epoch.seal(2 + i, read(f"TEST{i}").encode(), {})[0] for i in range(20)]
    opener = EpochOpener(CAMERA, epoch.record, CITY)
    for i in (19, 0, 7, 7, 3):
        body = decode_read(open_read(CAMERA, records[i], opener.keys(records[i])[0]))
        assert body.text == f"TEST{i}"


def test_the_key_of_one_read_opens_no_other(epoch: EpochSealer) -> None:
    first, _ = epoch.seal(2, read().encode(), {})
    second, _ = epoch.seal(3, read().encode(), {})
    key = EpochOpener(CAMERA, epoch.record, CITY).keys(first)[0]
    with pytest.raises(SealError):
        open_read(CAMERA, second, key)


def test_the_same_plate_twice_looks_like_two(epoch: EpochSealer) -> None:
    first, _ = epoch.seal(2, read().encode(), {})
    second, _ = epoch.seal(3, read().encode(), {})
    assert first.body[3] != second.body[3]
    assert first.body[4] != second.body[4]


def test_another_reads_picture_is_refused(epoch: EpochSealer) -> None:
    record, _ = epoch.seal(2, read().encode(), {Picture.CROP: b"mine"})
    _, (other,) = epoch.seal(3, read().encode(), {Picture.CROP: b"other"})
    keys = EpochOpener(CAMERA, epoch.record, CITY).keys(record)
    with pytest.raises(SealError, match="not one that the read commits to"):
        open_picture(CAMERA, record, other, keys[Picture.CROP])
    mine = SealedPicture(kind=Picture.OVERVIEW, data=other.data)
    with pytest.raises(SealError):
        open_picture(CAMERA, record, mine, keys[Picture.OVERVIEW])


def test_what_a_thief_holds_does_not_hold_the_plate(epoch: EpochSealer) -> None:
    record, pictures = epoch.seal(2, read("0CANARY").encode(), {Picture.CROP: b"0CANARY" * 9})
    stolen = epoch.record.encode() + record.encode() + b"".join(p.data for p in pictures)
    stolen += bytes(epoch._ratchet._state)
    assert b"0CANARY" not in stolen


def test_the_ratchets_state_derives_no_earlier_key(epoch: EpochSealer) -> None:
    record, _ = epoch.seal(2, read().encode(), {})
    state = bytes(epoch._ratchet._state)
    keys = EpochOpener(CAMERA, epoch.record, CITY).keys(record)
    from alpr_wire.sealing import Ratchet

    ahead = Ratchet(state)
    later = [key for _ in range(50) for key in ahead.step().values()]
    assert not set(keys.values()) & set(later)


def test_a_closed_epoch_keeps_no_state(epoch: EpochSealer) -> None:
    epoch.close()
    assert bytes(epoch._ratchet._state) == bytes(32)
