"""A release on its way through the console's pages."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.core.files.uploadedfile import SimpleUploadedFile

from alpr_city.evidence import open_sealed
from tests.city.console import Console
from tests.city.releases.conftest import LETTER, WANTED


def form(**changes: Any) -> dict[str, Any]:
    wanted = {k: v for k, v in WANTED.items() if k != "document"}
    return {**wanted, "letter": SimpleUploadedFile("letter.pdf", LETTER), **changes}


def prove_presence(client: Any) -> None:
    import time

    session = client.session
    session["proved_s"] = time.time()
    session.save()


@pytest.mark.parametrize(
    ("who", "page"),
    [
        ("clerk", "/releases/"),
        ("officer", "/releases/waiting/"),
        ("clerk", "/releases/waiting/"),
        ("officer", "/releases/approved/"),
        ("designee", "/releases/approved/"),
        ("maintenance", "/releases/approved/"),
    ],
)
def test_each_step_is_another_persons(
    request: pytest.FixtureRequest, asked: Any, who: str, page: str
) -> None:
    client = request.getfixturevalue(who)
    assert client.get(page).status_code == 403
    if page != "/releases/":
        assert client.post(f"{page}{asked.pk}/", {"do": "approve"}).status_code == 403


def test_an_agency_outside_the_list_is_refused_on_the_page(city: Console, officer: Any) -> None:
    answer = officer.post("/releases/", form(agency="-"))
    assert answer.status_code == 400
    assert "only California public agencies" in answer.content.decode()
    assert city.log()[-1][2] == "release.refused"


def test_a_key_that_is_none_makes_nothing(clerk: Any, approved: Any) -> None:
    prove_presence(clerk)
    page = f"/releases/approved/{approved.pk}/"
    answer = clerk.post(page, {"key": "no key", "compared": "on"})
    assert answer.status_code == 400
    assert "no public key in PEM" in answer.content.decode()


def test_making_a_release_asks_for_the_second_factor_again(clerk: Any, approved: Any) -> None:
    answer = clerk.get(f"/releases/approved/{approved.pk}/")
    assert answer.status_code in (200, 302)
    session = clerk.session
    session["proved_s"] = 0.0
    session.save()
    answer = clerk.post(f"/releases/approved/{approved.pk}/", {})
    assert answer.status_code == 302
    assert answer["Location"].startswith("/people/again/")


def test_a_release_goes_from_letter_to_package(
    city: Console, officer: Any, designee: Any, clerk: Any, key: X25519PrivateKey
) -> None:
    from alpr_city.releases.models import Release

    root = city.vault.root.public_key().public_bytes_raw()
    city.config.files.root_public.write_bytes(root)
    assert officer.post("/releases/", form()).status_code == 302
    (release,) = Release.objects.all()
    page = f"/releases/waiting/{release.pk}/"
    assert "where 0TEST00 was seen" in designee.get(page).content.decode()
    assert designee.get(f"{page}letter/").content == LETTER
    bounds = {"cameras": ["cam-one"], "first": "2026-01-01", "last": "2099-01-01"}
    wrong = designee.post(page, {**bounds, "do": "approve", "plates": "0-TEST"})
    assert "2 to 16" in wrong.content.decode()
    answer = designee.post(page, {**bounds, "do": "approve", "plates": "0test00"})
    assert answer.status_code == 302
    prove_presence(clerk)
    pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    made = f"/releases/approved/{release.pk}/"
    shown = clerk.post(made, {"key": pem.decode()})  # not compared yet: shows the fingerprint
    assert "Fingerprint of this key" in shown.content.decode()
    answer = clerk.post(made, {"key": pem.decode(), "compared": "on"})
    assert answer["Content-Disposition"].endswith('.sealed"')
    assert open_sealed.unseal(answer.content, key)
    done = clerk.get(made).content.decode()
    assert "1 read, access record" in done
    assert "Seal it again" in done
    assert "0TEST00" not in done
    answer = clerk.post(made, {"key": pem.decode(), "compared": "on"})
    assert open_sealed.unseal(answer.content, key)
    other = X25519PrivateKey.generate().public_key()
    pem = other.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    answer = clerk.post(made, {"key": pem.decode(), "compared": "on"})
    assert answer.status_code == 400
    assert "and no other" in answer.content.decode()
    assert clerk.get(made).content.decode().count('class="hash"') == 2


def test_the_designee_files_a_memorandum_with_its_document(
    city: Console, designee: Any, clerk: Any
) -> None:
    def said(**changes: Any) -> dict[str, Any]:
        document = SimpleUploadedFile("agreement.pdf", LETTER)
        about = {"agency": "chp", "title": "of 2026", "signed_on": "2026-01-01"}
        return {**about, "expires_on": "2099-01-01", "document": document, **changes}

    for changes in ({"document": ""}, {"document": SimpleUploadedFile("a.pdf", b"GIF89a")}):
        assert designee.post("/releases/waiting/", said(**changes)).status_code == 400
    assert designee.post("/releases/waiting/", said()).status_code == 302
    page = designee.get("/releases/waiting/").content.decode()
    assert "/releases/memoranda/1/" in page
    assert designee.get("/releases/memoranda/1/").content == LETTER
    assert clerk.get("/releases/memoranda/1/").status_code == 403
    assert city.log()[-1][2] == "people.refused"
