"""One-time codes for new cameras: issued here as text and QR, approved here by a second person."""

from __future__ import annotations

import sqlite3
from typing import Any

import segno
from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_http_methods, require_POST

from alpr_city.enrolment import opening
from alpr_city.enrolment.codes import LIFE_S, codes_of
from alpr_city.errors import CityError
from alpr_city.people.gate import fresh, needs
from alpr_city.people.journal import note
from alpr_city.policy import in_force
from alpr_city.reads.models import Camera
from alpr_city.web.posted import posted
from alpr_wire.errors import WireError
from alpr_wire.topics import check_camera

PORT = 8445
_BROKEN = "codes cannot be kept on this server now; tell who runs it"


class CodeForm(forms.Form):
    """What a code is for."""

    camera = forms.CharField(label="Name that the camera gets", max_length=64)
    site = forms.CharField(label="Site where it will stand", max_length=200)

    def clean_camera(self) -> str:
        """A name that a camera may have; one that was put out never comes back."""
        name = str(self.cleaned_data["camera"])
        try:
            check_camera(name)
        except WireError as error:
            raise forms.ValidationError(f"{name}: {error}.") from error
        found = Camera.objects.filter(name=name).first()
        if found is not None and found.state != Camera.State.ACTIVE:
            raise forms.ValidationError(f"{name} is {found.state}. Give the camera a new name.")
        return name


@require_http_methods(["GET", "POST"])
@needs("camera.enrol")
@fresh
def enrol(request: HttpRequest) -> HttpResponse:
    """A form for a code, the codes that are out, and once, the code itself."""
    form = CodeForm(posted(request))
    if request.method != "POST" or not form.is_valid():
        return _page(request, form, status=400 if request.method == "POST" else 200)
    camera, site = form.cleaned_data["camera"], form.cleaned_data["site"]
    by, second = request.person.username, in_force().enrolment_second_person
    note("camera.code", by, f"{camera} at {site}")
    try:
        code = opening.issue_code(
            settings.CITY, camera=camera, site=site, by=by, second_person=second
        )
    except (OSError, sqlite3.Error, CityError):
        form.add_error(None, _BROKEN)
        return _page(request, form, status=503)
    command = (
        f"sudo alpr-edge enroll https://{settings.CITY.broker.host}:{PORT}"
        f" --camera {camera} --code {code}"
    )
    context = {
        "camera": camera,
        "site": site,
        "code": code,
        "command": command,
        # The library writes numbers and its own tags alone into it.
        "qr": mark_safe(segno.make(command, error="m").svg_inline(scale=5, border=2)),  # noqa: S308
        "second": second,
        "minutes": LIFE_S // 60,
    }
    return render(request, "cameras/code.html", context)


@require_POST
@needs("camera.enrol")
@fresh
def approve(request: HttpRequest) -> HttpResponse:
    """Agree to another person's code."""
    camera, by = request.POST.get("camera", "")[:64], request.person.username
    try:
        waits = [row for row in codes_of(settings.CITY).waiting() if row.camera == camera]
        if waits:
            note("camera.approval", by, f"{camera}, whose code {waits[0].issued_by} issued")
        codes_of(settings.CITY).approve(camera, by=by)
    except CityError as error:
        return _page(request, CodeForm(), fault=str(error), status=400)
    except (OSError, sqlite3.Error):
        return _page(request, CodeForm(), fault=_BROKEN, status=503)
    return redirect("cameras:enrol")


def _page(
    request: HttpRequest, form: CodeForm, *, fault: str = "", status: int = 200
) -> HttpResponse:
    try:
        out = codes_of(settings.CITY).out()
    except (OSError, sqlite3.Error):
        out, fault = [], fault or _BROKEN
    context: dict[str, Any] = {"form": form, "out": out, "fault": fault}
    return render(request, "cameras/enrol.html", context, status=status)
