"""A camera that was admitted and turned hostile: it fills nothing and silences nobody."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest

from alpr_city.ca import Authority
from alpr_wire.topics import Channel
from tests.city.fleet import FleetCamera
from tests.city.town import Town


@pytest.fixture
def papers(authority: Authority, tmp_path: Path) -> Path:
    """Of an ingest worker."""
    issued = authority.issue_server("ingest-1")
    assert issued.key is not None
    (tmp_path / "ingest-1.pem").write_bytes(issued.certificate)
    (tmp_path / "ingest-1.key").write_bytes(issued.key)
    (tmp_path / "servers-ca.pem").write_bytes(authority.trust("servers"))
    return tmp_path


def rows(table: str) -> int:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        return int(cursor.fetchone()[0])


def test_one_stream_after_another_ends_at_twenty_and_the_old_ones_go_on(town: Town) -> None:
    from alpr_city.ingest.following import MOST_STREAMS

    town.camera()
    made = [
        FleetCamera("cam-one", town.city_vault.seal_public, stream=os.urandom(16), seed=1)
        for _ in range(MOST_STREAMS + 30)
    ]
    for camera in made:
        town.send(camera.batch(0))
    assert rows("stream") == MOST_STREAMS
    assert town.alarms() == {"refused": 30}
    assert set(town.set_aside()) == {f"more than {MOST_STREAMS} new streams in a day"}
    made[0].read()
    (receipt,) = town.send(made[0].batch(1))
    assert receipt.seq == made[0].last


def test_a_camera_of_another_name_is_not_held_to_it(town: Town) -> None:
    for number in range(30):
        camera = town.camera(f"cam-{number}", seed=number + 1)
        assert len(town.send(camera.batch(0))) == 1


def test_forks_without_end_are_counted_and_not_kept(town: Town) -> None:
    from alpr_city.ingest.following import KEPT_FORKS

    camera = town.camera()
    camera.read()
    town.send(camera.batch(0))
    for _ in range(KEPT_FORKS + 15):
        other = FleetCamera("cam-one", town.city_vault.seal_public, seed=1)
        other.read()
        town.send(other.batch(0))
    assert len(town.set_aside()) == KEPT_FORKS
    assert town.alarms() == {"fork": KEPT_FORKS + 15}


def test_a_flood_is_counted_not_kept_and_fills_no_journal(
    town: Town, caplog: pytest.LogCaptureFixture
) -> None:
    from alpr_city.ingest.intaker import KEPT_POISON

    camera = town.camera()
    town.deliver(*((Channel.UP, camera.name, os.urandom(40)) for _ in range(500)))
    town.deliver((Channel.UP, camera.name, bytes(1 << 20)))
    assert rows("quarantined") == KEPT_POISON
    assert town.alarms() == {"refused": 501}
    assert len(caplog.records) < 30
    assert len(town.send(camera.batch(0))) == 1


def test_what_waits_is_bounded_for_one_camera_and_for_all(papers: Path) -> None:
    from alpr_city.ingest.line import MOST_OF_ONE_BYTES, MOST_WAITING_BYTES, Line

    line = Line("ingest-1", "127.0.0.1", 1, papers)
    large = bytes(1 << 20)
    taken = sum(line.take(Channel.UP, "cam-bad", large) for _ in range(100))
    assert taken == MOST_OF_ONE_BYTES >> 20
    assert line.take(Channel.UP, "cam-good", b"a batch")
    assert line.dropped == 100 - taken
    for number in range(100):
        line.take(Channel.UP, f"cam-{number}", large)
    assert sum(len(m[2]) for m in line.waiting.queue) <= MOST_WAITING_BYTES
    while line.next(50, 1 << 30, 0.01):
        pass
    assert line.take(Channel.UP, "cam-bad", large)


@pytest.mark.parametrize("where", ["records", "pictures"])
def test_a_disk_that_fails_is_no_fault_of_the_message(
    town: Town, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """Nothing is set aside, nothing receipted, and the same messages are taken later."""
    from alpr_city.reads import store

    camera = town.camera()
    seq = camera.read(pictures=True)

    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    town.send(camera.batch(0, 1))
    with monkeypatch.context() as patch:
        if where == "records":
            patch.setattr(store, "insert", full)
            with pytest.raises(sqlite3.OperationalError):
                town.send(camera.batch(2))
        else:
            town.send(camera.batch(2))
            patch.setattr(town.pictures, "put", full)
            with pytest.raises(sqlite3.OperationalError):
                town.send_pictures(camera, seq)
    assert rows("quarantined") == 0
    assert town.alarms() == {}
    assert town.send(camera.batch(0))[0].seq == camera.last
    assert len(town.send_pictures(camera, seq)[0].pictures) == 2
