"""What a malicious administrator of the database does, and that it is found."""

from __future__ import annotations

import random
from typing import Any

import pytest

from alpr_wire import chain
from alpr_wire.records import GapCause, Kind
from tests.city.fleet import FleetCamera
from tests.city.town import Town

RECORDS = 600


@pytest.fixture
def camera(town: Town) -> FleetCamera:
    """One whose records are stored, with signed heads among them."""
    made = town.camera()
    while made.last < RECORDS:
        made.read()
    for first in range(0, made.last + 1, 50):
        town.send(made.batch(first, min(first + 49, made.last)))
    return made


def faults(town: Town, camera: FleetCamera, *, vault: bool = True, day: Any = None) -> list[str]:
    from alpr_city.proof.chains import verify_camera

    receipts = town.city_vault.vault.streams.receipts(camera.name) if vault else None
    return [f for verdict in verify_camera(camera.name, receipts, day) for f in verdict.faults]


def sql(statement: str, *values: object) -> int:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(statement, list(values))
        return int(cursor.rowcount)


def damage(what: str, camera: FleetCamera, chance: random.Random) -> None:
    """One edit that leaves the database sound in itself."""
    seq = chance.randrange(5, camera.last - 5)
    at = "WHERE seq = %s"
    if what == "changed":
        data = bytearray(camera.encodings[seq])
        data[chance.randrange(30, len(data))] ^= 1 << chance.randrange(8)
        sql(f"UPDATE record SET encoding = %s {at}", bytes(data), seq)
    elif what == "removed":
        sql(f"DELETE FROM record {at}", seq)
    elif what == "inserted":
        columns = "kind, encoding, wrapped, captured_us"
        sql(
            f"INSERT INTO record (day, stream_id, seq, {columns})"
            f" SELECT day, stream_id, %s, {columns} FROM record {at}",
            camera.last + 1,
            seq,
        )
    elif what == "reordered":
        for number, other in ((seq, seq + 1), (seq + 1, seq)):
            sql(f"UPDATE record SET encoding = %s {at}", camera.encodings[other], number)
    elif what == "forked":
        other = FleetCamera(camera.name, camera._seal_public, seed=1)
        while other.last < seq:
            other.read()
        sql(f"UPDATE record SET encoding = %s {at}", other.encodings[seq], seq)
    elif what == "shortened":
        sql("DELETE FROM record WHERE seq > %s", seq)
        sql(
            "UPDATE stream SET seq = %s, digest = %s, signature = %s",
            seq,
            camera.heads[seq + 1],
            camera.batch(0, seq).signature,
        )
        sql("DELETE FROM signed_head WHERE seq > %s", seq)
    elif what == "kind":
        sql(f"UPDATE record SET kind = 7 {at}", seq)


DAMAGES = ("changed", "removed", "inserted", "reordered", "forked", "shortened", "kind")


@pytest.mark.parametrize("what", DAMAGES)
def test_one_record_that_was_tampered_with_is_found(
    town: Town, camera: FleetCamera, what: str
) -> None:
    assert faults(town, camera) == []
    damage(what, camera, random.Random(1))
    assert faults(town, camera), what


def test_a_hundred_random_edits_are_all_found(town: Town, camera: FleetCamera) -> None:
    from django.db import transaction

    chance = random.Random(7)
    for _ in range(100 if town.config.database.url == "" else 10):
        what = chance.choice(DAMAGES)
        with transaction.atomic():
            damage(what, camera, chance)
            found = faults(town, camera)
            transaction.set_rollback(True)
        assert found, what
    assert faults(town, camera) == []


def test_a_shortened_database_passes_without_the_vault_alone(
    town: Town, camera: FleetCamera
) -> None:
    damage("shortened", camera, random.Random(3))
    assert faults(town, camera, vault=False) == []
    (fault,) = faults(town, camera)
    assert "the vault receipted up to record" in fault


def test_a_rewritten_chain_lacks_the_cameras_signature(town: Town, camera: FleetCamera) -> None:
    """Every column made to fit: only the camera's key could sign it."""
    seq = 590
    head = camera.heads[seq]
    data = bytearray(camera.encodings[seq])
    data[-1] ^= 1
    sql("UPDATE record SET encoding = %s WHERE seq = %s", bytes(data), seq)
    for encoding in (bytes(data), *camera.encodings[seq + 1 :]):
        head = chain.extend(head, encoding)
    sql("UPDATE stream SET digest = %s", head)
    sql("DELETE FROM signed_head WHERE seq > %s", seq)
    (fault,) = faults(town, camera, vault=False)
    assert "never signed" in fault


def test_a_stream_that_is_gone_is_missed(town: Town, camera: FleetCamera) -> None:
    for table in ("record", "signed_head", "stream"):
        sql(f"DELETE FROM {table}")
    (fault,) = faults(town, camera)
    assert "none is stored" in fault


def test_a_gap_on_record_holds_and_one_without_its_record_does_not(town: Town) -> None:
    camera = town.camera()
    for _ in range(40):
        camera.read()
    town.send(camera.batch(0, 9))
    body = {1: int(GapCause.SHED_READS), 2: 10, 3: 29, 4: 20, 5: camera.heads[30]}
    declared = camera.add(Kind.GAP, body)
    town.send(camera.batch(declared))
    town.send(camera.batch(30))
    assert faults(town, camera) == []
    sql("UPDATE gap SET last_seq = 31")
    assert faults(town, camera)
    sql("UPDATE gap SET last_seq = 29, digest = %s", bytes(32))
    assert faults(town, camera)


def test_a_day_is_checked_by_itself(town: Town, camera: FleetCamera) -> None:
    from datetime import UTC, datetime

    today = datetime.now(UTC).date()
    assert faults(town, camera, day=today) == []
    damage("changed", camera, random.Random(2))
    assert faults(town, camera, day=today)
    assert faults(town, camera, day=today.replace(year=2020)) == []


def test_the_ledger_accounts_for_every_record(town: Town) -> None:
    from alpr_city.proof.ledger import accounts
    from alpr_wire.topics import Channel

    camera = town.camera()
    for _ in range(20):
        camera.read()
    town.send(camera.batch(0, 9))
    report = f'{{"stream": "{camera.stream.hex()}", "last_seq": {camera.last}}}'
    town.deliver((Channel.HEALTH, camera.name, report.encode()))
    (account,) = accounts()
    assert (account.captured, account.stored, account.pending) == (camera.last + 1, 10, 12)
    assert account.balanced
    town.send(camera.batch(10))
    (account,) = accounts(camera.name)
    assert (account.stored, account.pending, account.gap) == (camera.last + 1, 0, 0)
    assert sum(account.reads_by_day.values()) == 20
    sql("DELETE FROM record WHERE seq = 5")
    (account,) = accounts(camera.name)
    assert not account.balanced
