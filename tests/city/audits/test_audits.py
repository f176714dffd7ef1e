"""Audits: nobody chooses what is looked at, and nobody approves their own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from alpr_city.audits.sample import draw, risky
from alpr_city.errors import CityError
from alpr_wire import statements
from tests.city.console import Console
from tests.city.vaults import ACCESS

STAFF = ACCESS | {"action": "audit-draw", "user": "system", "query": {}}


def looks(city: Console, number: int, user: str = "officer") -> None:
    with city.vault.vault.lock:
        for n in range(number):
            city.vault.vault.tokens(ACCESS | {"user": user, "case": f"26-{n}"}, "0TEST00", [])


def begin(city: Console) -> Any:
    from alpr_city.audits.work import start
    from alpr_city.people.journal import vault
    from alpr_city.policy import in_force

    return start(vault(), STAFF, in_force(), datetime.now(UTC))


def judged(city: Console, by: str = "auditor") -> Any:
    from alpr_city.audits.work import judge, submit

    looks(city, 5)
    audit = begin(city)
    now = datetime.now(UTC)
    for item in audit.items.all():
        judge(item, city.person(by), "in order", "", now)
    submit(audit, city.person(by), "nothing of note", now)
    return audit


def test_a_draw_that_is_not_on_record_draws_nothing(city: Console) -> None:
    from alpr_city.audits.models import Audit
    from alpr_city.audits.work import start
    from alpr_city.people.journal import vault
    from alpr_city.policy import in_force

    with pytest.raises(CityError, match="user"):
        start(vault(), STAFF | {"user": ""}, in_force(), datetime.now(UTC))
    assert not Audit.objects.exists()


def test_nobody_approves_their_own_audit_nor_one_that_is_not_submitted(city: Console) -> None:
    from alpr_city.audits.work import approve

    now = datetime.now(UTC)
    audit = judged(city)
    with pytest.raises(CityError, match="their own"):
        approve(audit, city.person("auditor"), now)
    audit.reviewer = "somebody"  # who gave verdicts does not approve either
    with pytest.raises(CityError, match="their own"):
        approve(audit, city.person("auditor"), now)
    audit.refresh_from_db()
    audit.submitted_at = None
    with pytest.raises(CityError, match="not submitted"):
        approve(audit, city.person("designee"), now)
    audit.refresh_from_db()
    approve(audit, city.person("designee"), now)
    with pytest.raises(CityError, match="approved already"):
        approve(audit, city.person("designee"), now)


def test_an_audit_is_submitted_whole_and_then_stays(city: Console) -> None:
    from alpr_city.audits.work import judge, submit

    looks(city, 3)
    audit = begin(city)
    now = datetime.now(UTC)
    person = city.person("auditor")
    with pytest.raises(CityError, match="no verdict"):
        submit(audit, person, "", now)
    item = audit.items.first()
    for verdict, remark in (("fine", "x"), ("breach", " "), ("", "")):
        with pytest.raises(CityError):
            judge(item, person, verdict, remark, now)
    for each in audit.items.all():
        judge(each, person, "question", "asked", now)
    submit(audit, person, "", now)
    item.refresh_from_db()
    with pytest.raises(CityError, match="submitted"):
        judge(audit.items.first(), person, "in order", "", now)


def test_nobody_judges_their_own_access(city: Console) -> None:
    from alpr_city.audits.work import judge

    looks(city, 1, user="auditor")
    item = begin(city).items.get(facts__user="auditor")
    with pytest.raises(CityError, match="own access"):
        judge(item, city.person("auditor"), "in order", "", datetime.now(UTC))


def test_one_audit_at_a_time(city: Console) -> None:
    looks(city, 1)
    begin(city)
    with pytest.raises(CityError, match="under way"):
        begin(city)


def test_the_sample_can_be_drawn_again_by_anybody_who_has_the_head(city: Console) -> None:
    looks(city, 60)
    audit = begin(city)
    statement = statements.decode_statement(bytes(audit.statement), "log-head")
    statement.verify(city.vault.vault.log._signing.public_key())
    head = statement.body[2]
    with city.vault.vault.lock:
        entries = city.vault.vault.log.entries(limit=10_000)
    accesses = [s for s, b in entries if 9 in b and s <= audit.head_seq]
    assert audit.records == len(accesses)
    again = draw(head, accesses, 30)
    assert sorted(audit.items.filter(why="random").values_list("seq", flat=True)) == again


def test_another_head_draws_another_sample_and_risk_comes_besides() -> None:
    first, second = draw(b"a" * 32, range(500), 30), draw(b"b" * 32, range(500), 30)
    assert first != second
    assert first == draw(b"a" * 32, reversed(range(500)), 30)
    risks = {n: n % 7 for n in range(500)}
    extra = risky(b"a" * 32, risks, first, 20)
    assert len(extra) == 20
    assert not set(extra) & set(first)
    assert all(risks[n] == 6 for n in extra)
    assert risky(b"a" * 32, {1: 0}, [], 5) == []


def test_an_overdue_audit_alarms_and_shows(city: Console) -> None:
    from alpr_city.audits.work import alarm_if_overdue, approve, state
    from alpr_city.policy import in_force
    from alpr_city.reads.models import Alarm

    policy, now = in_force(), datetime.now(UTC)
    assert not state(policy, now).overdue
    assert alarm_if_overdue(policy, now, now - timedelta(days=31))
    assert Alarm.objects.get(kind="audit").detail.startswith("the audit due on")
    audit = judged(city)
    assert state(policy, now, now - timedelta(days=31)).overdue  # until somebody approves
    approve(audit, city.person("designee"), now)
    found = state(policy, now)
    assert (found.overdue, found.audits, found.breaches) == (False, 1, 0)
    assert found.in_order == audit.items.count()
    assert state(policy, now + timedelta(days=31)).overdue


def test_the_report_is_a_pdf_without_a_plate(city: Console) -> None:
    from alpr_city.audits.report import pdf

    data = pdf(judged(city), "Testville")
    assert data.startswith(b"%PDF")
    assert len(data) > 1500
