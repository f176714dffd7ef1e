"""Disks that fail and clocks that jump in earnest, under a real process.

Errors out of fsync and write come from a small library that is preloaded (`bad_disk.c`), the full
disk is a tmpfs, and the clock is libfaketime's.
"""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from alpr_edge.buffer.outbox import FILE, Outbox
from alpr_wire.records import GapCause
from tests.buffer.cast import DEVICE
from tests.buffer.disks import BadDisk, faked_clock, full_disk
from tests.buffer.storing import Storing, look, storing

BEFORE, AFTER = 5, 5


@pytest.fixture
def disk(tmp_path: Path, bad_disk: Path) -> BadDisk:
    """Under the outbox's folder."""
    return BadDisk(bad_disk, control=tmp_path / "control", victim=tmp_path / "outbox")


@pytest.fixture
def camera(disk: BadDisk) -> Iterator[Storing]:
    """Has stored some reads on a disk that was still good."""
    with storing(disk.victim, environment=os.environ | disk.environment) as camera:
        assert "failed" not in camera.ask("open")
        camera.ask(f"store {BEFORE} 3000")
        yield camera


def all_is_there(folder: Path, acknowledged: set[int]) -> bool:
    """On a good disk: the chain holds, without a hole, and so does every acknowledgement."""
    outbox = Outbox.open(folder, DEVICE)
    found = look(outbox)
    outbox.close()
    assert not list(folder.glob("*damaged*"))
    assert found["gaps"] == []
    assert found["seqs"] == list(range(found["verified"]))
    return acknowledged <= set(found["reads"])


FAULTS = [("fsync", errno.EIO), ("fsync", errno.ENOSPC), ("write", errno.EIO)]


@pytest.mark.parametrize(("call", "error"), FAULTS)
def test_after_one_failure_of_the_disk_the_connection_is_never_used_again(
    camera: Storing, disk: BadDisk, call: str, error: int
) -> None:
    disk.fails(call, error, once=True)
    assert "the outbox failed" in camera.ask("store 1 3000")["failed"]
    assert not disk.failing(call)
    # The disk is good again, so a second try would have succeeded.
    assert camera.ask("store 1 3000")["failed"] == "the outbox failed before; open it anew"
    assert "failed" not in camera.ask("open")
    assert len(camera.ask(f"store {AFTER} 3000")["stored"]) == AFTER
    camera.process.kill()
    assert len(camera.acknowledged) == BEFORE + AFTER
    assert all_is_there(disk.victim, camera.acknowledged)


@pytest.mark.parametrize(("call", "error"), FAULTS)
def test_a_disk_that_goes_on_failing_is_taken_neither_for_a_good_nor_for_a_damaged_outbox(
    camera: Storing, disk: BadDisk, call: str, error: int
) -> None:
    disk.fails(call, error)
    assert "failed" in camera.ask("store 1 3000")
    for _ in range(2):
        assert "failed" in camera.ask("open")
    disk.is_good_again()
    assert "failed" not in camera.ask("open")
    camera.ask(f"store {AFTER} 0")
    camera.process.kill()
    assert len(camera.acknowledged) == BEFORE + AFTER
    assert all_is_there(disk.victim, camera.acknowledged)


def test_a_disk_that_refuses_every_byte_fails_loudly_and_goes_on_when_it_has_room(
    camera: Storing, disk: BadDisk
) -> None:
    disk.fails("write", errno.ENOSPC)
    assert "full" in camera.ask("store 1 3000")["failed"]
    disk.is_good_again()
    assert "failed" not in camera.ask("open")
    camera.ask(f"store {AFTER} 3000")
    camera.process.kill()
    assert all_is_there(disk.victim, camera.acknowledged)


def test_a_disk_that_is_really_full_sheds_pictures_and_keeps_every_read(tmp_path: Path) -> None:
    folder = tmp_path / "outbox"
    with storing(folder, under=full_disk(folder, megabytes=20)) as camera:
        camera.ask("open")
        assert "failed" not in camera.ask("store 300 30000")
        check_only_pictures_were_shed(camera)


@pytest.mark.parametrize("opened", ["open", "reopen"])
def test_a_disk_that_somebody_else_fills_to_its_last_byte_takes_reads_all_the_same(
    tmp_path: Path, opened: str
) -> None:
    folder = tmp_path / "outbox"
    with storing(folder, under=full_disk(folder, megabytes=24)) as camera:
        camera.ask("open")
        camera.ask("store 130 30000")
        camera.ask("fill")
        # The log must be settled first, in order or as a process left it that was killed.
        assert "failed" not in camera.ask(opened)
        # More than the log and the ballast together could take.
        assert "failed" not in camera.ask("store 300 30000")
        check_only_pictures_were_shed(camera)


def test_a_camera_that_starts_on_a_full_disk_uses_the_room_it_kept(tmp_path: Path) -> None:
    folder = tmp_path / "outbox"
    with storing(folder, under=full_disk(folder, megabytes=24)) as camera:
        camera.ask("open")
        camera.ask("store 130 30000")
        camera.ask("close")  # log and index are gone now, and somebody takes their room
        camera.ask("fill")
        assert "failed" not in camera.ask("open")
        assert "failed" not in camera.ask("store 100 30000")
        check_only_pictures_were_shed(camera)


def check_only_pictures_were_shed(camera: Storing) -> None:
    """And all of them are on record."""
    found = camera.ask("look")
    assert sorted(camera.acknowledged) == found["reads"]
    assert found["seqs"] == list(range(found["verified"]))
    assert {cause for cause, *_ in found["gaps"]} == {GapCause.SHED_PICTURES}
    assert sum(count for *_, count in found["gaps"]) == len(found["reads"]) - found["pictures"]


def test_a_clock_that_jumps_under_the_outbox_neither_reorders_nor_loses(tmp_path: Path) -> None:
    offset, folder = tmp_path / "offset", tmp_path / "outbox"
    offset.write_text("+0")
    with storing(folder, environment=os.environ | faked_clock(offset)) as camera:
        camera.ask("open")
        for jump in ("+0", "-30y", "+40d", "-1h"):
            offset.write_text(jump)
            camera.ask("store 3 300")
            camera.ask("open")  # and the process is replaced
            camera.ask("store 3 300")
        found = camera.ask("look")
    assert sorted(camera.acknowledged) == found["reads"]
    assert found["seqs"] == list(range(found["verified"]))
    db = sqlite3.connect(folder / FILE)
    days = {us // 86_400_000_000 for (us,) in db.execute("SELECT stored_us FROM records")}
    db.close()
    assert max(days) - min(days) > 10_000  # it did jump
