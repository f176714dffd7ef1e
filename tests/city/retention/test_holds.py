"""What a case needs outlives its day, until the case is done; refusals first."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from alpr_city.errors import CityError, KeyGoneError, VaultError
from alpr_city.vault.keyring import Use
from alpr_wire.errors import ChainError
from alpr_wire.reads import decode_read
from tests.city.retention.conftest import TODAY, Past
from tests.city.retention.test_purge import OLD, purger
from tests.city.vaults import ACCESS

HOLD = {**ACCESS, "action": "hold"}


def wanted(**changes: Any) -> Any:
    from alpr_city.retention.holds import Wanted

    fields = {
        "case": "26-0001",
        "basis": "criminal",
        "description": "a test",
        "custodian": "City Clerk",
        "review_on": TODAY + timedelta(90),
    }
    return Wanted(**fields | changes)


def place(past: Past, *seqs: int, **changes: Any) -> Any:
    from alpr_city.retention import holds

    stream = b"cam-one".ljust(16, b"\0")
    named = [("cam-one", stream, seq) for seq in seqs]
    return holds.place(past.desk, past.pictures, HOLD, wanted(**changes), named)


@pytest.mark.parametrize(
    "changes",
    [
        {"basis": "curiosity"},
        {"case": " "},
        {"custodian": ""},
        {"description": ""},
        {"review_on": TODAY},
    ],
)
def test_a_hold_without_ground_keeper_or_date_is_refused(
    past: Past, changes: dict[str, Any]
) -> None:
    from alpr_city.retention.models import Hold

    past.day(past.camera(), 5, "0TEST00")
    with pytest.raises(CityError):
        place(past, 2, **changes)
    assert not Hold.objects.exists()


def test_nothing_or_what_is_not_stored_is_not_held(past: Past) -> None:
    past.day(past.camera(), 5, "0TEST00")
    with pytest.raises(CityError, match="names the reads"):
        place(past)
    with pytest.raises(CityError, match="no such read is stored"):
        place(past, 2, 99)
    with pytest.raises(CityError, match="no such read is stored"):
        place(past, 0)  # a boot record


def test_a_hold_or_release_that_cannot_be_put_on_record_is_none(past: Past) -> None:
    from alpr_city.retention import holds
    from alpr_city.retention.models import HeldRead, Hold

    past.day(past.camera(), 5, "0TEST00")
    hold = place(past, 2)
    log = past.city_vault.vault.log._db
    log.execute(
        "CREATE TRIGGER full BEFORE INSERT ON entries BEGIN SELECT RAISE(ABORT, 'disk full'); END"
    )
    with pytest.raises(VaultError, match="put on record"):
        place(past, 2)
    with pytest.raises(VaultError, match="put on record"):
        holds.release(past.desk, HOLD, hold, "the case is closed")
    with pytest.raises(VaultError, match="put on record"):
        holds.look(past.desk, ACCESS, list(HeldRead.objects.all()))
    log.execute("DROP TRIGGER full")
    assert Hold.objects.get().released_at is None
    assert holds.look(past.desk, ACCESS, list(HeldRead.objects.all()))


def test_a_held_read_outlives_its_day_with_pictures_and_proof(past: Past) -> None:
    from alpr_city.proof.inclusion import Inclusion
    from alpr_city.retention import holds
    from alpr_city.retention.models import HeldRead

    camera = past.camera()
    past.day(camera, OLD, "0TEST00", "1TEST11", "2TEST22")
    place(past, 3)
    (purge,) = purger(past).run()
    assert purge.facts["held"] == 1
    assert purge.facts["reads"] == 3
    (read,) = HeldRead.objects.all()
    _, ((plain, pictures),) = holds.look(past.desk, ACCESS, [read])
    assert decode_read(plain).text == "1TEST11"
    assert [data for _, data in pictures] == [b"a crop", b"an overview"]
    proof = Inclusion.decode(bytes(read.proof or b""))
    key = Ed25519PublicKey.from_public_bytes(camera.public)
    proof.verify(bytes(read.encoding), key)
    for other in (camera.encodings[2], camera.encodings[4]):
        with pytest.raises(ChainError, match="does not lead"):
            proof.verify(other, key)
    with pytest.raises(ChainError, match="does not hold"):
        replace(proof, signature=bytes(64)).verify(bytes(read.encoding), key)


def test_release_destroys_the_case_key_and_only_that(past: Past) -> None:
    from alpr_city.retention import holds
    from alpr_city.retention.models import HeldRead

    past.day(past.camera(), 5, "0TEST00", "1TEST11")
    one, two = place(past, 2), place(past, 2, 3, case="26-0002")
    read = HeldRead.objects.get(hold=one)
    with pytest.raises(CityError, match="gives its reason"):
        holds.release(past.desk, HOLD, one, " ")
    name = ("cam-one", bytes(read.stream), 2)
    holds.release(past.desk, HOLD, one, "acquitted")
    holds.release(past.desk, HOLD, one, "acquitted")  # cut off and done again
    with pytest.raises(KeyGoneError):
        holds.look(past.desk, ACCESS, [read])
    assert holds.held([name, ("cam-one", bytes(read.stream), 9)]) == {name}
    assert len(holds.look(past.desk, ACCESS, list(HeldRead.objects.filter(hold=two)))[1]) == 2


def test_a_picture_that_came_after_the_hold_is_kept_too(past: Past) -> None:
    from alpr_city.retention.models import HeldPicture

    camera = past.camera()
    camera.sent = 0  # type: ignore[attr-defined]
    past.day(camera, OLD)
    seq = camera.read("0TEST00", pictures=True)
    with past._patch.context() as patch:
        patch.setattr("alpr_city.vault.vault.today", lambda: str(TODAY - timedelta(OLD)))
        past.send(camera.batch(1))
        place(past, seq)
        assert HeldPicture.objects.count() == 0
        past.send_pictures(camera, seq)
    purger(past).run()
    assert HeldPicture.objects.count() == 2


def test_corrections_of_a_held_read_outlive_its_day_and_die_with_the_hold(past: Past) -> None:
    from alpr_city.corrections import revising
    from alpr_city.retention import holds
    from alpr_city.search import places

    day = past.day(past.camera(), OLD, "0TEST00", "1TEST11")
    stream = b"cam-one".ljust(16, b"\0")
    first, other = places.named([("cam-one", stream, 2), ("cam-one", stream, 3)])
    access = {**ACCESS, "action": "correct"}

    def correct(read: Any, text: str) -> None:
        revising.correct(past.desk, access, read, text=text, region="us-ca", verdict="text")

    correct(first, "0TEST08")
    hold = place(past, 2)
    correct(first, "0TEST09")  # after the hold
    correct(other, "1TEST19")
    past.desk.broken = {"hold_revisions"}
    with pytest.raises(VaultError):
        purger(past).run()
    assert past.city_vault.vault.keyring.has(Use.DAY, str(day)), "nothing dies unkept"
    past.desk.broken = set()
    purger(past).run()
    revising.forget(day)
    read = hold.reads.get()
    found = holds.revisions_of(past.desk, ACCESS, read)
    assert [(r.number, text) for r, text, _ in found] == [(1, "0TEST08"), (2, "0TEST09")]
    row = read.revisions.first()
    moved = [[read.camera, stream, 3, row.number, bytes(row.sealed)]]
    with pytest.raises(VaultError):
        past.desk.call("held_revisions", ACCESS, hold.label, moved)
    holds.release(past.desk, {**ACCESS, "action": "release"}, hold, "the case is over")
    with pytest.raises(KeyGoneError):
        past.desk.call("held_revisions", ACCESS, hold.label, moved)
    assert not read.revisions.exists()
