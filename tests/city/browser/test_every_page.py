"""Every page that can be opened: what axe finds, and whether it fits a phone."""

from __future__ import annotations

from typing import Any

from alpr_city.policy.load import load
from alpr_city.policy.store import EXAMPLE
from tests.city.browser.conftest import before
from tests.city.browser.lived import lived
from tests.city.console import ROLES, Console
from tests.city.search.test_pages import proved
from tests.city.web.test_routes import fill, needed, routes

FOR_OFFICERS = ("search.", "read.", "hit.")
NOT_PAGES = {
    "search:progress",  # leads on to what was found once it is done
    "hits:live",
    "public:figures",
    "public:policy",
    "public:program",
    "otp_webauthn:js-i18n-catalog",
    "releases:letter",
    "audits:pdf",
}
LEAST = 40
"""Pages with something on them; fewer, and this test has lost its way."""


def pages(city: Console) -> list[tuple[str, str, str]]:
    """(page, address, who opens it); of those that answer a GET with a page."""
    rights = {who: load(EXAMPLE).roles[role].rights for who, (role, _) in ROLES.items()}
    real = lived(city)
    clients: dict[str, Any] = {who: city.client(who) for who in ROLES}
    for client in clients.values():
        proved(client, 2.0**40)
    _lend(city, clients["officer"])
    found = []
    for name, pattern, view in routes():
        right = needed(view)
        who = next((w for w in ROLES if not right or right in rights[w]), "")
        if right is None:
            who = "stranger"
        if name in NOT_PAGES or not who:
            continue
        address = fill(pattern, **real.get(name, {}))
        client = city.client() if who == "stranger" else clients[who]
        answer = client.get(address)
        if answer.status_code == 200 and "text/html" in answer["Content-Type"]:
            found.append((name, address, who))
    return sorted(found, key=lambda page: page[2])


def _lend(city: Console, client: Any) -> None:
    """A grant, and with it the search that was made under another."""
    from alpr_city.search.models import Run

    Run.objects.update(grant=city.grant(client, pages_left=1000).pk, person=client.person)


def test_no_page_has_a_serious_fault_and_each_fits_a_phone(
    shared: tuple[Console, str], browser: Any
) -> None:
    city, root = shared
    reader = before(browser, root)
    found, faults, now = pages(city), {}, ""
    assert len(found) >= LEAST
    for name, address, who in found:
        if who != now:
            reader = before(browser, root)
            if who != "stranger":
                client = reader.become(city, who)
                proved(client, 2.0**40)
                if any(r.startswith(FOR_OFFICERS) for r in client.person.rights()):
                    _lend(city, client)
            now = who
        reader.width(1200)
        reader.open(address)
        signed_in = bool(reader.driver.find_elements("css selector", "form.who"))
        assert signed_in == (who != "stranger"), f"{name}: {reader.driver.title}"
        assert reader.driver.find_elements("tag name", "h1"), name
        reader.shot(f"page-{name.replace(':', '-')}")
        wrong = reader.faults()
        reader.width(360)
        wide = reader.driver.execute_script("return document.documentElement.scrollWidth")
        if wide > 360:
            wrong.append(f"{wide} px wide on a phone")
        reader.shot(f"phone-{name.replace(':', '-')}")
        if wrong:
            faults[name] = wrong
    assert faults == {}
