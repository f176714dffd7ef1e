"""The register of cameras: where each stands, how it does, what it sent, and putting it out."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from alpr_city.cameras.accuracy import accuracy_of
from alpr_city.cameras.models import Health, Pole
from alpr_city.cameras.plots import HEIGHT, WIDTH, plots
from alpr_city.enrolment import opening
from alpr_city.errors import CityError
from alpr_city.people.gate import fresh, needs
from alpr_city.people.journal import note
from alpr_city.proof.ledger import accounts
from alpr_city.reads.models import Alarm, Camera, Stream
from alpr_city.reads.store import raise_alarm

log = logging.getLogger(__name__)

State = Camera.State
OUT = {State.REVOKED: "Revoked", State.STOLEN: "Stolen", State.DECOMMISSIONED: "Decommissioned"}


class PoleForm(forms.ModelForm):
    """Where and how a camera stands."""

    site = forms.CharField(max_length=200, required=False)

    class Meta:
        """All that people enter."""

        model = Pole
        fields = ("direction", "speed_limit_mph", "latitude", "longitude", "note")

    def clean_latitude(self) -> float | None:
        """On Earth."""
        return _within(self.cleaned_data["latitude"], 90)

    def clean_longitude(self) -> float | None:
        """On Earth."""
        return _within(self.cleaned_data["longitude"], 180)


@require_GET
@needs("camera.view")
def listed(request: HttpRequest) -> HttpResponse:
    """All cameras."""
    rows = [
        {"camera": camera, "pole": Pole.objects.filter(camera=camera).first()}
        for camera in Camera.objects.order_by("name")
    ]
    may_enrol = "camera.enrol" in request.person.rights()
    return render(request, "cameras/list.html", {"rows": rows, "may_enrol": may_enrol})


@require_GET
@needs("camera.view")
def camera(request: HttpRequest, name: str) -> HttpResponse:
    """One camera."""
    found = get_object_or_404(Camera, pk=name)
    since = datetime.now(UTC) - timedelta(days=7)
    reports = list(Health.objects.filter(camera=found, at__gt=since).order_by("at"))
    newest = Stream.objects.filter(camera=found).order_by("-last_at").first()
    context = {
        "camera": found,
        "pole": Pole.objects.filter(camera=found).first(),
        "account": next(iter(accounts(name)), None),
        "stream": newest,
        "accuracy": accuracy_of(name),
        "plots": plots(reports),
        "reports": len(reports),
        "width": WIDTH,
        "height": HEIGHT,
        "alarms": Alarm.objects.filter(camera=name, cleared_at=None).order_by("-last_at"),
        "may_manage": "camera.manage" in request.person.rights(),
        "ways_out": [(str(state), label) for state, label in OUT.items()],
    }
    return render(request, "cameras/camera.html", context)


@require_http_methods(["GET", "POST"])
@needs("camera.manage")
def edit(request: HttpRequest, name: str) -> HttpResponse:
    """Change where and how it stands."""
    found = get_object_or_404(Camera, pk=name)
    pole = Pole.objects.filter(camera=found).first() or Pole(camera=found)
    form = PoleForm(request.POST or None, instance=pole, initial={"site": found.site})
    if request.method == "POST" and form.is_valid():
        form.save()
        found.site = form.cleaned_data["site"]
        found.save(update_fields=["site"])
        note("camera.changed", request.person.username, name)
        return redirect("cameras:camera", name)
    status = 400 if request.method == "POST" else 200
    return render(request, "cameras/edit.html", {"camera": found, "form": form}, status=status)


@require_http_methods(["GET", "POST"])
@needs("camera.manage")
@fresh
def put_out(request: HttpRequest, name: str, state: str) -> HttpResponse:
    """Refuse a camera: ingest at its next look at the register, the broker by its CRL."""
    found = get_object_or_404(Camera, pk=name)
    wanted = {str(s): label for s, label in OUT.items()}.get(state)
    if wanted is None or found.state != State.ACTIVE:
        return redirect("cameras:camera", name)
    if request.method == "POST":
        note(f"camera.{state}", request.person.username, name)
        try:
            opening.put_out(settings.CITY, name, state)
        except (OSError, CityError) as error:
            # As it should be where the authority's key is another user's: ingest goes by the state,
            # and the enrolment process revokes what the register says and clears this alarm.
            log.info("revocation is left to the sweep: %s", type(error).__name__)
            raise_alarm(name, opening.ALARM, "waits for `alpr-city enrol` to revoke it")
        return redirect("cameras:camera", name)
    context: dict[str, Any] = {"camera": found, "wanted": wanted}
    return render(request, "cameras/put_out.html", context)


def _within(degrees: float | None, most: float) -> float | None:
    if degrees is not None and not -most <= degrees <= most:
        raise forms.ValidationError(f"Between -{most} and {most} degrees.")
    return degrees
