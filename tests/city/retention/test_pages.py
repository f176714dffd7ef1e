"""Holds and purges in the console; refusals first."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.city.console import Console
from tests.city.search.test_pages import proved, stream


def choose(city: Console, client: Any, *seqs: int) -> Any:
    names = [f"cam-one/{stream(city)}/{seq}" for seq in seqs]
    return client.post("/search/chosen/", {"read": names, "do": "hold"})


def hold_form(city: Console, **changes: str) -> dict[str, str]:
    fields = {
        "basis": "criminal",
        "description": "burglary on the test road",
        "custodian": "City Clerk",
        "review_on": str(city.day + timedelta(90)),
    }
    return fields | changes


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("/retention/holds/", {"officer", "prosecutor", "clerk"}),
        ("/retention/holds/review/", {"designee"}),
        ("/retention/holds/1/release/", {"designee"}),
        ("/retention/holds/1/reads/1/", {"officer", "prosecutor"}),
        ("/retention/purges/", {"clerk"}),
        ("/retention/purges/1/", {"clerk"}),
    ],
)
def test_only_who_answers_for_it_sees_it(city: Console, address: str, allowed: set[str]) -> None:
    from tests.city.console import ROLES

    for role in ROLES:
        status = city.client(role).get(address).status_code
        assert (status != 403) == (role in allowed), (role, status)
    assert city.client().get(address).status_code == 302


@pytest.mark.parametrize(
    "changes", [{"basis": "curiosity"}, {"description": " "}, {"review_on": "2020-01-01"}]
)
def test_a_hold_that_lacks_something_is_refused_with_help(
    city: Console, officer: Any, changes: dict[str, str]
) -> None:
    from alpr_city.retention.models import Hold

    city.grant(officer)
    choose(city, officer, 2)
    answer = officer.post("/retention/holds/new/", hold_form(city, **changes))
    assert answer.status_code == 400
    assert not Hold.objects.exists()


def test_a_hold_is_placed_and_released_by_two_people(
    city: Console, officer: Any, designee: Any
) -> None:
    from alpr_city.retention.models import Hold

    city.grant(officer)
    assert choose(city, officer, 2, 3)["Location"] == "/retention/holds/new/"
    assert b"Hold 2 chosen reads" in officer.get("/retention/holds/new/").content
    answer = officer.post("/retention/holds/new/", hold_form(city), follow=True)
    assert b"case 26-01234" in answer.content
    assert b"TEST00" not in answer.content
    hold = Hold.objects.get()
    look = f"/retention/holds/{hold.pk}/reads/{hold.reads.first().pk}/"
    assert b"data:image/jpeg" in officer.get(look).content
    assert city.log()[-2][2] == "look held"
    with city.vault.vault.lock:
        city.vault.vault.log._db.execute(
            "CREATE TRIGGER full BEFORE INSERT ON entries"
            " BEGIN SELECT RAISE(ABORT, 'disk full'); END"
        )
    assert b"data:image" not in officer.get(look).content
    with city.vault.vault.lock:
        city.vault.vault.log._db.execute("DROP TRIGGER full")
    assert b"26-01234" in designee.get("/retention/holds/review/").content
    address = f"/retention/holds/{hold.pk}/release/"
    proved(designee, 0.0)
    assert "/people/again/" in designee.get(address)["Location"], "asks again first"
    proved(designee, 2.0**40)
    assert designee.post(address, {"reason": " "}).status_code == 400
    assert designee.post(address, {"reason": "the case is closed"}).status_code == 302
    hold.refresh_from_db()
    assert hold.released_by == "designee"
    assert not hold.reads.exists()
    actions = [r[2] for r in city.log()]
    assert "hold" in actions
    assert "case-key-destroyed" in actions


def test_a_certificate_is_a_page_and_the_document_that_was_signed(
    city: Console, clerk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from alpr_city.people.journal import vault
    from alpr_city.reads.pictures import PictureStore
    from alpr_city.retention.purge import Purger
    from tests.city.retention.conftest import Rules

    old = city.day - timedelta(800)
    camera = city.vault.camera("cam-old", seed=3)
    camera.read("0TEST07", pictures=True)
    with monkeypatch.context() as patch:
        patch.setattr("alpr_city.vault.vault.today", lambda: str(old))
        city.ingest(camera)
    assert str(old).encode() in clerk.get("/retention/purges/").content
    assert b"names no authority" in clerk.get("/retention/purges/").content
    pictures = PictureStore(city.config.files.pictures)
    (purge,) = Purger(vault(), pictures, lambda at: Rules(), "root", "Testville").run()
    pictures.close()
    page = clerk.get(f"/retention/purges/{purge.pk}/").content.decode()
    assert "Certificate of destruction" in page
    assert "cam-old" in page
    answer = clerk.get(f"/retention/purges/{purge.pk}/?as=json")
    assert answer.content == bytes(purge.document)
    assert "TEST07" not in page


def test_the_custodian_approves_a_purge_after_a_second_look(
    city: Console, clerk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from alpr_city.retention.models import Approval

    file = next(city.config.files.policy.glob("*.toml"))
    old = city.day - timedelta(800)
    camera = city.vault.camera("cam-old", seed=3)
    camera.read("0TEST07")
    with monkeypatch.context() as patch:
        patch.setattr("alpr_city.vault.vault.today", lambda: str(old))
        city.ingest(camera)
    proved(clerk, 2.0**40)
    decided = file.read_text().replace('resolution = ""', 'resolution = "2026-1"')
    file.write_text(decided.replace('consent = ""', 'consent = "City Attorney, 2026-01-02"'))
    assert b"asks for no approval" in clerk.get("/retention/purges/").content
    assert clerk.post("/retention/purges/approve/", {"through": str(old)}).status_code == 400
    asks = file.read_text().replace("custodian_approves = false", "custodian_approves = true")
    file.write_text(asks)
    assert f"Approve the purge through {old}" in clerk.get("/retention/purges/").content.decode()
    proved(clerk, 0.0)
    answer = clerk.post("/retention/purges/approve/", {"through": str(old)})
    assert "/people/again/" in answer["Location"], "asks again first"
    proved(clerk, 2.0**40)
    for wrong in ("", "x", str(city.day)):
        answer = clerk.post("/retention/purges/approve/", {"through": wrong})
        assert answer.status_code == 400
    assert not Approval.objects.exists()
    assert clerk.post("/retention/purges/approve/", {"through": str(old)}).status_code == 302
    assert [e[3][2] for e in city.log() if e[2] == "purge.approved"] == [f"through {old}"]
    assert b"No day waits" in clerk.get("/retention/purges/").content
    assert b"Clerk Example" in clerk.get("/retention/purges/").content


def test_a_held_reads_corrections_show_under_the_hold(city: Console, officer: Any) -> None:
    from alpr_city.retention.models import HeldRevision, Hold
    from tests.city.corrections.test_corrections import RIGHT, send

    city.grant(officer)
    send(city, officer, **RIGHT, reason="the crop says so")
    choose(city, officer, 2)
    officer.post("/retention/holds/new/", hold_form(city))
    hold = Hold.objects.get()
    assert b"TEST09" not in bytes(HeldRevision.objects.get().sealed)
    look = f"/retention/holds/{hold.pk}/reads/{hold.reads.first().pk}/"
    page = officer.get(look).content.decode()
    assert "0TEST09" in page
    assert "the crop says so" in page
