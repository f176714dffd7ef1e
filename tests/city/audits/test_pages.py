"""The audit and misuse pages, from draw to approval, and who is refused."""

from __future__ import annotations

from typing import Any

import pytest

from tests.city.audits.test_audits import looks
from tests.city.console import Console


@pytest.mark.parametrize("who", ["officer", "clerk", "administrator", "designee"])
def test_who_is_no_auditor_draws_nothing(city: Console, who: str) -> None:
    from alpr_city.audits.models import Audit

    client = city.client(who)
    assert client.post("/audits/start/").status_code == 403
    assert client.get("/misuse/").status_code == 403
    assert not Audit.objects.exists()


def test_from_draw_to_approval(city: Console, auditor: Any, designee: Any) -> None:
    from alpr_city.audits.models import Audit

    looks(city, 3)
    looks(city, 2, user="auditor")
    assert auditor.post("/audits/start/").status_code == 302
    audit = Audit.objects.get()
    page = auditor.get(f"/audits/{audit.pk}/").content.decode()
    assert "0TEST00" not in page
    assert auditor.post(f"/audits/{audit.pk}/submit/", {}).status_code == 400
    for item in audit.items.all():
        verdict = {"verdict": "in order"}
        assert auditor.post(f"/audits/item/{item.pk}/", verdict).status_code in (302, 400)
    assert auditor.post(f"/audits/{audit.pk}/submit/", {"findings": "fine"}).status_code == 302
    assert auditor.post(f"/audits/approvals/{audit.pk}/approve/").status_code == 403
    assert "fine" in designee.get(f"/audits/approvals/{audit.pk}/").content.decode()
    assert designee.get(f"/audits/approvals/{audit.pk}/report.pdf").content[:4] == b"%PDF"
    # The auditor's own access, the draw, is left to who approves, and nothing else is.
    address = f"/audits/approvals/{audit.pk}/approve/"
    others = audit.items.exclude(facts__user="auditor").first()
    word = {"verdict": "in order"}
    assert designee.post(f"/audits/approvals/item/{others.pk}/", word).status_code == 400
    own = list(audit.items.filter(verdict=""))
    assert {i.facts["user"] for i in own} == {"auditor"}
    assert designee.post(address).status_code == 400
    for item in own:
        assert designee.post(f"/audits/approvals/item/{item.pk}/", word).status_code == 302
    assert designee.post(address).status_code == 302
    audit.refresh_from_db()
    assert (audit.reviewer, audit.approver) == ("auditor", "designee")


def test_the_auditor_sees_and_decides_a_finding(city: Console, auditor: Any, officer: Any) -> None:
    from alpr_city.misuse.models import Finding

    assert officer.post("/misuse/own/", {"plates": "?!"}).status_code == 400
    assert officer.post("/misuse/own/", {"plates": "0test00 7XYZ999"}).status_code == 302
    looks(city, 2)
    assert auditor.post("/misuse/sweep/").status_code == 302
    finding = Finding.objects.get()
    page = auditor.get(f"/misuse/{finding.pk}/").content.decode()
    assert "own or household" in page
    assert "0TEST00" not in page
    assert auditor.post(f"/misuse/{finding.pk}/", {"verdict": "misuse"}).status_code == 400
    word = {"verdict": "misuse", "remark": "spoken with"}
    assert auditor.post(f"/misuse/{finding.pk}/", word).status_code == 302
    assert "spoken with" in auditor.get("/misuse/").content.decode()
