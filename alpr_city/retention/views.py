"""Holds and purge certificates, for those who answer for them."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from alpr_city.door.door import Door, staff
from alpr_city.errors import CityError
from alpr_city.people.gate import fresh, needs
from alpr_city.people.journal import note, vault
from alpr_city.policy import in_force
from alpr_city.reads.pictures import PictureStore
from alpr_city.retention import holds
from alpr_city.retention.models import BASES, Approval, HeldRead, Hold, Purge, RetentionChange
from alpr_city.search import places
from alpr_city.search.exact import Hit
from alpr_city.search.showing import show
from alpr_city.search.views import names
from alpr_wire.reads import decode_read


class NewHold(forms.Form):
    """What a hold must say."""

    basis = forms.ChoiceField(label="Basis", choices=[("", "choose"), *BASES.items()])
    description = forms.CharField(
        label="What is held and why", max_length=1000, widget=forms.Textarea(attrs={"rows": 3})
    )
    custodian = forms.CharField(label="Custodian", max_length=150)
    review_on = forms.DateField(label="Review on", widget=forms.DateInput(attrs={"type": "date"}))


class Release(forms.Form):
    """Why a hold ends."""

    reason = forms.CharField(
        label="Why it is no longer needed",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


@require_GET
@needs("hold.place")
def listed(request: HttpRequest) -> HttpResponse:
    """Holds, those first whose review is due. No plate is here."""
    return _list(request)


@require_GET
@needs("hold.release")
def reviewed(request: HttpRequest) -> HttpResponse:
    """The same for who releases them."""
    return _list(request)


def _list(request: HttpRequest) -> HttpResponse:
    today = datetime.now(UTC).date()
    standing = Hold.objects.filter(released_at=None).order_by("review_on")
    context = {
        "standing": standing,
        "released": Hold.objects.exclude(released_at=None).order_by("-released_at")[:100],
        "today": today,
        "may_see": "hold.place" in request.person.rights(),
    }
    return render(request, "retention/holds.html", context)


@require_http_methods(["GET", "POST"])
@needs("hold.place")
def place(request: HttpRequest) -> HttpResponse:
    """Hold the reads that were chosen on a page of results."""
    door, policy = Door.of(request), in_force()
    chosen = names(request.session.get("chosen", []))
    today = datetime.now(UTC).date()
    initial = {
        "custodian": policy.custodian.title,
        "review_on": today + timedelta(policy.hold_review_days),
    }
    form = NewHold(request.POST or None, initial=initial)
    status, fault = 200, ""
    if request.method == "POST" and chosen and form.is_valid():
        data = form.cleaned_data
        wanted = holds.Wanted(case=door.grant.case, **data)
        days = sorted(p.day for p in places.named(chosen))
        query: dict[str, Any] = {"reads": len(chosen), "cameras": sorted({c[0] for c in chosen})}
        if days:
            query |= {"first": days[0], "last": days[-1]}
        pictures = PictureStore(settings.CITY.files.pictures)
        try:
            wanted.check(today)
            access = door.access("hold", query)
            hold = holds.place(door.vault, pictures, access, wanted, chosen)
        except holds.HoldError as error:
            fault, status = str(error), 400
        else:
            request.session.pop("chosen", None)
            return redirect("retention:hold", hold.pk)
        finally:
            pictures.close()
    elif request.method == "POST":
        status = 400
    context = {"form": form, "count": len(chosen), "grant": door.grant, "fault": fault}
    return render(request, "retention/place.html", context, status=status)


@require_GET
@needs("hold.place")
def hold(request: HttpRequest, number: int) -> HttpResponse:
    """One hold: its reads by place, without their texts."""
    found = get_object_or_404(Hold, pk=number)
    context = {
        "hold": found,
        "reads": found.reads.order_by("captured_us"),
        "may_look": "read.view" in request.person.rights(),
    }
    return render(request, "retention/hold.html", context)


@require_GET
@needs("read.view")
def look(request: HttpRequest, number: int, read: int) -> HttpResponse:
    """One held read, opened under the case's key, whether its day lives or not."""
    held = get_object_or_404(HeldRead, pk=read, hold__released_at=None)
    if held.hold_id != number:
        raise Http404
    door = Door.of(request)
    query = {"hold": number, "camera": held.camera, "seq": held.seq}
    access = door.access("look held", query)
    record, ((plain, pictures),) = holds.look(door.vault, access, [held])
    hit = Hit(
        camera=held.camera,
        stream=bytes(held.stream),
        seq=held.seq,
        day=held.day,
        read=decode_read(plain),
        pictures=tuple((kind, data) for kind, data in pictures),
    )
    context = {
        "shown": show([hit])[0],
        "hold": held.hold,
        "record": record,
        "revisions": holds.revisions_of(door.vault, access, held),
    }
    return render(request, "retention/look.html", context)


@require_http_methods(["GET", "POST"])
@needs("hold.release")
@fresh
def release(request: HttpRequest, number: int) -> HttpResponse:
    """Destroy a hold's key. What has had its retention is gone with it."""
    found = get_object_or_404(Hold, pk=number, released_at=None)
    form = Release(request.POST or None)
    if request.method == "POST" and form.is_valid():
        access = staff(
            request.person,
            action="release hold",
            purpose="retention",
            case=found.case,
            reason=form.cleaned_data["reason"],
            query={"hold": found.pk, "reads": found.reads.count()},
        )
        holds.release(vault(), access, found, form.cleaned_data["reason"])
        return redirect("retention:review")
    today = datetime.now(UTC).date()
    due = today - timedelta(in_force().retention_days)
    context = {
        "hold": found,
        "form": form,
        "dying": found.reads.filter(day__lt=due).count(),
    }
    status = 400 if request.method == "POST" else 200
    return render(request, "retention/release.html", context, status=status)


@require_GET
@needs("purge.approve")
def purges(request: HttpRequest) -> HttpResponse:
    """Purged days, and what the next run would take."""
    return _purges(request)


@require_http_methods(["GET", "POST"])
@needs("purge.approve")
@fresh
def approve(request: HttpRequest) -> HttpResponse:
    """Agree that the days that are due go, up to the one that was shown."""
    if request.method == "GET":
        return redirect("retention:purges")
    waiting = _with_purger(lambda purger: purger.waiting())
    through = {str(day): day for day in waiting}.get(request.POST.get("through", ""))
    if through is None:
        return _purges(request, fault="This day waits for no approval.", status=400)
    person = request.person
    record = note("purge.approved", person.username, f"through {through}")
    Approval.objects.create(
        through=through,
        by=person.username,
        name=person.name,
        at=datetime.now(UTC),
        policy=in_force().version,
        record=record,
    )
    return redirect("retention:purges")


def _purges(request: HttpRequest, *, fault: str = "", status: int = 200) -> HttpResponse:
    waiting = _with_purger(lambda purger: purger.waiting())
    context = {
        "purges": Purge.objects.all()[:400],
        "changes": RetentionChange.objects.order_by("-pk"),
        "policy": in_force(),
        "planned": _with_purger(lambda purger: purger.plan()),
        "through": max(waiting, default=None),
        "waiting": waiting,
        "approvals": Approval.objects.all()[:50],
        "fault": fault,
    }
    return render(request, "retention/purges.html", context, status=status)


@require_GET
@needs("purge.approve")
def certificate(request: HttpRequest, number: int) -> HttpResponse:
    """One certificate, as a page or, with ?as=json, as it was signed for."""
    found = get_object_or_404(Purge, pk=number, stage=Purge.Stage.CERTIFIED)
    document = bytes(found.document or b"")
    if request.GET.get("as") == "json":
        return HttpResponse(document, content_type="application/json")
    statement = bytes(found.statement or b"").hex()
    context = {"purge": found, "document": json.loads(document), "statement": statement}
    return render(request, "retention/certificate.html", context)


def _with_purger(ask: Callable[[Any], list[Any]]) -> list[Any]:
    """What a purger that changes nothing says; nothing where it cannot."""
    from alpr_city.retention.purge import Purger

    pictures = PictureStore(settings.CITY.files.pictures)
    try:
        return ask(Purger(vault(), pictures, in_force, "", ""))
    except CityError:
        return []
    finally:
        pictures.close()
