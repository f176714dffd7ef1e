"""The register of cameras; refusals first."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from alpr_city.ca import Authority
from tests.city.console import ROLES, Console
from tests.city.party import key_and_request
from tests.city.search.test_pages import proved

VIEW = {"officer", "prosecutor", "clerk", "designee", "auditor", "administrator", "maintenance"}
MANAGE = {"administrator", "maintenance"}


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("/cameras/", VIEW),
        ("/cameras/cam-one/", VIEW),
        ("/cameras/cam-one/edit/", MANAGE),
        ("/cameras/cam-one/out/stolen/", MANAGE),
    ],
)
def test_only_who_may_opens_it(city: Console, address: str, allowed: set[str]) -> None:
    for role in ROLES:
        assert (city.client(role).get(address).status_code != 403) == (role in allowed), role
    assert city.client().get(address).status_code == 302


def test_places_off_the_earth_are_refused(city: Console, maintenance: Any) -> None:
    for latitude, longitude in (("91", "0"), ("0", "-181"), ("nan", "0"), ("x", "y")):
        answer = maintenance.post(
            "/cameras/cam-one/edit/", {"latitude": latitude, "longitude": longitude}
        )
        assert answer.status_code == 400


def test_a_camera_has_a_place_and_stands_on_the_sketch(
    city: Console, maintenance: Any, officer: Any
) -> None:
    form = {"site": "Test Road, north", "direction": "north", "speed_limit_mph": "35"}
    form |= {"latitude": "34.15", "longitude": "-118.64"}
    assert maintenance.post("/cameras/cam-one/edit/", form).status_code == 302
    page = maintenance.get("/cameras/cam-one/").content.decode()
    for said in ("Test Road, north", "35 mph", "34.15", "Ledger", "not measured yet"):
        assert said in page
    assert "cam-one (north)" in officer.get("/search/map/").content.decode()


def test_stolen_is_asked_for_twice_and_then_at_once(
    city: Console, maintenance: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from alpr_city.reads.models import Camera

    authority = Authority.create(city.config.files.ca, "Testville")
    issued = authority.issue_device(key_and_request("cam-one")[1], "cam-one")
    Camera.objects.filter(pk="cam-one").update(serial=str(issued.serial))
    address = "/cameras/cam-one/out/stolen/"
    proved(maintenance, 0.0)
    assert "/people/again/" in maintenance.get(address)["Location"], "asks again first"
    proved(maintenance, 2.0**40)
    maintenance.get(address)
    assert Camera.objects.get(pk="cam-one").state == "active", "a look changes nothing"
    maintenance.post("/cameras/cam-one/out/nonsense/")
    assert Camera.objects.get(pk="cam-one").state == "active"
    maintenance.post(address)
    assert Camera.objects.get(pk="cam-one").state == "stolen"
    assert any(r[2] == "camera.stolen" for r in city.log())
    assert b"This camera is stolen" in maintenance.get("/cameras/cam-one/").content


def test_health_is_kept_thinned_and_plotted(city: Console, maintenance: Any) -> None:
    from alpr_city.cameras.models import Health
    from alpr_city.reads.store import Heard, Intake, Store

    def hear(report: bytes | None, *, online: bool = True) -> None:
        intake = Intake(day=city.day)
        intake.heard["cam-one"] = Heard(online, report)
        Store().commit(intake)

    for rate in (9.0, 10.0, 11.0):
        report = {"camera": {"frames_per_s": rate}}
        hear(json.dumps(report).encode())
    assert Health.objects.count() == 1, "three in a moment are one"
    hear(None, online=False)
    assert Health.objects.count() == 2, "gone is news"
    Health.objects.create(
        camera_id="cam-one",
        at=datetime.now(UTC) - timedelta(hours=5),
        online=True,
        report={"camera": {"frames_per_s": 5.5, "source": "playback"}},
    )
    page = maintenance.get("/cameras/cam-one/").content.decode()
    assert "Frames a second: 9" in page
    assert "<polyline" in page
    hear(b"not json")
    assert maintenance.get("/cameras/cam-one/").status_code == 200
