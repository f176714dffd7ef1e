"""The bytes of version 1, as they were when it was fixed: a change here is a new version."""

from __future__ import annotations

import json
from pathlib import Path

from alpr_wire.chain import Head, extend, genesis
from alpr_wire.reads import decode_read
from alpr_wire.records import Kind, Picture, Record, decode_record
from alpr_wire.sealing import EpochOpener, Ratchet, SealedPicture, open_picture, open_read
from tests.wire.samples import CAMERA, STREAM, read, seal_key, signing_key

GOLDEN: dict[str, str] = json.loads((Path(__file__).parent / "golden-1.json").read_text())


def hexes(name: str) -> bytes:
    """A golden value."""
    return bytes.fromhex(GOLDEN[name])


def test_a_read_is_written_as_it_was() -> None:
    assert read().encode() == hexes("read_plaintext")
    assert decode_read(hexes("read_plaintext")) == read()


def test_a_record_is_written_as_it_was() -> None:
    record = Record(kind=Kind.BOOT, stream=STREAM, seq=7, body={1: "start", 5: -1, 6: b"\x01"})
    assert record.encode() == hexes("boot_record")
    assert decode_record(hexes("boot_record")) == record


def test_the_chain_and_its_signed_head_are_as_they_were() -> None:
    digest = extend(genesis(CAMERA, STREAM), hexes("boot_record"))
    assert digest == hexes("head_digest")
    head = Head.sign(signing_key(), camera=CAMERA, stream=STREAM, seq=7, digest=digest)
    assert head.signature == hexes("head_signature")


def test_the_ratchet_gives_the_keys_it_gave() -> None:
    ratchet = Ratchet(bytes(32))
    steps = [ratchet.step() for _ in range(3)]
    keys = b"".join(step[n] for step in steps for n in (0, 1, 2))
    assert keys == hexes("ratchet_keys")


def test_what_was_sealed_then_opens_now() -> None:
    epoch, record = decode_record(hexes("epoch_record")), decode_record(hexes("read_record"))
    keys = EpochOpener(CAMERA, epoch, seal_key()).keys(record)
    assert decode_read(open_read(CAMERA, record, keys[0])) == read()
    crop = SealedPicture(kind=Picture.CROP, data=hexes("sealed_crop"))
    assert open_picture(CAMERA, record, crop, keys[Picture.CROP]) == b"a crop"
