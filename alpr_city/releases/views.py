"""Pages of releases, by what each person does: ask, decide, fulfil."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from alpr_city.errors import CityError, ReleaseError
from alpr_city.people.gate import fresh, needs
from alpr_city.releases import forms, memoranda, workflow
from alpr_city.releases.fulfil import again, fulfil, may_again
from alpr_city.releases.models import Memorandum, Release


@needs("release.request")
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def entered(request: HttpRequest) -> HttpResponse:
    """What this person entered, and the form for a new request."""
    form = forms.Ask(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        said = dict(form.cleaned_data)
        letter = said.pop("letter")
        try:
            workflow.ask(request.person, document=letter.read() if letter else None, **said)
            return redirect("releases:entered")
        except ReleaseError as error:
            form.add_error(None, str(error))
    mine = Release.objects.filter(entered_by=request.person.username)[:200]
    context = {"form": form, "releases": mine}
    return render(request, "releases/entered.html", context, status=400 if form.errors else 200)


@needs("release.approve")
@require_http_methods(["GET", "POST"])
def waiting(request: HttpRequest) -> HttpResponse:
    """Every request, those that wait first; and memoranda."""
    form = forms.NewMemorandum(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        said = dict(form.cleaned_data)
        document = said.pop("document").read()
        try:
            memoranda.file(request.person, document=document, **said)
            return redirect("releases:waiting")
        except ReleaseError as error:
            form.add_error(None, str(error))
    rows = sorted(Release.objects.all()[:500], key=lambda r: r.state != "asked")
    context = {
        "releases": rows,
        "form": form,
        "memoranda": Memorandum.objects.all(),
        "to": "decide",
    }
    return render(request, "releases/waiting.html", context, status=400 if form.errors else 200)


@needs("release.approve")
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def decide(request: HttpRequest, number: int) -> HttpResponse:
    """One request with its papers, to approve or refuse."""
    release = get_object_or_404(Release, pk=number)
    approving = request.POST.get("do") == "approve"
    form = forms.Approve(request.POST if approving else None)
    fault = ""
    try:
        if approving and form.is_valid():
            workflow.approve(request.person, release, **form.cleaned_data)
            return redirect("releases:waiting")
        if request.method == "POST" and not approving:
            workflow.refuse(request.person, release, request.POST.get("why", ""))
            return redirect("releases:waiting")
    except ReleaseError as error:
        fault = str(error)
    papers = workflow.papers(request.person, release)
    context = {
        "release": release,
        "description": papers["description"].decode(),
        "form": form,
        "fault": fault,
        "deciding": release.state == "asked",
    }
    return render(
        request, "releases/one.html", context, status=400 if fault or form.errors else 200
    )


@needs("release.approve")
@require_GET
def letter(request: HttpRequest, number: int) -> HttpResponse:
    """The agency's letter, as it was attached; on record."""
    release = get_object_or_404(Release, pk=number, document__isnull=False)
    document = workflow.papers(request.person, release)["document"]
    response = HttpResponse(document, content_type="application/octet-stream")
    response["Content-Disposition"] = f'attachment; filename="release-{release.pk}-letter"'
    return response


@needs("release.approve")
@require_GET
def memorandum(request: HttpRequest, number: int) -> HttpResponse:
    """A memorandum's document, as it was attached; on record."""
    found = get_object_or_404(Memorandum, pk=number, document__isnull=False)
    response = HttpResponse(
        memoranda.read(request.person, found), content_type="application/octet-stream"
    )
    response["Content-Disposition"] = f'attachment; filename="memorandum-{found.pk}"'
    return response


@needs("release.fulfil")
@require_GET
def approved(request: HttpRequest) -> HttpResponse:
    """What was approved, to be fulfilled."""
    rows = Release.objects.filter(state__in=["approved", "fulfilled"])[:500]
    return render(request, "releases/approved.html", {"releases": rows, "to": "make"})


@needs("release.fulfil")
@fresh
@require_http_methods(["GET", "POST"])
def make(request: HttpRequest, number: int) -> HttpResponse:
    """Seal the package of one release and hand it over."""
    release = get_object_or_404(Release, pk=number)
    form = forms.Key(request.POST or None)
    recipient: Any = None
    if request.method == "POST" and form.is_valid():
        try:
            seal = again if release.state == Release.State.FULFILLED else fulfil
            package = seal(request.person, release, form.cleaned_data["key"])
        except CityError as error:
            form.add_error(None, str(error))
        else:
            response = HttpResponse(package, content_type="application/octet-stream")
            response["Content-Disposition"] = f'attachment; filename="release-{release.pk}.sealed"'
            return response
    elif request.method == "POST":
        recipient = form.cleaned_data.get("key")
    context = {
        "release": release,
        "key_form": form if release.state == "approved" or may_again(release) else None,
        "again": release.state == "fulfilled",
        "fingerprint": recipient.fingerprint if recipient else "",
    }
    return render(request, "releases/one.html", context, status=400 if form.errors else 200)
