"""The detector over a real log: on record, by tokens made in the vault, decided by the auditor."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from alpr_city.errors import CityError
from tests.city.console import Console
from tests.city.vaults import ACCESS

STAFF = ACCESS | {"action": "misuse", "user": "system", "query": {}}


def search(city: Console, plate: str, user: str = "officer", case: str = "26-1") -> None:
    with city.vault.vault.lock:
        access = ACCESS | {"user": user, "case": case, "query": {"plate": plate}}
        city.vault.vault.tokens(access, plate, [])


def run(city: Console) -> Any:
    from alpr_city.misuse.sweep import sweep
    from alpr_city.people.journal import vault
    from alpr_city.policy import in_force

    return sweep(vault(), STAFF, in_force(), datetime.now(UTC))


def test_a_sweep_that_cannot_be_put_on_record_sees_nothing(city: Console) -> None:
    from alpr_city.people.journal import vault

    with pytest.raises(CityError, match="user"):
        vault().call("uses", STAFF | {"user": ""}, -1, 10, b"salt")


def test_an_own_plate_is_found_and_no_plate_stands_in_the_finding(city: Console) -> None:
    from alpr_city.misuse.models import Finding
    from alpr_city.people.journal import vault

    vault().call("watch_own", STAFF | {"action": "own-plates"}, "officer", ["4can ary"])
    search(city, "4CANARY")
    search(city, "4CANARY", user="prosecutor")
    done = run(city)
    (finding,) = Finding.objects.all()
    assert (finding.user, finding.kind) == ("officer", "own or household plate")
    assert done.new == 1
    assert "4CANARY" not in repr(Finding.objects.values()[0])
    for file in (f for f in city.vault.folder.rglob("*") if f.is_file()):
        assert b"4CANARY" not in file.read_bytes()
    assert run(city).new == 0


def test_plates_that_are_none_are_refused(city: Console) -> None:
    from alpr_city.people.journal import vault

    for plates in (["?"], [""], ["X" * 12], [str(n) for n in range(30)]):
        with pytest.raises(CityError, match="plate"):
            vault().call("watch_own", STAFF, "officer", plates)


def test_a_finding_is_decided_with_a_remark_and_never_by_whom_it_is_about(city: Console) -> None:
    from alpr_city.misuse.models import Finding
    from alpr_city.misuse.sweep import decide

    for n in range(8):
        search(city, f"0TEST{n:02}")
    run(city)
    finding = Finding.objects.get(kind="reused case number")
    assert len(finding.records) == 8
    now = datetime.now(UTC)
    for by, verdict, remark in (
        ("officer", "explained", "mine"),
        ("auditor", "fine", "x"),
        ("auditor", "explained", " "),
    ):
        with pytest.raises(CityError):
            decide(finding, by, verdict, remark, now)
    decide(finding, "auditor", "explained", "one burglary with many cars", now)
    search(city, "0TEST99")
    run(city)
    finding.refresh_from_db()
    assert finding.verdict == ""
    assert len(finding.records) == 9


def test_a_verdict_is_on_record_and_counted_for_the_public(city: Console, auditor: Any) -> None:
    from alpr_city.misuse.models import Finding
    from alpr_city.people.journal import vault
    from alpr_city.public.snapshots import take

    for n in range(8):
        search(city, f"0TEST{n:02}")
    run(city)
    finding = Finding.objects.get(kind="reused case number")
    page = f"/misuse/{finding.pk}/"
    assert auditor.post(page, {"verdict": "misuse", "remark": ""}).status_code == 400
    assert not any(str(b[2]).startswith("misuse.") for b in city.log())
    assert auditor.post(page, {"verdict": "misuse", "remark": "no case"}).status_code == 302
    assert city.log()[-1][2] == "misuse.confirmed"
    told = take(vault()).figures
    assert (told["misuse_findings"], told["misuse_confirmed"], told["misuse_explained"]) == (
        1,
        1,
        0,
    )
