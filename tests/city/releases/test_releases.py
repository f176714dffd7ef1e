"""A release needs three people, a California agency, and stays within what was approved."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from alpr_city.errors import ConfigError, ReleaseError, VaultError
from alpr_city.evidence import open_sealed, verify_bag
from alpr_city.evidence.seal import Recipient
from tests.city.console import Console
from tests.city.releases.conftest import LETTER, WANTED, scope


def last_note(city: Console) -> dict[int, Any]:
    return next(e for e in reversed(city.log()) if str(e[2]).startswith("release."))


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"agency": "fbi"}, "only California public agencies"),
        ({"agency": ""}, "only California public agencies"),
        ({"agency": "lvmwd"}, "counts alone"),
        ({"purpose": "curiosity"}, "no purpose"),
        ({"purpose": "release"}, "no purpose"),
    ],
)
def test_who_may_receive_nothing_is_refused_on_record(
    city: Console, changes: dict[str, Any], why: str
) -> None:
    from alpr_city.releases import workflow
    from alpr_city.releases.models import Release

    with pytest.raises(ReleaseError, match=why):
        workflow.ask(city.person("officer"), **{**WANTED, **changes})
    assert last_note(city)[2] == "release.refused"
    assert not Release.objects.exists()


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"person": " "}, "names the person"),
        ({"description": ""}, "names the description"),
        ({"document": None}, "attach the agency's letter"),
        ({"document": b"GIF89a"}, "none of PDF, PNG, JPEG"),
        ({"document": LETTER + bytes(10 << 20)}, "larger than 10 MB"),
    ],
)
def test_a_request_that_lacks_something_is_not_entered(
    city: Console, changes: dict[str, Any], why: str
) -> None:
    from alpr_city.releases import workflow

    with pytest.raises(ReleaseError, match=why):
        workflow.ask(city.person("officer"), **{**WANTED, **changes})


def test_federal_private_and_other_states_agencies_cannot_be_in_the_register(
    tmp_path: Path,
) -> None:
    from alpr_city.releases.register import OWN, agencies

    for kind in ("federal", "private", "out-of-state"):
        (tmp_path / OWN).write_text(f'[agencies.x]\nname = "X"\nkind = "{kind}"\n')
        with pytest.raises(ConfigError, match="only California public agencies"):
            agencies(tmp_path)
    (tmp_path / OWN).write_text('[kinds.federal]\ntitle = "F"\nplates = true\n')
    with pytest.raises(ConfigError, match="not the city's to change"):
        agencies(tmp_path)
    (tmp_path / OWN).write_text('[agencies.agoura]\nname = "Agoura"\nkind = "prosecutor"\n')
    assert agencies(tmp_path)["agoura"].plates


def test_the_requester_neither_approves_nor_refuses(city: Console, asked: Any) -> None:
    from alpr_city.releases import workflow

    officer = city.person("officer")
    with pytest.raises(ReleaseError, match="does not decide"):
        workflow.approve(officer, asked, **scope(city))
    assert last_note(city)[2] == "release.refused"
    with pytest.raises(ReleaseError, match="does not decide"):
        workflow.refuse(officer, asked, "no")


def test_the_vault_itself_refuses_the_requesters_approval(city: Console, asked: Any) -> None:
    from alpr_city.people.journal import vault
    from alpr_city.releases import workflow

    access = workflow.access_for(city.person("officer"), "release.approve", asked.label, {})
    with pytest.raises(VaultError, match="does not approve"):
        vault().call("release_approve", access, asked.label, "officer", {})


def test_nothing_is_fulfilled_before_approval(
    city: Console, asked: Any, recipient: Recipient
) -> None:
    from alpr_city.releases.fulfil import fulfil

    with pytest.raises(ReleaseError, match="only an approved request"):
        fulfil(city.person("clerk"), asked, recipient)


@pytest.mark.parametrize("who", ["officer", "designee"])
def test_who_asked_or_approved_does_not_fulfil(
    city: Console, approved: Any, recipient: Recipient, who: str
) -> None:
    from alpr_city.people.journal import vault
    from alpr_city.releases import workflow
    from alpr_city.releases.fulfil import fulfil

    with pytest.raises(ReleaseError, match="does not fulfil"):
        fulfil(city.person(who), approved, recipient)
    access = workflow.access_for(city.person(who), "release.find", approved.label, {})
    with pytest.raises(VaultError, match="asked for it or approved it"):
        vault().call("release_find", access, approved.label, bytes(approved.scope), [])


def test_the_vault_keeps_to_the_approved_cameras_and_period(city: Console, asked: Any) -> None:
    from alpr_city.people.journal import vault
    from alpr_city.reads.models import Record
    from alpr_city.releases import workflow

    early = scope(city, first=date(2020, 1, 1), last=date(2020, 1, 2), plates=[])
    workflow.approve(city.person("designee"), asked, **early)
    row = Record.objects.exclude(wrapped=None).order_by("seq").first()
    access = workflow.access_for(city.person("clerk"), "release.fulfil", asked.label, {})
    for camera, why in (("cam-two", "a camera outside"), ("cam-one", "a read outside")):
        read = [camera, str(row.day), bytes(row.encoding), bytes(row.wrapped), []]
        with pytest.raises(VaultError, match=why):
            vault().call("release_fulfil", access, asked.label, bytes(asked.scope), [read])
        assert last_note(city)[2] == "release.refused"


def test_a_changed_scope_opens_nothing(city: Console, approved: Any, recipient: Recipient) -> None:
    from alpr_city.releases.fulfil import fulfil

    changed = bytearray(bytes(approved.scope))
    changed[-1] ^= 1
    approved.scope = bytes(changed)
    with pytest.raises(VaultError):
        fulfil(city.person("clerk"), approved, recipient)


def test_a_memorandum_that_ran_out_carries_nothing(
    city: Console, asked: Any, recipient: Recipient
) -> None:
    from alpr_city.releases import workflow
    from alpr_city.releases.fulfil import fulfil
    from alpr_city.releases.models import Memorandum

    officer = city.person("officer")
    terms = {"agency": "chp", "title": "of 2025", "signed_on": city.day - timedelta(days=400)}
    made = Memorandum.objects.create(expires_on=city.day + timedelta(days=9), **terms)
    under = {**WANTED, "document": None, "memorandum": made}
    with pytest.raises(ReleaseError, match="with another agency"):
        workflow.ask(officer, **{**under, "agency": "lapd"})
    release = workflow.ask(officer, **under)
    workflow.approve(city.person("designee"), release, **scope(city))
    made.expires_on = city.day - timedelta(days=2)
    made.save()
    with pytest.raises(ReleaseError, match="not in force"):
        fulfil(city.person("clerk"), release, recipient)
    with pytest.raises(ReleaseError, match="not in force"):
        workflow.ask(officer, **under)


def test_a_purpose_that_left_the_policy_stops_a_release(
    city: Console, approved: Any, recipient: Recipient
) -> None:
    from alpr_city.releases.fulfil import fulfil

    approved.purpose = "gone"
    with pytest.raises(ReleaseError, match="no longer has its purpose"):
        fulfil(city.person("clerk"), approved, recipient)


def test_a_refusal_stays_on_file_with_its_reason(city: Console, asked: Any) -> None:
    from alpr_city.releases import workflow

    with pytest.raises(ReleaseError, match="gives its reason"):
        workflow.refuse(city.person("designee"), asked, "")
    workflow.refuse(city.person("designee"), asked, "too broad")
    asked.refresh_from_db()
    assert (asked.state, asked.why) == ("refused", "too broad")
    with pytest.raises(ReleaseError, match="was decided"):
        workflow.approve(city.person("designee"), asked, **scope(city))


def test_papers_are_sealed_and_reading_them_is_on_record(city: Console, asked: Any) -> None:
    from alpr_city.releases import workflow

    assert b"0TEST00" not in bytes(asked.description)
    assert LETTER not in bytes(asked.document)
    opened = workflow.papers(city.person("designee"), asked)
    assert opened == {"description": b"where 0TEST00 was seen", "document": LETTER}
    assert last_note(city)[2] == "release.read"


def test_three_people_release_what_was_approved_and_it_proves_itself(
    city: Console, approved: Any, recipient: Recipient, key: X25519PrivateKey, tmp_path: Path
) -> None:
    from alpr_city.releases.fulfil import fulfil

    package = fulfil(city.person("clerk"), approved, recipient)
    assert b"0TEST00" not in package
    assert open_sealed.unpack(open_sealed.unseal(package, key), tmp_path / "bag") > 5
    files = verify_bag.load(tmp_path / "bag")
    checked = verify_bag.Bag(files)
    assert checked.check(), checked.faults
    said = [json.loads(data) for name, data in files.items() if name.endswith("read.json")]
    assert [read["text"] for read in said] == ["0TEST00"]
    assert b"California Highway Patrol" in files["data/CERTIFICATE.txt"]
    approved.refresh_from_db()
    assert (approved.state, approved.reads, approved.custody) == ("fulfilled", 1, "")
    actions = [entry[2] for entry in city.log()]
    assert actions.index("release.asked") < actions.index("release.approved")
    assert actions.index("release.approved") < actions.index("release.fulfilled")
    with pytest.raises(ReleaseError, match="only an approved request"):
        fulfil(city.person("clerk"), approved, recipient)


def test_custody_passes_to_the_sheriffs_station_on_record(
    city: Console, asked: Any, recipient: Recipient
) -> None:
    from alpr_city.releases import workflow
    from alpr_city.releases.fulfil import fulfil

    release = workflow.ask(city.person("officer"), **{**WANTED, "agency": "lasd-lost-hills"})
    workflow.approve(city.person("designee"), release, **scope(city, plates=[]))
    fulfil(city.person("clerk"), release, recipient)
    release.refresh_from_db()
    assert "Lost Hills" in release.custody
    assert release.reads == 3
    assert last_note(city)[2] == "release.custody"


def test_papers_end_with_their_time_on_file_and_the_entry_stays(city: Console, asked: Any) -> None:
    from datetime import UTC, datetime

    from alpr_city.people.journal import vault
    from alpr_city.releases import workflow
    from alpr_city.releases.expiry import expire

    now = datetime.now(UTC)
    workflow.refuse(city.person("designee"), asked, "too broad")
    sealed = bytes(asked.description)
    assert expire(vault(), now + timedelta(days=1826)) == 0
    assert expire(vault(), now + timedelta(days=1828)) == 1
    assert expire(vault(), now + timedelta(days=1828)) == 0
    asked.refresh_from_db()
    assert (asked.agency_name, asked.why) == ("California Highway Patrol", "too broad")
    access = workflow.access_for(city.person("designee"), "release.read", asked.label, {})
    with pytest.raises(VaultError, match="destroyed on record"):
        vault().call("release_papers", access, asked.label, {"description": sealed})
