"""The access log for its auditor: searched, checked, and unmasked one record at a time."""

from __future__ import annotations

from datetime import date

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from alpr_city.door.door import staff
from alpr_city.logbook.entries import NEWEST, Wanted, read
from alpr_city.people.gate import fresh, needs
from alpr_city.people.journal import vault
from alpr_city.web.posted import posted

PAGE = 200
CASE = "LOG"
"""Where no case is given: looking after the log is the case."""


class Narrow(forms.Form):
    """What to look for in the log; it travels in the body, for a name stays out of addresses."""

    user = forms.CharField(label="User name", max_length=64, required=False)
    action = forms.CharField(label="Action", max_length=40, required=False)
    case = forms.CharField(label="Case", max_length=40, required=False)
    purpose = forms.CharField(label="Purpose", max_length=40, required=False)
    before = forms.IntegerField(
        min_value=1, max_value=2**53, required=False, widget=forms.HiddenInput
    )
    first = forms.DateField(
        label="From, UTC", required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    last = forms.DateField(
        label="To, UTC", required=False, widget=forms.DateInput(attrs={"type": "date"})
    )


class Unmask(forms.Form):
    """Which record, and why its query is opened."""

    seq = forms.IntegerField(min_value=0, max_value=2**53, widget=forms.HiddenInput)
    reason = forms.CharField(label="Why unmask", min_length=10, max_length=300)


@needs("log.read")
@require_http_methods(["GET", "POST"])
def log(request: HttpRequest) -> HttpResponse:
    """The newest records, narrowed; without what was asked for."""
    form = Narrow(posted(request))
    valid = form.is_valid()
    asked = {k: v for k, v in form.cleaned_data.items() if v} if valid else {}
    narrowed = {k: v for k, v in asked.items() if k != "before"}
    before = asked.get("before", NEWEST)
    access = staff(
        request.person, action="log.read", purpose="audit", case=CASE, reason="", query=asked
    )
    page = read(access, Wanted(**narrowed), PAGE, before)
    # The button that asks for records anew begins at the newest again.
    hidden = {k: v.isoformat() if isinstance(v, date) else v for k, v in narrowed.items()}
    context = {
        "form": form,
        "page": page,
        "narrowed": hidden,
        "before": None if before == NEWEST else before,
        "may_unmask": _may(request),
    }
    return render(request, "logbook/log.html", context, status=400 if form.errors else 200)


@needs("log.read")
@require_POST
def check(request: HttpRequest) -> HttpResponse:
    """Hold the log against its own chain."""
    access = staff(
        request.person, action="log.check", purpose="audit", case=CASE, reason="", query={}
    )
    record, faults = vault().call("log_check", access)
    return render(request, "logbook/checked.html", {"record": record, "faults": faults})


@needs("log.unmask")
@fresh
@require_http_methods(["GET", "POST"])
def unmask(request: HttpRequest) -> HttpResponse:
    """What one access asked for, in the clear; that this was opened is on record first."""
    if request.method == "GET":
        return redirect("logbook:log")
    form = Unmask(request.POST)
    if not form.is_valid():
        return render(request, "logbook/unmasked.html", {"form": form}, status=400)
    seq, reason = form.cleaned_data["seq"], form.cleaned_data["reason"]
    access = staff(
        request.person,
        action="log.unmask",
        purpose="audit",
        case=CASE,
        reason=reason,
        query={"record": seq},
    )
    record, query = vault().call("log_query", access, seq)
    context = {"seq": seq, "record": record, "query": sorted(query.items())}
    return render(request, "logbook/unmasked.html", context)


def _may(request: HttpRequest) -> bool:
    return "log.unmask" in request.person.rights()
