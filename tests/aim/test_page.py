"""The page: who gets in, and that it ends."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from alpr_edge.aim.page import Page


@dataclass
class Over:
    """A session as the page sees it."""

    left_s: float = 900.0
    shown: None = field(default=None)


@pytest.fixture
def session() -> Over:
    return Over()


@pytest.fixture
def page(session: Over) -> Iterator[Page]:
    made = Page(session)  # type: ignore[arg-type]
    yield made
    made.close()


def ask(
    page: Page, method: str = "GET", body: str | None = None, **headers: str
) -> tuple[int, str, str]:
    link = http.client.HTTPConnection("127.0.0.1", page.port, timeout=60)
    link.request(method, "/", body, headers)
    answer = link.getresponse()
    cookie = (answer.getheader("Set-Cookie") or "").partition(";")[0]
    text = answer.read().decode()
    link.close()
    return answer.status, text, cookie


def test_without_the_pin_there_is_only_the_form(page: Page) -> None:
    status, text, _ = ask(page)
    assert status == 200
    assert 'name="pin"' in text
    assert "waiting" not in text


def test_the_pin_opens_once(page: Page) -> None:
    status, _, cookie = ask(page, "POST", f"pin={page.pin}")
    assert status == 303
    assert "waiting for the first frame" in ask(page, Cookie=cookie)[1]
    assert ask(page, "POST", f"pin={page.pin}")[0] == 403
    assert "waiting" not in ask(page, Cookie="aim=guessed")[1]


def test_three_wrong_pins_close_it_for_good(page: Page) -> None:
    wrong = f"{(int(page.pin) + 1) % 10**8:08}"
    for _ in range(3):
        assert ask(page, "POST", f"pin={wrong}")[0] == 403
    assert ask(page, "POST", f"pin={page.pin}")[0] == 403


def test_another_name_for_our_address_gets_nothing(page: Page) -> None:
    assert ask(page, Host="evil.test:80")[0] == 403


def test_it_ends_with_the_session(page: Page, session: Over) -> None:
    _, _, cookie = ask(page, "POST", f"pin={page.pin}")
    session.left_s = 0.0
    assert "waiting" not in ask(page, Cookie=cookie)[1]


def test_it_listens_on_the_loopback_address_alone(page: Page) -> None:
    assert page._server.server_address[0] == "127.0.0.1"
