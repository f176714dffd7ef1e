"""Headers, cookies and forms: strict for everybody."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from alpr_city.errors import ConfigError
from alpr_city.web.settings import console
from tests.city.console import Console


def test_djangos_own_deployment_check_is_clean(city: Console) -> None:
    from django.core.checks import run_checks

    assert run_checks(include_deployment_checks=True) == []


def test_it_does_not_start_without_its_secret(city: Console) -> None:
    with pytest.raises(ConfigError, match=r"console\.key: is not there"):
        console(city.config, serving=True)
    city.config.files.secret.write_text("short")
    with pytest.raises(ConfigError, match="too short"):
        console(city.config, serving=True)
    city.config.files.secret.write_text("x" * 60)
    assert console(city.config, serving=True)["SECRET_KEY"] == "x" * 60


def test_every_page_has_strict_headers(city: Console, officer: Any, stranger: Any) -> None:
    for answer in (officer.get("/"), stranger.get("/people/sign-in/"), stranger.get("/none")):
        policy = answer["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert "max-age=31536000" in answer["Strict-Transport-Security"]
        assert answer["Cache-Control"] == "no-store"
        assert answer["X-Frame-Options"] == "DENY"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Referrer-Policy"] == "same-origin"


def test_plain_http_is_sent_to_tls(city: Console) -> None:
    from django.test import Client

    answer = Client(headers={"host": city.config.web.host}).get("/")
    assert answer.status_code == 301
    assert answer["Location"].startswith("https://")


def test_another_host_is_refused(city: Console, stranger: Any) -> None:
    answer = stranger.get("/", headers={"host": "evil.example"})
    assert answer.status_code == 400
    assert "evil" not in answer.content.decode()


def test_cookies_are_for_this_host_alone(city: Console, stranger: Any) -> None:
    answer = stranger.get("/people/sign-in/")
    cookie = answer.cookies["__Host-csrf"]
    assert cookie["secure"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Strict"
    assert not cookie["domain"]


def test_a_form_without_its_token_is_refused_with_a_plain_page(city: Console) -> None:
    from django.test import Client

    strict = Client(enforce_csrf_checks=True, headers={"host": city.config.web.host})
    answer = strict.post("/people/sign-in/", {"username": "officer"}, secure=True)
    assert answer.status_code == 403
    assert "Load the page again" in answer.content.decode()


@pytest.mark.parametrize("cookie", ["", "x", "' OR 1=1", "é" * 40, "a" * 3000])
def test_a_tampered_session_is_a_stranger(city: Console, stranger: Any, cookie: str) -> None:
    stranger.cookies["__Host-session"] = cookie
    assert stranger.get("/")["Location"].startswith("/people/sign-in/")


@pytest.mark.parametrize("to", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_sign_in_leads_nowhere_else(city: Console, stranger: Any, to: str) -> None:
    assert to not in stranger.get("/people/sign-in/", {"next": to}).content.decode()


def test_pages_ask_for_nothing_from_elsewhere() -> None:
    root = Path(__file__).parents[3] / "alpr_city"
    for file in [*root.rglob("*.html"), *root.rglob("*.css")]:
        text = file.read_text()
        assert "http://" not in text.replace("http://www.w3.org/", ""), file
        assert "https://" not in text, file
        assert " style=" not in text, file
        assert "<style" not in text, file


def test_a_person_sees_local_time_with_utc_beside(city: Console) -> None:
    from datetime import UTC, datetime

    from alpr_city.web.templatetags.city import both

    assert both(datetime(2026, 11, 25, 6, 5, tzinfo=UTC)) == (
        "2026-11-24 22:05:00 PST (2026-11-25 06:05:00 UTC)"
    )
