"""A request for counts on its way through the console: refusals first."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from alpr_city.errors import ReleaseError
from tests.city.console import Console

PLATES = {"requester": "A. Citizen", "kind": "plates", "cameras": ["cam-one"]}


def form(city: Console, **changes: Any) -> dict[str, Any]:
    yesterday = str(city.day - timedelta(days=2))
    return {**PLATES, "first": yesterday, "last": yesterday, **changes}


def test_a_plate_is_refused_and_the_refusal_is_on_record(city: Console, clerk: Any) -> None:
    answer = clerk.post("/aggregates/", form(city, kind="reads"))
    assert answer.status_code == 400
    assert "never a plate, never a picture" in answer.content.decode()
    assert city.log()[-1][2] == "aggregate.refused"


def test_today_is_refused(city: Console, clerk: Any) -> None:
    answer = clerk.post("/aggregates/", form(city, last=str(city.day)))
    assert "the period is not over" in answer.content.decode()


def test_who_entered_a_request_does_not_approve_it(city: Console, clerk: Any) -> None:
    from alpr_city.aggregates import requests
    from alpr_city.aggregates.models import AggregateRequest
    from alpr_city.people.journal import vault

    clerk.post("/aggregates/", form(city))
    (asked,) = AggregateRequest.objects.all()
    for decide in (requests.approve, lambda *a: requests.refuse(*a, "no")):
        with pytest.raises(ReleaseError, match="does not decide on it"):
            decide(vault(), clerk.person.username, asked)
    assert clerk.post(f"/aggregates/waiting/{asked.pk}/", {"do": "approve"}).status_code == 403


@pytest.mark.parametrize("who", ["officer", "auditor", "stranger"])
def test_others_see_no_request(request: pytest.FixtureRequest, who: str) -> None:
    client = request.getfixturevalue(who)
    for page in ("/aggregates/", "/aggregates/waiting/"):
        assert client.get(page).status_code in (302, 403)


def test_a_request_is_answered_once_by_another_person(
    city: Console, clerk: Any, designee: Any
) -> None:
    from alpr_city.aggregates.models import AggregateRequest

    clerk.post("/aggregates/", form(city))
    (asked,) = AggregateRequest.objects.all()
    page = f"/aggregates/waiting/{asked.pk}/"
    assert designee.get("/aggregates/waiting/").status_code == 200
    assert designee.post(page, {"do": "approve"}).status_code == 302
    shown = clerk.get(f"/aggregates/{asked.pk}/").content.decode()
    assert "withheld" in shown
    assert "0TEST00" not in shown
    assert designee.post(page, {"do": "approve"}).status_code == 409
    assert "aggregate.answered" in [entry[2] for entry in city.log()]


def test_counting_opens_nothing_and_tells_vehicles_apart(city: Console) -> None:
    from alpr_city.aggregates.counting import plates

    before = len(city.log())
    found = plates("cam-one", city.day)
    assert found.count >= found.vehicles > 1
    assert plates("cam-one", city.day - timedelta(days=40)).count == 0
    assert len(city.log()) == before
