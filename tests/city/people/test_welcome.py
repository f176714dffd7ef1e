"""The link that works once: first sign-in, and recovery with a second person."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

import pytest
from django_otp.oath import TOTP

from alpr_city.errors import PeopleError
from tests.city.console import Console

PHRASE = "marmalade tide eleven gondola"


def invited(city: Console, *, recovery: bool = False) -> str:
    from alpr_city.people import register

    return register.invite(city.person("officer"), "administrator", recovery=recovery)


def sent(client: Any, token: str, password: str) -> Any:
    from django_otp.plugins.otp_totp.models import TOTPDevice

    page = f"/people/welcome/{token}/"
    client.get(page)
    device = TOTPDevice.objects.filter(user__username="officer", confirmed=False).first()
    code = "000000"
    if device is not None:
        totp = TOTP(device.bin_key, device.step, device.t0, device.digits, device.drift)
        totp.time = time.time()
        code = f"{totp.token():06d}"
    return client.post(page, {"password": password, "again": password, "code": code})


@pytest.mark.parametrize(
    ("password", "said"),
    [
        ("short", "too short"),
        ("officer example", "too similar"),
        ("1q2w3e4r5t6y7u8i", "too common"),
        ("passwordpassword", "too common"),
        ("Calabasas Sheriff 2026", "too common"),
        ("aaaaaaaaaaaaaaaaaaaa", "too common"),
        ("abcdefghijklmnop123456789", "too common"),
        ("correct horse battery staple", "too common"),
    ],
)
def test_a_weak_password_is_refused(city: Console, stranger: Any, password: str, said: str) -> None:
    answer = sent(stranger, invited(city), password)
    assert answer.status_code == 400
    assert said in answer.content.decode()


def test_a_link_works_once(city: Console, stranger: Any) -> None:
    token = invited(city)
    assert sent(stranger, token, PHRASE).status_code == 302
    assert stranger.get(f"/people/welcome/{token}/").status_code == 404


def test_a_link_expires_and_a_newer_one_replaces_it(city: Console, stranger: Any) -> None:
    from alpr_city.people.models import Invitation

    old, new = invited(city), invited(city)
    assert stranger.get(f"/people/welcome/{old}/").status_code == 404
    Invitation.objects.update(expires_at=datetime.now(UTC))
    assert stranger.get(f"/people/welcome/{new}/").status_code == 404


def test_recovery_waits_for_another_person_than_asked(city: Console, stranger: Any) -> None:
    from alpr_city.people import register
    from alpr_city.people.models import Invitation

    token = invited(city, recovery=True)
    assert stranger.get(f"/people/welcome/{token}/").status_code == 404
    waiting = Invitation.objects.get()
    for by in ("administrator", "officer"):
        with pytest.raises(PeopleError, match="another person"):
            register.confirm(waiting, by)
    register.confirm(waiting, "designee")
    assert sent(stranger, token, PHRASE).status_code == 302


def test_recovery_ends_the_session_that_was_open(city: Console, officer: Any) -> None:
    assert officer.get("/").status_code == 200
    assert sent(city.client(), invited(city), PHRASE).status_code == 302
    assert officer.get("/").status_code == 302


def test_a_wrong_first_code_changes_nothing(city: Console, stranger: Any) -> None:
    token = invited(city)
    password = PHRASE
    form = {"password": password, "again": password, "code": "000000"}
    assert stranger.post(f"/people/welcome/{token}/", form).status_code == 400
    assert not city.person("officer").check_password(password)


def test_the_qr_code_holds_the_key_that_is_written_beside_it(city: Console, stranger: Any) -> None:
    """Drawn here, in the page itself: an authenticator that reads it makes the right codes."""
    import cv2
    import numpy as np
    import segno
    from django_otp.plugins.otp_totp.models import TOTPDevice

    page = stranger.get(f"/people/welcome/{invited(city)}/")
    assert 'src="data:image/svg+xml' in page.content.decode()
    uri = TOTPDevice.objects.get(user__username="officer", confirmed=False).config_url
    assert page.context["picture"] == segno.make_qr(uri).svg_data_uri(
        scale=4, border=4, light="#fff"
    )
    dots = np.array(
        [[0 if dark else 255 for dark in row] for row in segno.make_qr(uri).matrix_iter(8, 4)],
        np.uint8,
    )
    assert cv2.QRCodeDetector().detectAndDecode(dots)[0] == uri
    assert page.context["key"] in uri
