"""The auditor's work, and the approver's. No page here shows a plate."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from alpr_city.audits import work
from alpr_city.audits.models import Audit, Item
from alpr_city.audits.report import pdf
from alpr_city.door.door import staff
from alpr_city.people.gate import needs
from alpr_city.people.journal import note, vault
from alpr_city.policy import in_force
from alpr_city.reads.models import Camera


def began() -> datetime | None:
    """When the first camera was admitted: what is audited begins there."""
    found: datetime | None = (
        Camera.objects.order_by("admitted_at").values_list("admitted_at", flat=True).first()
    )
    return found


@needs("audit.review")
@require_GET
def audits(request: HttpRequest) -> HttpResponse:
    """Every audit, and whether one is due."""
    return _list(request, "audits:review")


@needs("audit.approve")
@require_GET
def approvals(request: HttpRequest) -> HttpResponse:
    """Every audit, for who approves."""
    return _list(request, "audits:report")


@needs("audit.review")
@require_POST
def begin(request: HttpRequest) -> HttpResponse:
    """Draw the sample."""
    access = staff(
        request.person,
        action="audit-draw",
        purpose="audit",
        case="audit",
        reason="the sample of the period",
        query={"what": "every access, without queries"},
    )
    audit = work.start(vault(), access, in_force(), datetime.now(UTC))
    return redirect("audits:review", audit.pk)


@needs("audit.review")
@require_GET
def review(request: HttpRequest, number: int) -> HttpResponse:
    """One audit, record by record."""
    return _one(request, number, "audits/review.html")


@needs("audit.review")
@require_POST
def verdict(request: HttpRequest, number: int) -> HttpResponse:
    """A verdict on one record."""
    item = get_object_or_404(Item, pk=min(number, 2**53))
    work.judge(
        item,
        request.person,
        request.POST.get("verdict", ""),
        request.POST.get("remark", ""),
        datetime.now(UTC),
    )
    return redirect(f"/audits/{item.audit_id}/#r{item.pk}")


@needs("audit.review")
@require_POST
def hand_in(request: HttpRequest, number: int) -> HttpResponse:
    """Submit it."""
    audit = get_object_or_404(Audit, pk=min(number, 2**53))
    note("audit.submitted", request.person.username, f"audit {audit.pk}")
    work.submit(audit, request.person, request.POST.get("findings", ""), datetime.now(UTC))
    return redirect("audits:audits")


@needs("audit.approve")
@require_GET
def report(request: HttpRequest, number: int) -> HttpResponse:
    """The report, to be approved."""
    return _one(request, number, "audits/report.html")


@needs("audit.approve")
@require_POST
def verdict_on_own(request: HttpRequest, number: int) -> HttpResponse:
    """A verdict on one of the reviewer's own accesses."""
    item = get_object_or_404(Item, pk=min(number, 2**53))
    if item.facts["user"] != item.audit.reviewer:
        raise work.AuditError("the auditor judges this record")
    work.judge(
        item,
        request.person,
        request.POST.get("verdict", ""),
        request.POST.get("remark", ""),
        datetime.now(UTC),
    )
    return redirect("audits:report", item.audit_id)


@needs("audit.approve")
@require_POST
def agree(request: HttpRequest, number: int) -> HttpResponse:
    """Approve it."""
    audit = get_object_or_404(Audit, pk=min(number, 2**53))
    note("audit.approved", request.person.username, f"audit {audit.pk}")
    work.approve(audit, request.person, datetime.now(UTC))
    return redirect("audits:approvals")


@needs("audit.approve")
@require_GET
def report_pdf(_: HttpRequest, number: int) -> HttpResponse:
    """The same as PDF, for the file."""
    audit = get_object_or_404(Audit, pk=min(number, 2**53))
    response = HttpResponse(pdf(audit, settings.CITY.city.name), content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="audit-{audit.pk}.pdf"'
    return response


def _list(request: HttpRequest, link: str) -> HttpResponse:
    policy, now = in_force(), datetime.now(UTC)
    context = {
        "audits": Audit.objects.order_by("-drawn_at")[:100],
        "state": work.state(policy, now, began()),
        "policy": policy,
        "link": link,
        "may_start": link == "audits:review"
        and not Audit.objects.filter(approved_at=None).exists(),
    }
    return render(request, "audits/audits.html", context)


def _one(request: HttpRequest, number: int, template: str) -> HttpResponse:
    audit = get_object_or_404(Audit, pk=min(number, 2**53))
    items = list(audit.items.order_by("seq"))
    context: dict[str, Any] = {
        "audit": audit,
        "items": items,
        "left": sum(1 for i in items if not i.verdict),
        "left_to_me": sum(
            1 for i in items if not i.verdict and i.facts["user"] != request.person.username
        ),
        "head": bytes(audit.statement).hex(),
        "verdicts": Item.Verdict.values,
    }
    return render(request, template, context)
