"""The auditor's page: everything but what was asked for, and that only with a reason, on record."""

from __future__ import annotations

import re
import time
from datetime import timedelta
from typing import Any

import pytest

from alpr_city.vault.client import VaultClient
from tests.city.console import Console


def look(city: Console, client: Any, plate: str = "0TEST00") -> int:
    from alpr_city.door.door import staff
    from alpr_city.people.journal import vault

    access = staff(
        client.person,
        action="search",
        purpose="criminal",
        case="26-01234",
        reason="left a burglary",
        query={"plate": plate},
    )
    return int(vault().call("tokens", access, plate, [str(city.day)])[0])


@pytest.mark.parametrize("who", ["officer", "prosecutor", "clerk", "administrator", "maintenance"])
def test_the_log_is_not_for(city: Console, who: str) -> None:
    client = city.client(who)
    for page in ("/logbook/", "/logbook/check/", "/logbook/unmask/"):
        assert client.post(page, {}).status_code == 403


def test_it_shows_who_and_why_and_masks_what(city: Console, auditor: Any) -> None:
    look(city, city.client("officer"), "7SECRET")
    text = auditor.get("/logbook/").content.decode()
    assert "26-01234" in text
    assert "left a burglary" in text
    assert "Testville Sheriff" in text
    assert "7SECRET" not in text


def test_every_record_of_the_console_names_the_policy_in_force(city: Console, auditor: Any) -> None:
    """Looks, refusals, sign-ins and changes alike."""
    officer = city.client("officer")
    look(city, officer)
    officer.get("/people/")
    city.client().post("/people/sign-in/", {"username": "officer", "password": "x"})
    auditor.get("/logbook/")
    bodies = [b for b in city.log() if b.get(2) != "outcome" and "." in str(b[2])]
    assert {str(b[2]) for b in bodies} >= {"people.refused", "people.sign-in", "log.read"}
    for body in bodies:
        assert (body[8] if 9 in body else body[3][4]) == "draft-1", body
    assert auditor.get("/logbook/").content.decode().count("policy draft-1") >= 3


def test_reading_it_is_on_record(city: Console, auditor: Any) -> None:
    auditor.get("/logbook/")
    assert [e[3] for e in city.log() if e[2] == "log.read"] == ["auditor"]


def test_it_narrows(city: Console, auditor: Any) -> None:
    look(city, city.client("officer"))

    def rows(**by: str) -> int:
        return int(auditor.post("/logbook/", by).content.decode().count('<th scope="row"'))

    assert rows(user="officer", action="search") == 1
    assert rows(user="nobody") == 0
    assert rows(case="26-01234", purpose="criminal") == 1
    assert rows(first="2020-01-01", last="2020-01-02") == 0


def test_unmasking_needs_a_reason_and_is_on_record_first(city: Console, auditor: Any) -> None:
    seq = look(city, city.client("officer"), "7SECRET")
    refused = auditor.post("/logbook/unmask/", {"seq": seq, "reason": "no"})
    assert refused.status_code == 400
    assert "7SECRET" not in refused.content.decode()
    shown = auditor.post("/logbook/unmask/", {"seq": seq, "reason": "monthly audit of the sheriff"})
    assert "7SECRET" in shown.content.decode()
    (record,) = [e for e in city.log() if e[2] == "log.unmask"]
    assert (record[3], record[7]) == ("auditor", "monthly audit of the sheriff")


def test_unmasking_asks_for_the_second_factor_again(city: Console, auditor: Any) -> None:
    session = auditor.session
    session["proved_s"] = time.time() - 301
    session.save()
    answer = auditor.post("/logbook/unmask/", {"seq": 1, "reason": "monthly audit of the sheriff"})
    assert answer["Location"].startswith("/people/again/")


def test_the_designee_reads_and_does_not_unmask(city: Console, designee: Any) -> None:
    assert designee.get("/logbook/").status_code == 200
    form = {"seq": 1, "reason": "monthly audit of the sheriff"}
    assert designee.post("/logbook/unmask/", form).status_code == 403


def test_a_record_without_a_query_is_said_to_hold_none(city: Console, auditor: Any) -> None:
    from alpr_city.people.journal import note

    note("people.proof", "auditor", "a note has no query")
    form = {"seq": 0, "reason": "monthly audit of the sheriff"}
    answer = auditor.post("/logbook/unmask/", form)
    assert answer.status_code == 503
    assert "holds no query" in answer.content.decode()


def test_the_chain_is_checked_on_request(city: Console, auditor: Any) -> None:
    look(city, city.client("officer"))
    assert "The access log holds" in auditor.post("/logbook/check/").content.decode()
    with city.vault.vault.lock:
        db = city.vault.vault.log._db
        db.execute("DROP TRIGGER entries_are_kept")
        db.execute("UPDATE entries SET body = x'a0' WHERE seq = 1")
    text = auditor.post("/logbook/check/").content.decode()
    assert "access record 1 was changed" in text


def test_without_a_record_nothing_is_shown(
    city: Console, auditor: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    look(city, city.client("officer"))
    real = VaultClient.call

    def full(self: VaultClient, operation: str, *arguments: Any) -> Any:
        with city.vault.vault.lock:
            city.vault.vault.log._db.execute("PRAGMA query_only = ON")
        return real(self, operation, *arguments)

    monkeypatch.setattr(VaultClient, "call", full)
    answer = auditor.get("/logbook/")
    assert answer.status_code == 503
    assert "26-01234" not in answer.content.decode()


def test_older_pages_reach_the_first_record(
    city: Console, auditor: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A log longer than one page goes through: nothing is left out, nothing comes twice."""
    from alpr_city.logbook import entries, views

    for module in (entries, "alpr_city.vault.reading"):
        monkeypatch.setattr(f"{getattr(module, '__name__', module)}.MOST_ENTRIES", 7)
    monkeypatch.setattr(views, "PAGE", 3)
    officer = city.client("officer")
    wanted = [look(city, officer) for _ in range(12)]
    found: list[int] = []
    before = ""
    for _ in range(60):
        page = auditor.post(
            "/logbook/", {"user": "officer", "action": "search", "before": before}
        ).content.decode()
        found += [int(n) for n in re.findall(r'<th scope="row" class="n">(\d+)</th>', page)]
        older = re.search(r'name="before" value="(\d+)"', page)
        if older is None:
            break
        before = older[1]
    assert found == sorted(wanted, reverse=True)


def test_dates_reach_beyond_the_newest_records(
    city: Console, auditor: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alpr_city.vault.reading.MOST_ENTRIES", 5)
    real = time.time_ns
    monkeypatch.setattr(time, "time_ns", lambda: real() - 40 * 86400 * 10**9)
    old = look(city, city.client("officer"))
    monkeypatch.setattr(time, "time_ns", real)
    for _ in range(10):
        look(city, city.client("officer"))
    day = city.day - timedelta(days=40)
    window = {"first": str(day - timedelta(days=1)), "last": str(day + timedelta(days=1))}
    page = auditor.post("/logbook/", {"action": "search", **window}).content.decode()
    assert re.findall(r'<th scope="row" class="n">(\d+)</th>', page) == [str(old)]
    assert f"Unmask {old}" in page


def test_a_page_that_is_none_is_refused(city: Console, auditor: Any) -> None:
    for before in ("-1", "0", "x", "9" * 40):
        assert auditor.post("/logbook/", {"before": before}).status_code == 400
