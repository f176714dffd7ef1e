"""Whoever has the camera's disk and every key on it has none of its past."""

from __future__ import annotations

import hashlib
import random
import string
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from alpr_edge.buffer.outbox import Outbox
from alpr_wire.errors import SealError
from alpr_wire.records import Kind, Record, decode_record
from alpr_wire.sealing import EpochOpener, Ratchet, open_read
from tests.buffer.cast import CITY, DEVICE, passage
from tests.wire.samples import CAMERA, seal_key


def store_known_plates(folder: Path, number: int) -> tuple[Outbox, list[str]]:
    """An outbox, left open as a running camera would, and what was sealed in it."""
    rng = random.Random(5)
    plates = [
        "".join(rng.choices(string.ascii_uppercase + string.digits, k=7)) for _ in range(number)
    ]
    outbox = Outbox.open(folder, DEVICE)
    for plate in plates:
        outbox.store(passage(plate), {"crop": b"JFIF" + plate.encode() * 20})
    return outbox, plates


def carved(data: bytes, forms: set[bytes]) -> set[bytes]:
    """Which of some strings stand anywhere in a file: every offset is looked up."""
    lengths = {len(form) for form in forms}
    return {
        piece for n in lengths for at in range(len(data)) if (piece := data[at : at + n]) in forms
    }


def keys_on_the_disk(folder: Path) -> list[bytes]:
    """Every 32 bytes in a file or the identity that could be a key, at every 8th offset."""
    signing = DEVICE.signing_key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
    keys = [signing, DEVICE.seal_key_id * 2, bytes(32)]
    for file in sorted(folder.iterdir()):
        data = file.read_bytes()
        keys += [data[at : at + 32] for at in range(0, min(len(data), 65536) - 32, 8)]
    return keys


def check_a_stolen_disk(folder: Path, number: int) -> None:
    """Carve every file for every plate, then try every key there is on every sealed read."""
    outbox, plates = store_known_plates(folder, number)
    files = {file.name: file.read_bytes() for file in folder.iterdir()}
    assert {"outbox.db", "outbox.db-wal"} <= set(files)
    forms = {
        form
        for plate in plates
        for form in (plate.encode(), plate.encode("utf-16-le"), plate.lower().encode())
    }
    for name, data in files.items():
        assert not carved(data, forms), name
    assert carved(b"." + plates[-1].encode("utf-16-le"), forms)
    records = [decode_record(data) for _, data, _ in outbox.records(-1, 10**9)]
    reads = [r for r in records if r.kind is Kind.READ]
    assert len(reads) == number
    for epoch in (r for r in records if r.kind is Kind.EPOCH):
        with pytest.raises(SealError):
            EpochOpener(CAMERA, epoch, seal_key(3))
    # Every read with what lies beside it: digests, heads, the sealed seed piece by piece.
    beside: list[bytes] = []
    for (_, encoding, head), record in zip(outbox.records(-1, 10**9), records, strict=True):
        if record.kind is Kind.EPOCH:
            beside = [record.body[2][at : at + 32] for at in range(0, len(record.body[2]) - 32, 64)]
        if record.kind is Kind.READ:
            own = [head, record.body[4], hashlib.sha256(encoding).digest(), record.body[3][:32]]
            assert not any(opens(record, key) for key in [*beside, *own])
    keys = keys_on_the_disk(folder)
    tried = random.Random(6).sample(reads, min(5, number))
    opened = sum(opens(read, key) for read in tried for key in keys)
    assert opened == 0
    # What the process still holds in memory opens none of its past either.
    assert outbox._epoch is not None
    ahead = Ratchet(bytes(outbox._epoch._ratchet._state))
    held = [key for _ in range(3) for key in ahead.step().values()]
    assert sum(opens(read, key) for read in reads for key in held) == 0
    # The same bytes do open for the city: the test would notice if nothing ever opened.
    epoch = next(r for r in records if r.kind is Kind.EPOCH)
    key = EpochOpener(CAMERA, epoch, CITY).keys(reads[0])
    assert opens(reads[0], key[0])
    assert plates[0].encode() in open_read(CAMERA, reads[0], key[0])


def opens(read: Record, key: bytes) -> bool:
    """Whether a key opens a read."""
    try:
        open_read(CAMERA, read, key)
    except SealError:
        return False
    return True


def test_a_stolen_disk_holds_no_plate(tmp_path: Path) -> None:
    check_a_stolen_disk(tmp_path, 200)


@pytest.mark.long
@pytest.mark.timeout(0)
def test_ten_thousand_reads_on_a_stolen_disk_stay_sealed(tmp_path: Path) -> None:
    check_a_stolen_disk(tmp_path, 10_000)
