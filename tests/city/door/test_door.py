"""The one door: no reason, no look."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.http import HttpRequest

from tests.city.console import Console


def form(city: Console, **changes: Any) -> dict[str, Any]:
    return {
        "purpose": "criminal",
        "case": "26-01234",
        "reason": "silver saloon left a burglary on Mureau Road, which way it went",
        "first": str(city.day - timedelta(days=6)),
        "last": str(city.day),
        "next": "/door/",
        **changes,
    }


def door_of(client: Any) -> Any:
    from alpr_city.door.door import Door

    request = HttpRequest()
    request.session, request.person = client.session, client.person
    return Door.of(request)


@pytest.mark.parametrize("who", ["clerk", "designee", "auditor", "administrator", "maintenance"])
def test_the_reason_form_is_not_for(city: Console, who: str) -> None:
    assert city.client(who).post("/door/", form(city)).status_code == 403


@pytest.mark.parametrize(
    ("field", "value", "help_"),
    [
        ("purpose", "immigration", "Select a valid choice"),
        ("purpose", "retention", "Select a valid choice"),
        ("case", "", "required"),
        ("case", "x", "for example 26-01234"),
        ("reason", "investigation", "says too little"),
        ("reason", "official police business case investigation", "says too little"),
        ("reason", "burglary car burglary car burglary car burglary car", "repeats itself"),
        ("last", "2020-01-01", "before the first"),
        ("first", "soon", "valid date"),
    ],
)
def test_a_thin_reason_is_refused_with_help_and_on_record(
    city: Console, officer: Any, field: str, value: str, help_: str
) -> None:
    answer = officer.post("/door/", form(city, **{field: value}))
    assert answer.status_code == 400
    assert help_ in answer.content.decode()
    assert city.log()[-1][2] == "door.refused"
    assert "grant" not in officer.session


def test_code_enforcement_is_a_purpose_of_city_staff_alone(
    city: Console, officer: Any, prosecutor: Any
) -> None:
    for purpose in ("code-enforcement", "civil"):
        asked = form(city, purpose=purpose)
        assert purpose not in officer.get("/door/").content.decode()
        assert officer.post("/door/", asked).status_code == 400
        assert city.log()[-1][2] == "door.refused"
        assert prosecutor.post("/door/", {**asked, "next": ""}).status_code == 302


def test_boilerplate_for_case_after_case_is_refused(city: Console, officer: Any) -> None:
    for number in range(3):
        case = f"26-0100{number}"
        assert officer.post("/door/", form(city, case=case)).status_code == 302
    answer = officer.post("/door/", form(city, case="26-01009"))
    assert "these very words for 3 other cases" in answer.content.decode()


def test_a_reason_opens_the_door_and_narrows_it(city: Console, officer: Any) -> None:
    from alpr_city.door.door import OutsideGrantError

    officer.post("/door/", form(city, cameras=["cam-one"]))
    door = door_of(officer)
    access = door.access("search", {"plate": "0TEST00", "first": city.day, "camera": "cam-one"})
    assert access["user"] == "officer"
    assert access["organisation"] == "Testville Sheriff"
    assert (access["purpose"], access["case"], access["policy"]) == (
        "criminal",
        "26-01234",
        "draft-1",
    )
    assert access["query"]["first"] == str(city.day)
    for outside in (
        {"first": city.day - timedelta(days=7)},
        {"last": city.day + timedelta(days=1)},
        {"camera": "cam-two"},
        {"cameras": ["cam-one", "cam-two"]},
        {"cameras": []},
    ):
        with pytest.raises(OutsideGrantError):
            door.access("search", outside)
        assert city.log()[-1][2] == "door.outside"


def test_pages_run_out(city: Console, officer: Any) -> None:
    from alpr_city.door.door import NoGrantError

    city.grant(officer, pages_left=2)
    door = door_of(officer)
    door.access("view", {})
    door.access("view", {})
    with pytest.raises(NoGrantError, match="used up"):
        door.access("view", {})


@pytest.mark.parametrize(
    "change",
    [
        {"pages_left": 0},
        {"expires_at": datetime(2026, 1, 1, tzinfo=UTC)},
        {"broad": True},
        {"session": "another"},
    ],
)
def test_a_grant_that_is_over_or_not_agreed_opens_nothing(
    city: Console, officer: Any, change: dict[str, Any]
) -> None:
    from alpr_city.door.door import NoGrantError

    made = city.grant(officer)
    type(made).objects.filter(pk=made.pk).update(**change)
    with pytest.raises(NoGrantError):
        door_of(officer)


def test_a_reason_given_under_an_earlier_policy_opens_nothing(city: Console, officer: Any) -> None:
    city.grant(officer)
    assert officer.post("/search/", {"plate": "0TEST00"}).status_code == 200
    file = city.config.files.policy / "draft-1.toml"
    later = file.read_text().replace('"draft-1"', '"2"', 1).replace("2026-01-01T", "2026-02-01T", 1)
    (file.parent / "2.toml").write_text(later)
    answer = officer.post("/search/", {"plate": "0TEST00"})
    assert answer.status_code == 302
    assert answer["Location"].startswith("/door/")


def test_another_persons_grant_opens_nothing(city: Console, officer: Any, prosecutor: Any) -> None:
    from alpr_city.door.door import NoGrantError

    made = city.grant(prosecutor)
    session = officer.session
    session["grant"] = made.pk
    session.save()
    with pytest.raises(NoGrantError):
        door_of(officer)


def test_a_broad_request_waits_for_another_person(
    city: Console, officer: Any, designee: Any
) -> None:
    from alpr_city.door.door import NoGrantError
    from alpr_city.door.models import Grant

    first = str(city.day - timedelta(days=120))
    answer = officer.post("/door/", form(city, first=first))
    assert answer["Location"] == "/door/"
    assert "awaits a second person" in officer.get("/door/").content.decode()
    with pytest.raises(NoGrantError, match="second person"):
        door_of(officer)
    grant = Grant.objects.get()
    assert officer.post(f"/door/waiting/{grant.pk}/", {"do": "approve"}).status_code == 403
    assert "Mureau Road" in designee.get("/door/waiting/").content.decode()
    designee.post(f"/door/waiting/{grant.pk}/", {"do": "approve"})
    assert door_of(officer).access("search", {})["approver"] == "designee"


def test_reasons_given_anew_for_one_case_add_up_until_a_second_person_agrees(
    city: Console, officer: Any, designee: Any
) -> None:
    from alpr_city.door.models import Grant
    from alpr_city.policy import in_force

    limits = in_force()
    for _ in range(limits.second_person.pages // limits.grants.pages):
        officer.post("/door/", form(city))
        door = door_of(officer)
        for _ in range(limits.grants.pages):
            door.access("search", {})
    officer.post("/door/", form(city, case="26-09999"))
    assert not Grant.objects.latest("pk").broad, "another case has pages of its own"
    officer.post("/door/", form(city))
    grant = Grant.objects.latest("pk")
    assert grant.broad
    assert not grant.usable
    designee.post(f"/door/waiting/{grant.pk}/", {"do": "approve"})
    assert door_of(officer).access("search", {})["approver"] == "designee"
    officer.post("/door/", form(city))
    assert not Grant.objects.latest("pk").broad, "counted anew since somebody agreed"


def test_a_refused_broad_request_says_why(city: Console, officer: Any, designee: Any) -> None:
    from alpr_city.door.models import Grant

    officer.post("/door/", form(city, first=str(city.day - timedelta(days=120))))
    number = Grant.objects.get().pk
    designee.post(f"/door/waiting/{number}/", {"do": "refuse", "reason": "too wide for a theft"})
    assert "too wide for a theft" in officer.get("/door/").content.decode()


def test_work_outside_the_policys_purposes_is_refused_and_on_record(
    city: Console, clerk: Any
) -> None:
    from alpr_city.door.door import staff
    from alpr_city.errors import DoorError

    with pytest.raises(DoorError, match="no purpose curiosity"):
        staff(clerk.person, action="x", purpose="curiosity", case="1", reason="", query={})
    assert city.log()[-1][2] == "door.refused"
