"""The live page, which shows no plate, and the card, which is on record before it shows one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from alpr_city.errors import CityError
from alpr_city.hits import rules
from alpr_city.hits.fresh import newest
from alpr_city.hits.models import Hit
from alpr_city.hits.opening import open_hit
from alpr_city.hits.rates import by_camera, by_list
from alpr_city.people.gate import needs
from alpr_city.people.journal import note
from alpr_city.policy import in_force

MOST = 200
HOURS = 24
CAMERA_CHECKS = "alpr_city.cameras.accuracy"


@needs("hit.view")
@require_GET
def now(request: HttpRequest) -> HttpResponse:
    """Hits of the last day, newest first; where, when and how they stand."""
    at, last = datetime.now(UTC), newest()
    found = Hit.objects.filter(at__gt=at - timedelta(hours=HOURS)).order_by("-pk")[:MOST]
    rows = [_row(h, at) for h in found]
    context = {
        "hits": [r for r in rows if not r["hit"].not_a_hit],
        "near": [r for r in rows if r["hit"].not_a_hit],
        "now": at,
        "last": last,
    }
    return render(request, "hits/now.html", context)


@needs("hit.view")
@require_GET
def rates(request: HttpRequest) -> HttpResponse:
    """False hits by list and by camera."""
    return render(request, "hits/rates.html", {"lists": by_list(), "cameras": by_camera()})


@needs("hit.view")
@require_GET
def card(request: HttpRequest, number: int) -> HttpResponse:
    """One hit with its plate and pictures."""
    hit = get_object_or_404(Hit, pk=_small(number))
    return _card(request, hit)


@needs("hit.dispose")
@require_POST
def confirm(request: HttpRequest, number: int) -> HttpResponse:
    """The picture was compared, and the entry is active."""
    hit = get_object_or_404(Hit, pk=_small(number))
    try:
        if request.POST.get("compared") != "yes":
            raise rules.HitError("the plate was not compared with the picture")
        note("hit.confirmed", request.person.username, f"hit {hit.pk}")
        rules.confirm(
            hit, request.person.username, request.POST.get("reference", ""), datetime.now(UTC)
        )
    except rules.HitError as error:
        return _card(request, hit, error)
    return redirect("hits:card", hit.pk)


@needs("hit.dispose")
@require_POST
def dispose(request: HttpRequest, number: int) -> HttpResponse:
    """What it came to."""
    hit = get_object_or_404(Hit, pk=_small(number))
    try:
        note("hit.disposed", request.person.username, f"hit {hit.pk}")
        rules.dispose(
            hit,
            request.person.username,
            request.POST.get("disposition", ""),
            request.POST.get("outcome", ""),
            datetime.now(UTC),
        )
    except rules.HitError as error:
        return _card(request, hit, error)
    return redirect("hits:now")


def _card(request: HttpRequest, hit: Hit, fault: CityError | None = None) -> HttpResponse:
    at = datetime.now(UTC)
    standing = rules.standing(hit, at)
    known = in_force().list_classes.get(hit.list_class)
    context = {
        **_row(hit, at),
        "opened": open_hit(hit, request.person),
        "title": known.title if known else hit.list_class,
        "accuracy": _accuracy(hit.camera),
        "fault": fault,
        "may_dispose": "hit.dispose" in request.person.rights(),
        "unconfirmed": standing is rules.Standing.UNCONFIRMED,
        "open": standing not in (rules.Standing.NEAR, rules.Standing.DISPOSED),
        "dispositions": Hit.Disposition.values,
    }
    return render(request, "hits/card.html", context, status=400 if fault else 200)


def _row(hit: Hit, at: datetime) -> dict[str, Any]:
    standing = rules.standing(hit, at)
    return {
        "hit": hit,
        "standing": standing,
        "actionable": standing is rules.Standing.ACTIONABLE,
        "age_h": (at - hit.list_made_at).total_seconds() / 3600,
    }


def _accuracy(camera: str) -> Any:
    """What was measured of a camera, where that room has anything."""
    from importlib.util import find_spec

    if find_spec(CAMERA_CHECKS) is None:
        return None
    from importlib import import_module

    return import_module(CAMERA_CHECKS).accuracy_of(camera)


def _small(number: int) -> int:
    return min(number, 2**53)
