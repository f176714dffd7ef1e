"""The outbox keeps what it acknowledged, in order, and tells when it does not."""

from __future__ import annotations

import os
import re
import sqlite3
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from alpr_edge.buffer import schema
from alpr_edge.buffer.outbox import FILE, Outbox
from alpr_edge.buffer.room import OutboxLimits
from alpr_edge.errors import OutboxError
from alpr_wire import chain
from alpr_wire.reads import ReadBody, decode_read
from alpr_wire.records import GapCause, Kind, Record, decode_record
from alpr_wire.sealing import EpochOpener, open_read
from tests.buffer.cast import CITY, DEVICE, passage
from tests.wire.samples import CAMERA

SMALL = OutboxLimits(most_bytes=400 * 1024, picture_bytes=100 * 1024, ballast_bytes=64 * 1024)


def records(outbox: Outbox) -> list[Record]:
    """Everything on disk, in order."""
    return [decode_record(encoding) for _, encoding, _ in outbox.records(-1, 10**9)]


def opened(outbox: Outbox) -> list[ReadBody]:
    """Every read, opened as the city would."""
    openers: dict[int, EpochOpener] = {}
    bodies = []
    for record in records(outbox):
        if record.kind is Kind.EPOCH:
            openers[record.seq] = EpochOpener(CAMERA, record, CITY)
        if record.kind is Kind.READ:
            key = openers[record.body[1]].keys(record)[0]
            bodies.append(decode_read(open_read(CAMERA, record, key)))
    return bodies


def store_many(outbox: Outbox, number: int) -> None:
    """Store reads without pictures."""
    for _ in range(number):
        outbox.store(passage(), {})


def test_another_cameras_outbox_is_refused(tmp_path: Path) -> None:
    import dataclasses

    Outbox.open(tmp_path, DEVICE).close()
    with pytest.raises(OutboxError, match="this outbox is another camera's") as refused:
        Outbox.open(tmp_path, dataclasses.replace(DEVICE, camera="cam-0002"))
    assert refused.value.permanent


@pytest.fixture
def power_up(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """The machine starts anew."""
    return lambda: monkeypatch.setattr(schema, "boot_id", lambda: b"another")


@pytest.mark.parametrize("where", ["middle", "header"])
def test_a_damaged_outbox_is_set_aside_and_followed(
    tmp_path: Path, where: str, power_up: Callable[[], None]
) -> None:
    first = Outbox.open(tmp_path, DEVICE)
    for _ in range(30):
        first.store(passage(), {"crop": b"x" * 3000})
    stream = first.stream
    first.close()
    data = bytearray((tmp_path / FILE).read_bytes())
    at = 0 if where == "header" else len(data) // 2
    data[at : at + 9000] = b"\xff" * 9000
    (tmp_path / FILE).write_bytes(data)
    power_up()
    second = Outbox.open(tmp_path, DEVICE)
    (aside,) = [p for p in tmp_path.iterdir() if re.fullmatch(r".*damaged-\d+", p.name)]
    assert aside.read_bytes() == bytes(data)
    assert second.stream != stream
    (boot,) = records(second)
    assert boot.kind is Kind.BOOT
    assert boot.body[1] == "damaged"
    assert second.verify() == 1


def test_damage_while_the_machine_runs_is_found_by_a_scrub_and_set_aside_by_the_next_start(
    tmp_path: Path,
) -> None:
    first = Outbox.open(tmp_path, DEVICE)
    for _ in range(30):
        first.store(passage(), {"crop": b"x" * 3000})
    (page,) = first._db.execute(
        "SELECT rootpage FROM sqlite_master WHERE name = 'pictures'"
    ).fetchone()
    first.close()
    with (tmp_path / FILE).open("r+b") as file:
        file.seek((page - 1) * schema.PAGE_BYTES)
        file.write(b"\xff" * schema.PAGE_BYTES)
    # It was closed in order a moment ago: nobody reads all of it again to hand it over.
    second = Outbox(tmp_path, DEVICE)
    assert second.stream == first.stream
    with pytest.raises(OutboxError, match="the outbox is damaged") as found:
        second.scrub()
    assert found.value.permanent
    with pytest.raises(OutboxError, match="failed before"):
        second.store(passage(), {})
    second.close()
    third = Outbox.open(tmp_path, DEVICE)
    assert third.stream != first.stream
    assert len([p for p in tmp_path.iterdir() if re.fullmatch(r".*damaged-\d+", p.name)]) == 1
    third.close()


def test_a_sound_outbox_is_read_whole_after_a_power_cut_and_not_after_a_handover(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, power_up: Callable[[], None]
) -> None:
    checks: list[None] = []
    monkeypatch.setattr(schema, "check", lambda _: checks.append(None))
    Outbox.open(tmp_path, DEVICE).close()
    assert len(checks) == 1
    killed = Outbox.open(tmp_path, DEVICE)
    assert len(checks) == 1
    killed._db.close()
    Outbox.open(tmp_path, DEVICE).close()
    assert len(checks) == 2
    power_up()
    Outbox.open(tmp_path, DEVICE).close()
    assert len(checks) == 3


def test_a_changed_record_is_found(tmp_path: Path) -> None:
    outbox = Outbox.open(tmp_path, DEVICE)
    for _ in range(5):
        outbox.store(passage(), {})
    outbox.close()
    db = sqlite3.connect(tmp_path / FILE)
    (encoding,) = db.execute("SELECT encoding FROM records WHERE seq = 3").fetchone()
    db.execute("UPDATE records SET encoding = ? WHERE seq = 3", (encoding[:-1] + b"\x00",))
    db.commit()
    db.close()
    with pytest.raises(OutboxError, match="record 3 breaks the chain"):
        Outbox(tmp_path, DEVICE).verify()


@pytest.mark.parametrize(("seq", "found"), [(3, 4), (0, 1)])
def test_a_deleted_record_is_found(tmp_path: Path, seq: int, found: int) -> None:
    outbox = Outbox.open(tmp_path, DEVICE)
    for _ in range(5):
        outbox.store(passage(), {})
    outbox.close()
    db = sqlite3.connect(tmp_path / FILE)
    db.execute("DELETE FROM records WHERE seq = ?", (seq,))
    db.commit()
    db.close()
    with pytest.raises(OutboxError, match=f"record {found} breaks the chain"):
        Outbox(tmp_path, DEVICE).verify()


def test_an_io_error_ends_the_connection_for_good(tmp_path: Path) -> None:
    outbox = Outbox.open(tmp_path, DEVICE)
    outbox._db.close()
    with pytest.raises(OutboxError, match="the outbox failed") as first:
        outbox.store(passage(), {})
    assert first.value.permanent
    with pytest.raises(OutboxError, match="failed before; open it anew"):
        outbox.store(passage(), {})
    again = Outbox.open(tmp_path, DEVICE)
    again.store(passage(), {})
    again.verify()


def test_reads_come_back_in_order_after_a_restart(tmp_path: Path) -> None:
    first = Outbox.open(tmp_path, DEVICE)
    for i in range(3):
        first.store(passage(f"TEST{i}"), {"crop": b"c", "overview": b"o"})
    first.close()
    second = Outbox.open(tmp_path, DEVICE)
    second.store(passage("TEST3"), {})
    assert [b.text for b in opened(second)] == ["TEST0", "TEST1", "TEST2", "TEST3"]
    assert [r.seq for r in records(second)] == list(range(8))
    boots = [r for r in records(second) if r.kind is Kind.BOOT]
    assert boots[1].body[5] == boots[1].seq - 1
    assert second.verify() == 8
    second.head().verify(DEVICE.signing_key.public_key())


def test_a_restart_begins_a_new_epoch(tmp_path: Path) -> None:
    for _ in range(2):
        outbox = Outbox.open(tmp_path, DEVICE)
        outbox.store(passage(), {})
        outbox.store(passage(), {})
        outbox.close()
    kinds = [r.kind for r in records(Outbox.open(tmp_path, DEVICE))]
    assert kinds.count(Kind.EPOCH) == 2


def test_an_epoch_ends_after_a_thousand_reads_or_ten_minutes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outbox = Outbox.open(tmp_path, DEVICE)
    for _ in range(1001):
        outbox.store(passage(), {})
    assert [r.kind for r in records(outbox)].count(Kind.EPOCH) == 2
    later = time.monotonic() + 601
    monkeypatch.setattr("alpr_edge.buffer.outbox.time.monotonic", lambda: later)
    outbox.store(passage(), {})
    assert [r.kind for r in records(outbox)].count(Kind.EPOCH) == 3


def test_a_clock_that_jumps_neither_reorders_nor_loses(tmp_path: Path) -> None:
    outbox = Outbox.open(tmp_path, DEVICE)
    times = [datetime(y, 1, 1, tzinfo=UTC) for y in (2026, 1999, 2038, 2026)]
    for i, at in enumerate(times):
        outbox.store(passage(f"TEST{i}", at), {})
    assert [b.text for b in opened(outbox)] == ["TEST0", "TEST1", "TEST2", "TEST3"]
    outbox.verify()


def test_pictures_over_the_quota_go_oldest_first_and_on_record(tmp_path: Path) -> None:
    outbox = Outbox.open(tmp_path, DEVICE, SMALL)
    seqs = [outbox.store(passage(), {"crop": b"x" * 4000}) for _ in range(60)]
    state = outbox.state()
    assert state["picture_bytes"] <= SMALL.picture_bytes
    assert state["reads"] == 60
    held = {s for (s,) in outbox._db.execute("SELECT seq FROM pictures")}
    assert held == set(seqs[-len(held) :])
    gaps = [r for r in records(outbox) if r.kind is Kind.GAP]
    assert sum(g.body[4] for g in gaps) == 60 - len(held)
    assert {g.body[1] for g in gaps} == {GapCause.SHED_PICTURES}
    outbox.verify()


def test_a_full_disk_sheds_pictures_first_and_reads_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alpr_edge.buffer.outbox.READS_PER_EPOCH", 50)
    outbox = Outbox.open(tmp_path, DEVICE, SMALL)
    for _ in range(20):
        outbox.store(passage(), {"crop": b"x" * 4000})
    for i in range(900):
        outbox.store(passage(f"T{i:05}"), {})
    gaps = [r for r in records(outbox) if r.kind is Kind.GAP]
    assert outbox.state()["pictures"] == 0
    shed = [g for g in gaps if g.body[1] == GapCause.SHED_READS]
    assert shed
    assert (tmp_path / FILE).stat().st_size <= SMALL.most_bytes
    texts = [b.text for b in opened(outbox)]
    assert texts == [f"T{i:05}" for i in range(900)][-len(texts) :]
    first = records(outbox)[0].seq
    outbox.verify()
    # Every sequence number is on disk or in a gap record that is.
    assert max(g.body[3] for g in shed) == first - 1
    last = shed[-1]
    assert chain.extend(last.body[5], outbox.records(-1, 1)[0][1]) == outbox.records(-1, 1)[0][2]


def test_a_disk_with_no_room_at_all_fails_loudly(tmp_path: Path) -> None:
    tiny = OutboxLimits(most_bytes=56 * 1024, picture_bytes=1024, ballast_bytes=4096)
    outbox = Outbox.open(tmp_path, DEVICE, tiny)
    with pytest.raises(OutboxError, match="full") as refused:
        store_many(outbox, 300)
    assert refused.value.permanent
    assert Outbox(tmp_path, DEVICE).verify() > 5


def test_reads_of_one_epoch_that_fill_the_disk_are_shed_on_record_for_newer_ones(
    tmp_path: Path,
) -> None:
    tiny = OutboxLimits(most_bytes=96 * 1024, picture_bytes=1024, ballast_bytes=4096)
    outbox = Outbox.open(tmp_path, DEVICE, tiny)
    store_many(outbox, 300)
    shed = [r.body for r in records(outbox) if r.kind is Kind.GAP]
    assert {body[1] for body in shed} == {GapCause.SHED_READS}
    outbox.verify()
    assert records(outbox)[0].seq == max(body[3] for body in shed) + 1
    assert outbox.path.stat().st_size <= tiny.most_bytes


def test_state_tells_numbers_and_no_plate(tmp_path: Path) -> None:
    outbox = Outbox.open(tmp_path, DEVICE)
    outbox.store(passage("0CANARY"), {"crop": b"c"})
    assert "CANARY" not in repr(outbox.state())
    assert outbox.state()["reads"] == 1


def test_a_passage_never_shows_its_plate_in_an_error(tmp_path: Path) -> None:
    outbox = Outbox.open(tmp_path, DEVICE)
    outbox._db.close()
    with pytest.raises(OutboxError) as error:
        outbox.store(passage("0CANARY"), {})
    assert "CANARY" not in repr(error.value)
    assert "CANARY" not in str(error.value)


def test_the_group_may_read_it_and_answer_and_nobody_else_may(tmp_path: Path) -> None:
    before = os.umask(0o007)  # as the unit has it
    try:
        outbox = Outbox.open(tmp_path / "outbox", DEVICE)
        modes = {p.name: p.stat().st_mode & 0o777 for p in outbox.path.parent.iterdir()}
    finally:
        os.umask(before)
    assert outbox.path.parent.stat().st_mode & 0o777 == 0o770
    assert {modes[FILE + end] for end in ("", "-wal", "-shm")} == {0o660}
    outbox.close()
