"""Codes for new cameras in the console; refusals first."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from alpr_city.ca import Authority
from alpr_city.enrolment.codes import codes_of
from alpr_wire.enrolment_code import EnrolmentCode, pin_of
from tests.city.cameras.test_pages import MANAGE
from tests.city.console import ROLES, Console
from tests.city.search.test_pages import proved


def authority_of(city: Console) -> bytes:
    """Make what signs the city's servers; its certificate, DER."""
    made = Authority.create(city.config.files.ca, "Testville")
    city.config.files.services.mkdir(exist_ok=True)
    (city.config.files.services / "servers-ca.pem").write_bytes(made.trust("servers"))
    return x509.load_pem_x509_certificate(made.trust("servers")).public_bytes(Encoding.DER)


def lately(client: Any) -> Any:
    """Somebody who has just shown the second factor."""
    proved(client, 2.0**40)
    return client


@pytest.mark.parametrize("address", ["/cameras/new/code/", "/cameras/new/approve/"])
def test_only_who_enrols_cameras_gets_to_codes(city: Console, address: str) -> None:
    for role in ROLES:
        client = lately(city.client(role))
        assert (client.post(address).status_code != 403) == (role in MANAGE), role
    assert city.client().post(address).status_code == 302


@pytest.mark.parametrize(
    ("camera", "said"),
    [
        ("", "This field is required"),
        ("a/b", "a/b: "),
        ("cam-one", "cam-one is stolen. Give the camera a new name"),
    ],
)
def test_a_code_for_what_cannot_be_a_camera_is_refused(
    city: Console, maintenance: Any, camera: str, said: str
) -> None:
    from alpr_city.reads.models import Camera

    authority_of(city)
    Camera.objects.filter(name="cam-one").update(state="stolen")
    form = {"camera": camera, "site": "Test Road"}
    answer = lately(maintenance).post("/cameras/new/code/", form)
    assert answer.status_code == 400
    assert said in answer.content.decode()
    assert codes_of(city.config).out() == []


def test_without_the_citys_authority_no_code_is_shown(city: Console, maintenance: Any) -> None:
    form = {"camera": "cam-two", "site": "Test Road"}
    answer = lately(maintenance).post("/cameras/new/code/", form)
    assert answer.status_code == 503
    assert "codes cannot be kept on this server now" in answer.content.decode()


def test_a_code_is_shown_once_as_text_and_qr_and_approved_by_another_person(
    city: Console, maintenance: Any, administrator: Any
) -> None:
    der = authority_of(city)
    form = {"camera": "cam-two", "site": "Mulholland Hwy"}
    answer = lately(maintenance).post("/cameras/new/code/", form)
    page = answer.content.decode()
    assert answer.headers["Cache-Control"] == "no-store"
    text = re.search(r'class="plate key">([A-Z2-7-]{54})<', page)
    assert text is not None
    code = EnrolmentCode.parse(text[1])
    assert code.pin == pin_of(der)
    assert f"https://{city.config.broker.host}:8445 --camera cam-two --code {text[1]}" in page
    assert "<svg" in page
    assert city.log()[-1][2] == "camera.code"
    assert text[1] not in str(city.log())

    again = maintenance.get("/cameras/new/code/").content.decode()
    assert text[1] not in again
    assert "waits for a second person" in again
    assert "Approve cam-two" not in again  # who issued it does not approve it
    refused = maintenance.post("/cameras/new/approve/", {"camera": "cam-two"})
    assert refused.status_code == 400
    assert "have another person approve it" in refused.content.decode()

    assert "Approve cam-two" in lately(administrator).get("/cameras/new/code/").content.decode()
    assert administrator.post("/cameras/new/approve/", {"camera": "cam-two"}).status_code == 302
    row = codes_of(city.config).find(code.secret)
    assert row is not None
    assert (row.camera, row.site, row.issued_by) == ("cam-two", "Mulholland Hwy", "maintenance")
    assert (row.approved_by, row.waits) == ("administrator", False)
    assert 0 < row.expires_s - time.time() <= 1800


def test_the_policy_may_do_without_a_second_person(city: Console, maintenance: Any) -> None:
    authority_of(city)
    file = city.config.files.policy / "draft-1.toml"
    text = file.read_text()
    assert "enrolment_second_person = true" in text
    file.write_text(
        text.replace("enrolment_second_person = true", "enrolment_second_person = false")
    )
    form = {"camera": "cam-two", "site": "Test Road"}
    page = lately(maintenance).post("/cameras/new/code/", form).content.decode()
    assert "Another person must approve" not in page
    assert codes_of(city.config).waiting() == []
