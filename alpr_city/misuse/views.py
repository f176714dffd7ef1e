"""Findings for the auditor; and for everybody, where to enter the plates they may not look for."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from alpr_city.door.door import staff
from alpr_city.errors import VaultError
from alpr_city.misuse.models import Finding, Sweep
from alpr_city.misuse.sweep import MisuseError, decide, sweep
from alpr_city.people.gate import needs
from alpr_city.people.journal import note, vault
from alpr_city.policy import in_force

MOST = 200
DUTY = "audit"
NOTES = {
    str(Finding.Verdict.EXPLAINED): "misuse.explained",
    str(Finding.Verdict.MISUSE): "misuse.confirmed",
}
"""The public's figures count them."""


@needs("misuse.review")
@require_GET
def findings(request: HttpRequest) -> HttpResponse:
    """Undecided ones first."""
    context = {
        "undecided": Finding.objects.filter(verdict="").order_by("-last_at")[:MOST],
        "decided": Finding.objects.exclude(verdict="").order_by("-decided_at")[:MOST],
        "last": Sweep.objects.order_by("-at").first(),
        "rules": in_force().misuse,
    }
    return render(request, "misuse/findings.html", context)


@needs("misuse.review")
@require_POST
def run(request: HttpRequest) -> HttpResponse:
    """Look now."""
    access = staff(
        request.person,
        action="misuse",
        purpose=DUTY,
        case="misuse",
        reason="the detector's run, asked for by the auditor",
        query={"what": "every access of the window"},
    )
    sweep(vault(), access, in_force(), datetime.now(UTC))
    return redirect("misuse:findings")


@needs("misuse.review")
@require_http_methods(["GET", "POST"])
def finding(request: HttpRequest, number: int) -> HttpResponse:
    """One, with the records behind it; and the auditor's word on it."""
    found = get_object_or_404(Finding, pk=min(number, 2**53))
    fault = None
    if request.method == "POST":
        try:
            with transaction.atomic():  # no verdict that is not on record
                decide(
                    found,
                    request.person.username,
                    request.POST.get("verdict", ""),
                    request.POST.get("remark", ""),
                    datetime.now(UTC),
                )
                note(NOTES[found.verdict], request.person.username, f"finding {found.pk}")
            return redirect("misuse:findings")
        except MisuseError as error:
            fault = error
    context = {
        "found": found,
        "fault": fault,
        "verdicts": Finding.Verdict.values,
        "own": found.user == request.person.username,
    }
    return render(request, "misuse/finding.html", context, status=400 if fault else 200)


@needs()
@require_http_methods(["GET", "POST"])
def own(request: HttpRequest) -> HttpResponse:
    """Own and household plates, which the vault keeps as tokens and nobody can read back."""
    fault = None
    if request.method == "POST":
        plates = request.POST.get("plates", "").replace(",", " ").split()
        access = staff(
            request.person,
            action="own-plates",
            purpose="administration",
            case="own-plates",
            reason="entering own and household plates",
            query={"count": len(plates)},
        )
        try:
            vault().call("watch_own", access, request.person.username, plates)
            return redirect("/")
        except VaultError as error:
            fault = error
    return render(request, "misuse/own.html", {"fault": fault}, status=400 if fault else 200)
