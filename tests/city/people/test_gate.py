"""Who gets in: nobody without both factors, training, and a role with the right."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django_otp.oath import TOTP

from alpr_city.errors import PeopleError
from tests.city.console import PASSWORD, Console


def code_of(username: str) -> str:
    from django_otp.plugins.otp_totp.models import TOTPDevice

    device = TOTPDevice.objects.get(user__username=username, confirmed=True)
    totp = TOTP(device.bin_key, device.step, device.t0, device.digits, device.drift)
    totp.time = time.time()
    return f"{totp.token():06d}"


def test_a_stranger_is_sent_to_sign_in(stranger: Any) -> None:
    for page in ("/", "/door/", "/people/", "/people/training/", "/door/waiting/"):
        answer = stranger.get(page)
        assert answer.status_code == 302
        assert answer["Location"].startswith("/people/sign-in/")


def test_a_password_alone_opens_nothing(city: Console) -> None:
    client = city.client()
    answer = client.post("/people/sign-in/", {"username": "officer", "password": PASSWORD})
    assert answer["Location"] == "/people/code/"
    assert client.get("/")["Location"].startswith("/people/sign-in/")


def test_both_factors_let_in_and_are_on_record(city: Console) -> None:
    client = city.client()
    client.post("/people/sign-in/", {"username": "Officer", "password": PASSWORD, "next": "/door/"})
    answer = client.post("/people/code/", {"code": code_of("officer")})
    assert answer["Location"] == "/door/"
    assert client.get("/").status_code == 200
    notes = [e[3] for e in city.log() if e[2] == "people.sign-in"]
    assert (notes[-1][1], notes[-1][2]) == ("officer", "signed in")


def test_a_code_works_once(city: Console) -> None:
    code = code_of("officer")
    for expected in (302, 400):
        client = city.client()
        client.post("/people/sign-in/", {"username": "officer", "password": PASSWORD})
        assert client.post("/people/code/", {"code": code}).status_code == expected


def test_wrong_name_and_wrong_password_read_alike(city: Console) -> None:
    def said(username: str) -> str:
        client = city.client()
        form = {"username": username, "password": "wrong wrong wrong"}
        text = client.post("/people/sign-in/", form).content.decode()
        return text[text.index('<div class="fault"') : text.index("<label")]

    assert said("officer") == said("nobody")


def test_five_wrong_tries_lock_the_name_even_with_the_right_password(city: Console) -> None:
    client = city.client()
    for _ in range(5):
        client.post("/people/sign-in/", {"username": "officer", "password": "wrong wrong wrong"})
    answer = client.post("/people/sign-in/", {"username": "officer", "password": PASSWORD})
    assert answer.status_code == 429


def test_wrong_codes_count_towards_the_lock(city: Console) -> None:
    client = city.client()
    client.post("/people/sign-in/", {"username": "officer", "password": PASSWORD})
    for _ in range(6):
        client.post("/people/code/", {"code": "000000"})
    again = city.client()
    form = {"username": "officer", "password": PASSWORD}
    assert again.post("/people/sign-in/", form).status_code == 429


def test_no_sign_in_without_a_record(city: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    from alpr_city.errors import VaultError
    from alpr_city.vault.client import VaultClient

    def gone(*_: object) -> None:
        raise VaultError("the vault does not answer")

    client = city.client()
    client.post("/people/sign-in/", {"username": "officer", "password": PASSWORD})
    monkeypatch.setattr(VaultClient, "call", gone)
    answer = client.post("/people/code/", {"code": code_of("officer")})
    assert answer.status_code == 503
    assert client.get("/")["Location"].startswith("/people/sign-in/")


def test_without_training_a_role_does_not_work_and_the_page_says_which(city: Console) -> None:
    from alpr_city.people.models import Training

    client = city.client("officer")
    assert client.get("/door/").status_code == 200
    Training.objects.filter(person=client.person, course="system").delete()
    answer = client.get("/door/")
    assert answer.status_code == 403
    assert "Use of the ALPR system" in answer.content.decode()
    assert city.log()[-1][2] == "people.refused"


def test_training_expires_and_a_new_version_makes_the_old_one_invalid(city: Console) -> None:
    from alpr_city.people.models import Training

    person = city.person("officer")
    old = datetime.now(UTC) - timedelta(days=366)
    Training.objects.filter(person=person, course="system").update(passed_at=old)
    assert not person.trained("system")
    Training.objects.filter(person=person).update(passed_at=datetime.now(UTC))
    assert person.trained("system")
    file = next(city.config.files.policy.glob("*.toml"))
    text = file.read_text().replace(
        'title = "Use of the ALPR system"\nversion = "1"',
        'title = "Use of the ALPR system"\nversion = "2"',
    )
    file.write_text(text)
    assert not person.trained("system")


def test_suspension_ends_a_session_at_once(city: Console) -> None:
    from alpr_city.people import register

    client = city.client("officer")
    assert client.get("/").status_code == 200
    register.suspend(client.person, "left the service", "administrator")
    assert client.get("/").status_code == 302


def test_a_second_session_ends_the_first(city: Console) -> None:
    first, second = city.client("officer"), city.client("officer")
    assert first.get("/").status_code == 302
    assert second.get("/").status_code == 200


@pytest.mark.parametrize(
    ("field", "age_s", "ends"),
    [
        ("seen_s", 901, True),
        ("seen_s", 840, False),
        ("seen_s", -120, True),  # the clock was set back
        ("began_s", 12 * 3600 + 1, True),
        ("began_s", 12 * 3600 - 60, False),
        ("began_s", -120, True),
    ],
)
def test_a_session_ends(city: Console, field: str, age_s: int, ends: bool) -> None:
    client = city.client("officer")
    session = client.session
    session[field] = time.time() - age_s
    session.save()
    assert (client.get("/").status_code == 302) == ends
    assert (client.get("/").status_code == 302) == ends, "and stays so"


def test_the_second_factor_cannot_be_switched_off(city: Console) -> None:
    """No setting, no page and no lack of devices lets a password alone in."""
    from django.contrib.auth import login
    from django.http import HttpRequest
    from django_otp.plugins.otp_totp.models import TOTPDevice

    from alpr_city.config import load
    from alpr_city.errors import ConfigError
    from alpr_city.people.sessions import begin
    from alpr_city.people.views import BACKEND
    from tests.city.web.test_routes import fill, needed, routes

    settings = city.config.files.path.parent / "city.toml"
    as_it_was = settings.read_text()
    assert "[web]" in as_it_was
    for key in ("mfa", "second_factor", "otp", "debug"):
        settings.write_text(as_it_was.replace("[web]", f"[web]\n{key} = false"))
        with pytest.raises(ConfigError, match=rf"unknown key web\.{key}\."):
            load(settings)
    client, person = city.client(), city.person("officer")
    request = HttpRequest()
    request.session, request.user = client.session, person
    login(request, person, backend=BACKEND)
    begin(request, person)  # everything of a session but the second factor
    client.cookies["__Host-session"] = request.session.session_key
    for name, address, view in routes():
        if needed(view) is not None:
            assert client.get(fill(address)).status_code in (302, 405), name
    TOTPDevice.objects.filter(user=person).delete()
    bare = city.client()
    bare.post("/people/sign-in/", {"username": "officer", "password": PASSWORD})
    for code in ("", "000000", "123456"):
        assert bare.post("/people/code/", {"code": code}).status_code == 400
    assert bare.get("/")["Location"].startswith("/people/sign-in/")


def test_who_loses_the_second_factor_loses_the_session(city: Console) -> None:
    from django_otp.plugins.otp_totp.models import TOTPDevice

    client = city.client("officer")
    assert client.get("/").status_code == 200
    TOTPDevice.objects.filter(user=client.person).delete()
    assert client.get("/").status_code == 302


def test_suspension_by_page_ends_the_session_and_bars_the_way_back(
    city: Console, administrator: Any
) -> None:
    officer = city.client("officer")
    city.grant(officer)
    change = "/people/account/officer/change/"
    assert administrator.post(change, {"do": "suspend", "reason": " "}).status_code == 400
    assert officer.get("/search/").status_code == 200
    assert administrator.post(change, {"do": "suspend", "reason": "left"}).status_code == 302
    assert officer.get("/search/")["Location"].startswith("/people/sign-in/")
    again = city.client()
    again.post("/people/sign-in/", {"username": "officer", "password": PASSWORD})
    assert again.get("/people/code/")["Location"].startswith("/people/sign-in/")
    assert "people.suspension" in [e[2] for e in city.log()]


def test_a_suspended_organisation_bars_all_its_people(city: Console) -> None:
    from alpr_city.people.models import Organisation

    client = city.client("officer")
    Organisation.objects.filter(pk=client.person.organisation_id).update(active=False)
    assert client.get("/").status_code == 302


def test_nobody_holds_both_sides_of_a_control(city: Console) -> None:
    from alpr_city.people import register

    for username, role in (("auditor", "designee"), ("administrator", "prosecutor")):
        with pytest.raises(PeopleError, match="both sides of a control"):
            register.appoint(city.person(username), role, "setup")


def test_federal_and_private_organisations_are_refused_and_that_is_on_record(city: Console) -> None:
    from alpr_city.people import register

    for kind in ("federal", "private", "out-of-state"):
        with pytest.raises(PeopleError, match=r"1798\.90\.55"):
            register.organisation("Elsewhere", kind, "administrator")
        assert city.log()[-1][2] == "people.refused"


def test_nobody_gives_themselves_a_role_or_training(city: Console) -> None:
    from alpr_city.people import register

    with pytest.raises(PeopleError, match="themselves"):
        register.appoint(city.person("administrator"), "maintenance", "administrator")
    with pytest.raises(PeopleError, match="their own"):
        register.train(city.person("designee"), "privacy", "designee")


def test_what_is_typed_as_a_name_of_nobody_is_not_kept(city: Console) -> None:
    client = city.client()
    client.post("/people/sign-in/", {"username": "my secret phrase", "password": "x"})
    assert "my secret" not in repr(city.log())
    assert city.log()[-1][3][1] == "unknown"
