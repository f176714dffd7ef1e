"""Every address of the console: who may open it, and what hostile strings do to it (nothing)."""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alpr_city.policy.load import load
from alpr_city.policy.rights import PLATES
from alpr_city.policy.store import EXAMPLE
from tests.city.console import PLATES as PLATE_TEXTS
from tests.city.console import ROLES, Console
from tests.city.releases.conftest import WANTED

PUBLIC = {
    "people:sign-in",
    "people:code",
    "people:sign-out",
    "people:welcome",
    "otp_webauthn:credential-authentication-begin",
    "otp_webauthn:credential-authentication-complete",
    "otp_webauthn:js-i18n-catalog",
}
"""Open to nobody in particular; the public room's pages are open too."""
VALUES = {
    "str": "nobody-here",
    "int": "987654",
    "slug": "no-such",
    "uuid": "0" * 8 + "-0000" * 3 + "-" + "0" * 12,
}
HOSTILE = st.one_of(
    st.text(max_size=60),
    st.sampled_from(
        [
            "' OR 1=1 --",
            "<script>alert(1)</script>",
            "{{ 7*7 }}",
            "../../etc/passwd",
            "%00",
            "\x00",
            "\ud800".encode("utf-16", "surrogatepass").decode("latin-1"),
            "9" * 400,
            "-1",
            "=cmd|' /C calc'!A0",
        ]
    ),
)


def routes() -> Iterator[tuple[str, str, Any]]:
    """(name, address, view) of every page."""
    from django.urls import get_resolver

    yield from _walk(get_resolver().url_patterns, "/", "")


def _walk(patterns: Any, before: str, space: str) -> Iterator[tuple[str, str, Any]]:
    for pattern in patterns:
        address = before + str(pattern.pattern)
        if hasattr(pattern, "url_patterns"):
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from _walk(pattern.url_patterns, address, inner)
        else:
            yield f"{space}{pattern.name}", address, pattern.callback


def fill(address: str, **real: str) -> str:
    return re.sub(
        r"<(?:(\w+):)?(\w+)>", lambda m: real.get(m[2]) or VALUES.get(m[1] or "str", "x"), address
    )


def needed(view: Any) -> str | None:
    """The right a view asks for; None where it asks nothing."""
    right = getattr(view, "needs", None)
    if right is None and hasattr(view, "view_class"):
        right = getattr(view.view_class, "needs", None)
    return right


def test_every_page_names_the_right_it_needs(city: Console) -> None:
    bare = [
        name
        for name, _, view in routes()
        if needed(view) is None and name not in PUBLIC and not name.startswith("public:")
    ]
    assert bare == []


def ask(client: Any, address: str) -> Any:
    """The page, asked for as it wants to be."""
    answer = client.get(fill(address))
    return client.post(fill(address)) if answer.status_code == 405 else answer


def test_a_stranger_opens_no_page(city: Console, stranger: Any) -> None:
    for name, address, view in routes():
        if needed(view) is None:
            continue
        for method in (stranger.get, stranger.post):
            answer = method(fill(address))
            if answer.status_code == 405:
                continue
            assert answer.status_code == 302, name
            assert answer["Location"].startswith("/people/sign-in/"), name


@pytest.mark.parametrize("who", sorted(ROLES))
def test_roles_open_their_own_pages_and_no_others(city: Console, who: str) -> None:
    """The full matrix: the policy's rights of a role against every page."""
    rights = load(EXAMPLE).roles[ROLES[who][0]].rights
    client = city.client(who)
    for name, address, view in routes():
        right = needed(view)
        if not right:
            continue
        status = ask(client, address).status_code
        if right in rights:
            assert status not in (403, 500), f"{who} at {name}"
        else:
            assert status == 403, f"{who} at {name}"


def test_an_untrained_person_opens_no_page_that_needs_a_right(city: Console) -> None:
    from alpr_city.people.models import Training

    Training.objects.all().delete()
    client = city.client("officer")
    assert all(
        ask(client, address).status_code == 403 for _, address, view in routes() if needed(view)
    )


def hostile_pages(city: Console) -> list[tuple[Any, str, str]]:
    clients = {who: city.client(who) for who in ROLES}
    policy = load(EXAMPLE)
    found = []
    for name, address, view in routes():
        right = needed(view)
        who = next((w for w in ROLES if right in policy.roles[ROLES[w][0]].rights), "clerk")
        found.append((clients[who], name, address))
    city.grant(clients["officer"], pages_left=100_000)
    return found


def test_hostile_strings_fail_no_page(city: Console) -> None:
    pages = [p for p in hostile_pages(city) if p[1] != "people:sign-out"]
    names = ["username", "name", "plate", "text", "pattern", "case", "reason", "seq", "first"]
    names += ["last", "next", "do", "role", "cameras", "camera", "code", "purpose", "day", "page"]

    def send(page: tuple[Any, str, str], form: dict[str, str]) -> None:
        client, name, address = page
        client.raise_request_exception = False
        for method in (client.get, client.post):
            answer = method(fill(address), form)
            assert answer.status_code != 500, (name, form)
            if answer.streaming:
                answer.close()
            else:
                assert b"Traceback" not in answer.content

    for page in pages:
        for text in ("' OR 1=1 --\x00", "9" * 400):
            send(page, dict.fromkeys(names, text))

    @settings(max_examples=40, suppress_health_check=list(HealthCheck))
    @given(st.sampled_from(pages), st.dictionaries(st.sampled_from(names), HOSTILE, max_size=6))
    def hostile(page: tuple[Any, str, str], form: dict[str, str]) -> None:
        send(page, form)

    hostile()


def test_numbers_that_no_database_holds_are_no_pages(city: Console) -> None:
    for client, name, address in hostile_pages(city):
        if "<int:" not in address:
            continue
        client.raise_request_exception = False
        parts = re.findall(r"<int:\w+>", address)
        for number, part in itertools.product((str(2**63), "9" * 400), parts):
            page = re.sub(r"<int:\w+>", "1", address.replace(part, number))
            for method in (client.get, client.post):
                assert method(fill(page)).status_code in (302, 400, 404, 405), (name, number)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"\xff\xfe\x00plate=\xd8", "application/x-www-form-urlencoded; charset=utf-16"),
        (b"plate=%ff%fe", "application/x-www-form-urlencoded"),
        (b"--x\r\nbroken", "multipart/form-data; boundary=x"),
        (b"{]", "application/json"),
        (b"a=1&" * 600, "application/x-www-form-urlencoded"),
    ],
)
def test_malformed_bodies_get_a_plain_page(
    city: Console, officer: Any, body: bytes, kind: str
) -> None:
    officer.raise_request_exception = False
    answer = officer.generic("POST", "/door/", body, kind)
    assert answer.status_code in (400, 413)
    assert b"Traceback" not in answer.content


def test_ten_megabytes_are_refused_with_a_clear_page(city: Console, officer: Any) -> None:
    body = b"reason=" + b"x" * (10 << 20)
    kind = "application/x-www-form-urlencoded"
    answer = officer.post("/door/", data=body, content_type=kind)
    assert answer.status_code == 413
    assert "larger than this page takes" in answer.content.decode()


SHOWS_PLATES = {
    "search:search",
    "search:place",
    "search:found",
    "search:read",
    "retention:look",
    "hits:card",
    "logbook:unmask",
    "releases:decide",
    "releases:letter",
}
"""Every page that can show a plate, or what an agency wrote of one; there is no other."""
LETTER_PLATE = "5LETTER"
ENDS = {"people:sign-out", "hits:live", "retention:release", "hotlists:drop", "cameras:out"}
"""What would take away what the others are to show, or never ends."""


def test_every_page_that_can_show_a_plate_is_listed_and_shows_none_without_a_record(
    city: Console,
) -> None:
    """All pages, as somebody who may open them: first without a record, then with one."""
    from alpr_city.search.models import Run
    from tests.city.browser.lived import lived
    from tests.city.hits.test_pages import PLATE
    from tests.city.search.test_pages import proved

    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(WANTED, "document", b"%PDF-1.4 " + LETTER_PLATE.encode())
        real = lived(city)
    texts = [text.encode() for text in (*PLATE_TEXTS, PLATE, "0TEST07", LETTER_PLATE)]
    asked = next(seq for seq, body in enumerate(city.log()) if body.get(6) == "26-0")
    day = str(city.day)
    form = {
        "plate": PLATE_TEXTS[0],
        "camera": "cam-one",
        "since": f"{day}T00:00Z",
        "until": f"{day}T23:59Z",
        "seq": str(asked),
        "reason": "monthly audit of the log",
    }
    clients: dict[str, Any] = {}
    for who in ROLES:
        clients[who] = client = city.client(who)
        client.raise_request_exception = False
        proved(client, 2.0**40)
        if client.person.rights() & PLATES:
            made = city.grant(client, pages_left=1000)
            if who == "officer":
                Run.objects.update(grant=made.pk, person=client.person)
    real["releases:letter"] = real["releases:decide"]

    def shown() -> tuple[set[str], set[str]]:
        """Pages that show a plate; of these, those that wrote nothing meanwhile."""
        found, silent = set(), set()
        for name, address, view in routes():
            right = needed(view)
            if name in ENDS:
                continue
            # Rights decide what a page shows: one person who has them stands for all.
            client = next(c for c in clients.values() if not right or right in c.person.rights())
            page = fill(address, **real.get(name, {}))
            for ask in (client.get, lambda p, c=client: c.post(p, form)):
                before = len(city.log())
                answer = ask(page)
                content = b"".join(answer) if answer.streaming else answer.content
                if any(t in content for t in texts) or b"data:image/jpeg" in content:
                    found.add(name)
                    silent |= {name} if len(city.log()) <= before else set()
        return found, silent

    with city.vault.vault.lock:
        city.vault.vault.log._db.execute("PRAGMA query_only = ON")
    assert shown()[0] == set(), "nothing without a record"
    with city.vault.vault.lock:
        city.vault.vault.log._db.execute("PRAGMA query_only = OFF")
    assert shown() == (SHOWS_PLATES, set())


WEIGHTY = {
    "search:export",
    "retention:release",
    "retention:approve",
    "logbook:unmask",
    "cameras:out",
    "people:change",
    "evidence:export",
    "releases:make",
    "factors",
    "otp_webauthn:credential-registration-begin",
    "otp_webauthn:credential-registration-complete",
}


def test_what_is_weighty_asks_for_the_second_factor_again(city: Console) -> None:
    """All of it, and nothing is done or shown before."""
    from tests.city.search.test_pages import proved

    fresh = {name: (a, view) for name, a, view in routes() if getattr(view, "fresh", False)}
    assert set(fresh) >= WEIGHTY
    for name, (address, view) in fresh.items():
        right = needed(view)
        policy = load(EXAMPLE)
        who = next(w for w in ROLES if not right or right in policy.roles[ROLES[w][0]].rights)
        client = city.client(who)
        for ago_s in (301.0, 2.0**40):
            proved(client, time.time() - ago_s)
            for method in (client.get, client.post):
                answer = method(fill(address))
                if answer.status_code == 405:
                    continue
                assert answer.status_code == 302, name
                assert answer["Location"].startswith("/people/again/"), name
