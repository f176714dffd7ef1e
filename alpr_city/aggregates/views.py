"""Pages of requests for counts: entered by one person, decided by another."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from alpr_city.aggregates import requests
from alpr_city.aggregates.forms import Ask
from alpr_city.aggregates.models import AggregateRequest
from alpr_city.errors import ReleaseError
from alpr_city.people.gate import needs
from alpr_city.people.journal import vault
from alpr_city.policy import in_force


@needs("aggregate.request")
@require_http_methods(["GET", "POST"])
def entered(request: HttpRequest) -> HttpResponse:
    """Every request, and the form for a new one."""
    form = Ask(request.POST or None)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            made = requests.ask(
                vault(),
                request.person.username,
                requester=said["requester"],
                organisation=said["organisation"],
                kind=said["kind"],
                subjects=form.subjects,
                first=said["first"],
                last=said["last"],
            )
            return redirect("aggregates:one", made.pk)
        except ReleaseError as error:
            form.add_error(None, str(error))
    context = {"form": form, "requests": AggregateRequest.objects.all()[:200]}
    return render(
        request, "aggregates/entered.html", _with(context), status=400 if form.errors else 200
    )


@needs("aggregate.request")
@require_GET
def one(request: HttpRequest, number: int) -> HttpResponse:
    """One request and its answer, to be printed."""
    asked = get_object_or_404(AggregateRequest, pk=number)
    return render(request, "aggregates/one.html", _with({"asked": asked}))


@needs("aggregate.approve")
@require_GET
def waiting(request: HttpRequest) -> HttpResponse:
    """Every request, those that wait for a decision first."""
    rows = sorted(AggregateRequest.objects.all()[:200], key=lambda r: r.state != "asked")
    return render(request, "aggregates/waiting.html", _with({"requests": rows}))


@needs("aggregate.approve")
@require_http_methods(["GET", "POST"])
def decide(request: HttpRequest, number: int) -> HttpResponse:
    """One request, to approve or refuse."""
    asked = get_object_or_404(AggregateRequest, pk=number)
    fault = ""
    if request.method == "POST":
        try:
            if request.POST.get("do") == "approve":
                requests.approve(vault(), request.person.username, asked)
            else:
                requests.refuse(
                    vault(), request.person.username, asked, request.POST.get("why", "")
                )
            return redirect("aggregates:decide", asked.pk)
        except ReleaseError as error:
            fault = str(error)
    context = {"asked": asked, "fault": fault, "deciding": asked.state == "asked"}
    return render(request, "aggregates/one.html", _with(context), status=409 if fault else 200)


def _with(context: dict[str, Any]) -> dict[str, Any]:
    return context | {"smallest": in_force().aggregates.smallest_cell}
