"""What cameras send: refusals first, then exactly once and in order, on both databases."""

from __future__ import annotations

import os
import random
from dataclasses import replace
from typing import Any

import pytest

from alpr_city.errors import VaultError
from alpr_wire import chain
from alpr_wire.batches import MOST_BATCH_BYTES, MOST_PICTURE_BYTES, Batch
from alpr_wire.receipts import Receipt, Request
from alpr_wire.records import GapCause, Kind
from alpr_wire.topics import Channel
from tests.city.fleet import FleetCamera
from tests.city.town import Town


def reads(camera: FleetCamera, count: int) -> FleetCamera:
    for _ in range(count):
        camera.read()
    return camera


def test_a_batch_under_another_cameras_name_is_set_aside(town: Town) -> None:
    one, two = town.camera("cam-one"), town.camera("cam-two", seed=2)
    assert town.send(one.batch(0), by=two.name) == []
    assert town.stored() == []
    assert town.set_aside() == ["a batch names another camera than its certificate"]
    assert town.alarms() == {"refused": 1}


def test_a_camera_that_was_never_admitted_is_not_taken(town: Town) -> None:
    stranger = town.city_vault.camera("cam-odd")
    assert town.send(stranger.batch(0)) == []
    assert town.set_aside() == ["a camera that was never admitted"]


@pytest.mark.parametrize("state", ["revoked", "stolen", "decommissioned"])
def test_a_camera_that_was_put_out_is_not_taken(town: Town, state: str) -> None:
    from alpr_city.reads.models import Camera

    camera = town.camera()
    Camera.objects.filter(name=camera.name).update(state=state)
    town.intaker.learn_cameras()
    assert town.send(camera.batch(0)) == []
    assert town.set_aside() == [f"a camera that is {state}"]


def test_a_signature_of_another_key_is_refused_and_said_once(
    town: Town, caplog: pytest.LogCaptureFixture
) -> None:
    camera = town.camera()
    forged = replace(camera.batch(0), signature=bytes(64))
    for _ in range(5):
        assert town.send(forged) == []
    assert town.stored() == []
    assert town.alarms() == {"refused": 5}
    assert sum("set aside" in r.message for r in caplog.records) == 1


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (Kind.READ, {1: 2**63, 2: 0, 3: b"", 4: bytes(32), 5: []}),
        (Kind.READ, {1: 0, 2: -1, 3: b"", 4: bytes(32), 5: []}),
        (Kind.READ, {1: 0, 2: 0, 3: b"", 4: bytes(32), 5: [[1, 2, 3]]}),
        (Kind.GAP, {1: 2, 2: 0, 3: 2**63, 4: 1, 5: bytes(32)}),
        (Kind.GAP, {1: 99, 2: 0, 3: 0, 4: 1}),
        (Kind.BOOT, {1: "start", 2: [b"short", 1, b""]}),
    ],
)
def test_a_record_no_database_could_hold_is_set_aside_and_the_rest_goes_on(
    town: Town, kind: Kind, body: dict[int, Any]
) -> None:
    hostile, good = town.camera("cam-bad"), reads(town.camera("cam-one", seed=2), 3)
    hostile.add(kind, body)
    answers = town.send(hostile.batch(0), good.batch(0))
    assert [(a.camera, type(a)) for a in answers] == [("cam-one", Receipt)]
    assert len(town.set_aside()) == 1
    assert len(town.stored()) == len(good.encodings)


def test_what_breaks_a_round_is_found_and_set_aside_alone(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    from alpr_city.ingest import intaker

    cameras = [reads(town.camera(f"cam-{n}", seed=n + 1), 2) for n in range(5)]
    real = intaker.decode_batch

    def decode(payload: bytes) -> Batch:
        batch = real(payload)
        if batch.camera == "cam-3":
            raise ZeroDivisionError
        return batch

    monkeypatch.setattr(intaker, "decode_batch", decode)
    answers = town.send(*(c.batch(0) for c in cameras))
    assert {a.camera for a in answers} == {"cam-0", "cam-1", "cam-2", "cam-4"}
    assert town.set_aside() == ["a message that cannot be stored"]


@pytest.mark.parametrize(
    ("channel", "spoil"),
    [
        (Channel.UP, lambda data: data + bytes(MOST_BATCH_BYTES)),
        (Channel.UP, lambda data: data[:-1]),
        (Channel.UP, lambda data: data[:5] + b"\xff" + data[6:]),
        (Channel.UP, lambda _: b""),
        (Channel.UP, lambda _: b"\x9f" * 1000),
        (Channel.PICTURE, lambda _: bytes(MOST_PICTURE_BYTES + 2000)),
        (Channel.HEALTH, lambda _: b"{" * 9000),
    ],
)
def test_what_is_malformed_or_too_long_is_set_aside_said_once_and_costs_nobody_else(
    town: Town, caplog: pytest.LogCaptureFixture, channel: Channel, spoil: Any
) -> None:
    bad, good = reads(town.camera("cam-bad"), 2), town.camera("cam-one", seed=2)
    spoilt = spoil(bad.batch(0).encode())
    for _ in range(4):
        good.read()
        answers = town.deliver(
            (channel, bad.name, spoilt), (Channel.UP, good.name, good.batch(0).encode())
        )
        assert [(a.camera, type(a)) for a in answers] == [("cam-one", Receipt)]
    assert town.alarms()["refused"] == 4
    assert len(town.set_aside()) == 4
    assert sum("set aside" in r.message for r in caplog.records) == 1
    assert len(town.stored()) == len(good.encodings)
    # And the camera itself, once it sends what is in order, has lost nothing.
    town.send(bad.batch(0))
    assert len(town.stored()) == len(good.encodings) + len(bad.encodings)


def test_random_bytes_of_a_camera_are_set_aside(town: Town) -> None:
    camera = town.camera()
    for channel in (Channel.UP, Channel.PICTURE):
        assert town.deliver((channel, camera.name, os.urandom(200))) == []
    assert len(town.set_aside()) == 2


def test_a_gap_is_asked_for_and_closes(town: Town) -> None:
    camera = reads(town.camera(), 30)
    first, second, third = camera.batch(0, 9), camera.batch(10, 19), camera.batch(20)
    town.send(first)
    (asked,) = town.send(third)
    assert isinstance(asked, Request)
    assert asked.after_seq == 9
    assert town.send(third) == []  # asked already
    (receipt,) = town.send(second, third)
    assert isinstance(receipt, Receipt)
    assert (receipt.seq, receipt.digest) == (camera.last, camera.heads[-1])
    assert town.stored() == list(enumerate(camera.encodings))


def test_a_stream_nobody_has_heard_of_is_asked_for_from_its_beginning(town: Town) -> None:
    camera = reads(town.camera(), 5)
    (asked,) = town.send(camera.batch(3))
    assert isinstance(asked, Request)
    assert asked.after_seq == -1


def test_a_fork_is_kept_apart_and_alarmed(town: Town) -> None:
    camera = reads(town.camera(), 10)
    town.send(camera.batch(0))
    other = reads(town.camera(), 12)  # the same stream with other bytes
    for batch in (other.batch(0), other.batch(5), other.batch(camera.last + 1)):
        assert town.send(batch) == []
    assert town.alarms() == {"fork": 3}
    assert len(town.set_aside()) == 3
    assert town.stored() == list(enumerate(camera.encodings))


def test_a_duplicate_has_no_effect_but_a_receipt(town: Town) -> None:
    camera = reads(town.camera(), 20)
    for _ in range(3):
        (receipt,) = town.send(camera.batch(0, 12))
        assert receipt.seq == 12  # type: ignore[union-attr]
    town.crash()
    (receipt,) = town.send(camera.batch(0, 12), camera.batch(5, 20), camera.batch(0))
    assert receipt.seq == camera.last  # type: ignore[union-attr]
    assert town.stored() == list(enumerate(camera.encodings))
    assert town.alarms() == {}


def test_two_workers_on_one_camera_store_nothing_twice(town: Town) -> None:
    camera = reads(town.camera(), 30)
    other = town.worker()
    town.send(camera.batch(0, 9))
    message = (Channel.UP, camera.name)
    assert other.take([(*message, camera.batch(0, 19).encode())])
    answers = town.send(camera.batch(10, 25), camera.batch(26))  # its memory is behind
    assert max(a.seq for a in answers if isinstance(a, Receipt)) == camera.last
    assert other.take([(*message, camera.batch(20).encode())])
    assert town.stored() == list(enumerate(camera.encodings))
    assert town.set_aside() == []


def test_every_camera_has_one_worker_and_every_worker_has_some() -> None:
    from alpr_city.ingest.worker import share_of

    shares = [share_of(f"cam-{n}", 4) for n in range(200)]
    assert set(shares) == {0, 1, 2, 3}
    assert all(share_of(f"cam-{n}", 1) == 0 for n in range(20))


@pytest.mark.parametrize("at", ["arrive_matched", "receipt"])
def test_a_vault_that_goes_away_costs_nothing_but_time(town: Town, at: str) -> None:
    camera = reads(town.camera(), 8)
    town.vault.broken = at
    with pytest.raises(VaultError):
        town.send(camera.batch(0))
    town.vault.broken = None
    (receipt,) = town.send(camera.batch(0))
    assert (receipt.seq, len(town.stored())) == (camera.last, camera.last + 1)  # type: ignore[union-attr]
    assert town.set_aside() == []


def test_killed_between_commit_and_receipt_the_camera_gets_its_receipt_later(town: Town) -> None:
    camera = reads(town.camera(), 8)
    town.vault.broken = "receipt"
    with pytest.raises(VaultError):
        town.send(camera.batch(0))
    assert town.stored() == list(enumerate(camera.encodings))
    town.vault.broken = None
    town.crash()
    (receipt,) = town.send(camera.batch(0))
    assert receipt.seq == camera.last  # type: ignore[union-attr]
    assert town.stored() == list(enumerate(camera.encodings))


def test_a_gap_on_record_lets_the_stream_go_on(town: Town) -> None:
    camera = reads(town.camera(), 20)
    town.send(camera.batch(0, 4))
    body = {1: int(GapCause.OLDER_THAN_HELD), 2: 5, 3: 14, 4: 0, 5: camera.heads[15], 6: None}
    declared = camera.add(Kind.GAP, body)
    (asked,) = town.send(camera.batch(declared))
    assert isinstance(asked, Request)
    assert asked.after_seq == 14
    (receipt,) = town.send(camera.batch(15))
    assert receipt.seq == camera.last  # type: ignore[union-attr]
    kept = [n for n in range(camera.last + 1) if not 5 <= n <= 14]
    assert [seq for seq, _ in town.stored()] == kept
    assert town.alarms() == {"gap": 1}


def test_a_city_that_forgot_a_stream_learns_that_its_beginning_is_gone(town: Town) -> None:
    """Found by the simulation, history 15."""
    camera = reads(town.camera(), 20)
    body = {1: int(GapCause.OLDER_THAN_HELD), 2: 0, 3: 9, 4: 0, 5: camera.heads[10], 6: None}
    declared = camera.add(Kind.GAP, body)
    (asked,) = town.send(camera.batch(declared))
    assert isinstance(asked, Request)
    assert asked.after_seq == 9
    (receipt,) = town.send(camera.batch(10))
    assert receipt.seq == camera.last  # type: ignore[union-attr]
    assert [seq for seq, _ in town.stored()] == list(range(10, camera.last + 1))


def test_a_picture_counts_when_its_read_has_promised_it(town: Town) -> None:
    camera = town.camera()
    seq = camera.read(pictures=True)
    assert town.send_pictures(camera, seq) == []  # before its read: sent again later
    town.send(camera.batch(0))
    (receipt,) = town.send_pictures(camera, seq)
    assert sorted(receipt.pictures) == [(seq, 1), (seq, 2)]  # type: ignore[union-attr]
    (again,) = town.send_pictures(camera, seq)
    assert sorted(again.pictures) == [(seq, 1), (seq, 2)]  # type: ignore[union-attr]
    camera.pictures[seq] = [replace(camera.pictures[seq][0], data=b"another")]
    assert town.send_pictures(camera, seq) == []
    assert town.set_aside() == ["a picture that no read has promised"]


def test_a_read_that_does_not_open_is_stored_and_alarmed(town: Town) -> None:
    from alpr_city.vault.backup import draw_seeds, public_of

    camera = reads(town.camera(), 2)
    camera.reseal(public_of(draw_seeds()))
    reads(camera, 1)
    (receipt,) = town.send(camera.batch(0))
    assert receipt.seq == camera.last  # type: ignore[union-attr]
    assert town.alarms() == {"unreadable": 1}


def test_a_day_and_the_next_have_their_partition(town: Town) -> None:
    from datetime import UTC, datetime, timedelta

    from django.db import connection

    from alpr_city.reads.partitions import BY_DAY, partition

    town.send(town.camera().batch(0))
    today = datetime.now(UTC).date()
    wanted = {partition(t, today + timedelta(n)) for t in BY_DAY for n in (0, 1)}
    found = set(connection.introspection.table_names())
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT relname FROM pg_class WHERE relispartition")
            found = {name for (name,) in cursor.fetchall()}
        assert wanted <= found
    else:
        assert not wanted & found


def test_health_is_kept_and_an_overlong_one_is_not(town: Town) -> None:
    from alpr_city.reads.models import Camera

    camera = town.camera()
    town.deliver((Channel.HEALTH, camera.name, b'{"last_seq": 3}'))
    town.deliver((Channel.HEALTH, camera.name, b"offline"))
    row = Camera.objects.get(name=camera.name)
    assert (row.online, bytes(row.health)) == (False, b'{"last_seq": 3}')
    town.deliver((Channel.HEALTH, camera.name, b"{" * 10_000))
    assert town.set_aside() == ["a health report is too long"]


def test_a_stream_closes_when_its_successor_names_its_last_head(town: Town) -> None:
    old = reads(town.camera(), 3)
    town.send(old.batch(0))
    new = town.camera(stream=b"n" * 16)
    new.encodings.clear()
    new.heads[:] = [chain.genesis(new.name, new.stream)]
    previous = [old.stream, old.last, old.heads[-1]]
    new.add(Kind.BOOT, {1: "damaged", 2: previous, 3: 0, 4: 0, 5: -1, 6: b""})
    town.send(new.batch(0))
    db = town.city_vault.vault.streams._db
    closed = db.execute("SELECT closed FROM streams WHERE stream = ?", (old.stream,)).fetchone()
    assert closed == (1,)


def test_a_stream_is_closed_though_the_vault_died_before_it_heard(town: Town) -> None:
    from alpr_city.ingest.closing import close_again
    from alpr_city.reads.store import Store

    old, other = town.camera(stream=bytes(16)), town.camera("cam-two", stream=bytes(16))
    new = town.camera(stream=bytes([1]) * 16)
    for camera in (old, other):
        camera.read()
        town.send(camera.batch(0))
    new.encodings.clear()
    del new.heads[1:]
    previous = [old.stream, old.last, old.heads[-1]]
    new.add(Kind.BOOT, {1: "damaged", 2: previous, 3: 0, 4: 0, 5: -1, 6: b""})
    town.vault.broken = "close_stream"
    with pytest.raises(VaultError):
        town.send(new.batch(0))
    assert (0, new.encodings[0]) in town.stored(), "the boot record is committed"
    town.crash()
    with pytest.raises(VaultError):
        close_again(Store(), town.vault)
    town.vault.broken = None
    town.send(new.batch(0))  # a second delivery says nothing of it
    db = town.city_vault.vault.streams._db
    closed = "SELECT camera FROM streams WHERE closed = 1"
    assert db.execute(closed).fetchall() == []
    assert close_again(Store(), town.vault) == 1
    assert close_again(Store(), town.vault) == 1
    assert db.execute(closed).fetchall() == [("cam-one",)]


def test_no_plate_stands_in_the_database(town: Town) -> None:
    camera = town.camera()
    camera.read("4CANARY", pictures=True)
    town.send(camera.batch(0))
    for file in town.config.files.path.rglob("*"):
        if file.is_file():
            assert b"CANARY" not in file.read_bytes(), file


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_a_million_duplicates_have_no_effect(town: Town) -> None:
    camera = reads(town.camera(), 30)
    batches = [
        (Channel.UP, camera.name, camera.batch(n, min(n + 2, camera.last)).encode())
        for n in range(0, camera.last + 1, 3)
    ]
    chance = random.Random(1)
    for first in range(0, 1_000_000, 2000):
        ordered = batches if first == 0 else chance.choices(batches, k=2000)
        assert town.intaker.take(ordered)
    assert town.stored() == list(enumerate(camera.encodings))
    assert town.alarms() == {}
