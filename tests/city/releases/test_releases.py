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


def test_a_memorandum_that_ran_out_or_is_not_on_file_carries_nothing(
    city: Console, asked: Any, recipient: Recipient
) -> None:
    from alpr_city.releases import workflow
    from alpr_city.releases.fulfil import fulfil
    from alpr_city.releases.models import Memorandum

    officer = city.person("officer")
    made = agreement(city)
    under = {**WANTED, "document": None, "memorandum": made}
    with pytest.raises(ReleaseError, match="with another agency"):
        workflow.ask(officer, **{**under, "agency": "lapd"})
    release = workflow.ask(officer, **under)
    workflow.approve(city.person("designee"), release, **scope(city))
    for changes, why in (
        ({"expires_on": city.day - timedelta(days=2)}, "not in force"),
        ({"expires_on": city.day, "document": None}, "itself is not on file"),
    ):
        Memorandum.objects.update(**changes)
        made.refresh_from_db()
        release.memorandum.refresh_from_db()
        with pytest.raises(ReleaseError, match=why):
            fulfil(city.person("clerk"), release, recipient)
        with pytest.raises(ReleaseError, match=why):
            workflow.ask(officer, **under)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"agency": "fbi"}, "only California"),
        ({"agency": "lvmwd"}, "only California"),
        ({"title": " "}, "has a title"),
        ({"document": b"GIF89a"}, "none of PDF, PNG, JPEG"),
        ({"document": LETTER + bytes(10 << 20)}, "larger than 10 MB"),
        ({"expires_on": date(2020, 1, 1)}, "does not end before"),
    ],
)
def test_a_memorandum_that_lacks_something_is_not_filed(
    city: Console, changes: dict[str, Any], why: str
) -> None:
    from alpr_city.releases.models import Memorandum

    with pytest.raises(ReleaseError, match=why):
        agreement(city, **changes)
    assert not Memorandum.objects.exists()


def test_a_memorandums_document_is_sealed_read_on_record_and_ends_with_its_time(
    city: Console,
) -> None:
    from datetime import UTC, datetime

    from alpr_city.people.journal import vault
    from alpr_city.releases import memoranda
    from alpr_city.releases.expiry import expire

    made = agreement(city)
    assert LETTER not in bytes(made.document)
    assert memoranda.read(city.person("designee"), made) == LETTER
    assert last_note(city)[2] == "release.read"
    now = datetime.now(UTC)
    assert expire(vault(), now + timedelta(days=1826)) == 0
    assert expire(vault(), now + timedelta(days=1840)) == 1
    sealed = {"document": bytes(made.document)}
    access = {**memoranda.access_for(city.person("designee"), "release.read", made.label, {})}
    with pytest.raises(VaultError, match="destroyed on record"):
        vault().call("release_papers", access, made.label, sealed)


def agreement(city: Console, **changes: Any) -> Any:
    from alpr_city.releases import memoranda

    said = {
        "agency": "chp",
        "title": "of 2025",
        "signed_on": city.day - timedelta(days=400),
        "expires_on": city.day + timedelta(days=9),
        "document": LETTER,
    }
    return memoranda.file(city.person("designee"), **{**said, **changes})


def test_a_package_is_sealed_again_within_days_to_the_same_key_by_a_third_person(
    city: Console, approved: Any, recipient: Recipient, key: X25519PrivateKey
) -> None:
    from datetime import UTC, datetime

    from alpr_city.releases.fulfil import again, fulfil
    from alpr_city.releases.models import Package

    clerk = city.person("clerk")
    with pytest.raises(ReleaseError, match="was not made yet"):
        again(clerk, approved, recipient)
    fulfil(clerk, approved, recipient)
    approved.refresh_from_db()
    with pytest.raises(ReleaseError, match="only an approved request"):
        fulfil(clerk, approved, recipient)
    stranger = Recipient(X25519PrivateKey.generate().public_key().public_bytes_raw())
    with pytest.raises(ReleaseError, match="and no other"):
        again(clerk, approved, stranger)
    for who in ("officer", "designee"):
        with pytest.raises(ReleaseError, match="does not fulfil"):
            again(city.person(who), approved, recipient)
    assert last_note(city)[2] == "release.refused"
    package = again(clerk, approved, recipient)
    assert open_sealed.unseal(package, key)
    assert last_note(city)[2] == "release.again"
    first, second = Package.objects.all()
    assert first.record < second.record
    assert first.sha256 == approved.package_sha256 != second.sha256
    approved.fulfilled_at = datetime.now(UTC) - timedelta(days=8)
    with pytest.raises(ReleaseError, match="within 7 days alone"):
        again(clerk, approved, recipient)
    assert [e[2] for e in city.log()].count("release.fulfilled") == 1


def test_what_is_on_file_stays_on_file(city: Console, approved: Any, recipient: Recipient) -> None:
    from django.db import DatabaseError, transaction

    from alpr_city.releases.fulfil import fulfil
    from alpr_city.releases.models import Memorandum, Package, Release

    agreement(city)
    fulfil(city.person("clerk"), approved, recipient)
    for model in (Package, Release, Memorandum):
        with pytest.raises(DatabaseError), transaction.atomic():
            model.objects.all()._raw_delete("default")
    with pytest.raises(DatabaseError, match="is never changed"), transaction.atomic():
        Package.objects.update(reads=9)


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
    (made,) = [entry for entry in city.log() if entry[2] == "release.fulfil"]
    outside = "release to California Highway Patrol, on the written request of Sgt. B. Example"
    assert (made[3], made[4], made[5], made[7]) == (
        "clerk", "City of Testville", "release", outside
    )  # fmt: skip
    actions = [entry[2] for entry in city.log()]
    assert actions.index("release.asked") < actions.index("release.approved")
    assert actions.index("release.approved") < actions.index("release.fulfilled")
    with pytest.raises(ReleaseError, match="only an approved request"):
        fulfil(city.person("clerk"), approved, recipient)


def test_custody_passes_to_the_sheriffs_station_on_record(
    city: Console, asked: Any, recipient: Recipient, key: X25519PrivateKey
) -> None:
    from alpr_city.releases import workflow
    from alpr_city.releases.fulfil import fulfil

    release = workflow.ask(city.person("officer"), **{**WANTED, "agency": "lasd-lost-hills"})
    workflow.approve(city.person("designee"), release, **scope(city, plates=[]))
    package = fulfil(city.person("clerk"), release, recipient)
    release.refresh_from_db()
    assert "Lost Hills" in release.custody
    assert "which retains and manages it from now on" in certificate_of(package, key)
    assert release.reads == 3
    assert last_note(city)[2] == "release.custody"


def certificate_of(package: bytes, key: X25519PrivateKey) -> str:
    import io
    import zipfile

    with zipfile.ZipFile(io.BytesIO(open_sealed.unseal(package, key))) as bag:
        return bag.read("data/CERTIFICATE.txt").decode()


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
