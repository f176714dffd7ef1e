"""The form that asks why, and the second person's list."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from alpr_city.door.door import NoGrantError
from alpr_city.door.forms import Why
from alpr_city.door.models import Grant
from alpr_city.errors import CityError, VaultError
from alpr_city.people.gate import needs
from alpr_city.people.journal import note
from alpr_city.people.views import safe
from alpr_city.policy import in_force
from alpr_city.web.posted import posted


@needs("read.view")
@require_http_methods(["GET", "POST"])
def why(request: HttpRequest) -> HttpResponse:
    """Ask for purpose, case and reason; a grant for this session comes of it."""
    form = Why(request.person, posted(request))
    to = safe(request, request.POST.get("next", request.GET.get("next", "")))
    current = _current(request)
    if request.method == "POST":
        if form.is_valid():
            grant = _make(request, form)
            request.session["grant"] = grant.pk
            return redirect("door:why" if grant.broad else (to or "/"))
        # What was typed may hold a plate; which fields were refused does not.
        fields = ", ".join(sorted(str(f) for f in form.errors))
        note("door.refused", request.person.username, f"reason form: {fields}")
    context = {"form": form, "next": to, "grant": current}
    return render(request, "door/why.html", context, status=400 if form.errors else 200)


@needs("grant.approve")
@require_GET
def waiting(request: HttpRequest) -> HttpResponse:
    """Broad requests that wait for a second person."""
    since = datetime.now(UTC) - timedelta(hours=in_force().second_person.approval_hours)
    grants = Grant.objects.filter(broad=True, decided_at=None, made_at__gt=since)
    titles = {code: p.title for code, p in in_force().purposes.items()}
    rows = [
        {"grant": g, "purpose": titles.get(g.purpose, g.purpose)}
        for g in grants.exclude(person=request.person).select_related("person")
    ]
    return render(request, "door/waiting.html", {"rows": rows})


@needs("grant.approve")
@require_POST
def decide(request: HttpRequest, number: int) -> HttpResponse:
    """Agree, or refuse with a reason. Never one's own."""
    grant = get_object_or_404(Grant, pk=number, broad=True, decided_at=None)
    if grant.person_id == request.person.pk:
        note("door.refused", request.person.username, "approval of their own request")
        return render(request, "people/refused.html", status=403)
    now = datetime.now(UTC)
    agreed = request.POST.get("do") == "approve"
    note(
        "door.decided",
        request.person.username,
        f"request {grant.pk} of {grant.person.username}: {'approved' if agreed else 'refused'}",
    )
    grant.approver, grant.decided_at = request.person, now
    if not agreed:
        grant.refused_why = request.POST.get("reason", "").strip()[:300] or "no reason given"
    grant.expires_at = now + timedelta(minutes=in_force().grants.minutes)
    grant.save()
    return redirect("door:waiting")


class DoorErrors:
    """Turns what the door and the vault refuse into pages that show nothing."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._next = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Go on."""
        return self._next(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """A page for an error of ours."""
        if isinstance(error, NoGrantError) and request.person is not None:
            return redirect(f"/door/?{urlencode({'next': request.path})}")
        if isinstance(error, VaultError):
            return render(request, "door/closed.html", {"why": str(error)}, status=503)
        if isinstance(error, CityError):
            return render(request, "door/closed.html", {"why": str(error)}, status=400)
        return None


def _current(request: HttpRequest) -> Grant | None:
    found: Grant | None = Grant.objects.filter(
        pk=request.session.get("grant"),
        person=request.person,
        session=request.session.session_key,
    ).first()
    return found


def _make(request: HttpRequest, form: Why) -> Grant:
    data, policy, now = form.cleaned_data, in_force(), datetime.now(UTC)
    broad = form.broad()
    note(
        "door.grant",
        request.person.username,
        f"{data['purpose']}, {'broad, awaits a second person' if broad else 'given'}",
    )
    life = (
        timedelta(hours=policy.second_person.approval_hours)
        if broad
        else timedelta(minutes=policy.grants.minutes)
    )
    grant: Grant = Grant.objects.create(
        person=request.person,
        session=request.session.session_key,
        purpose=data["purpose"],
        case=data["case"],
        reason=data["reason"],
        policy=policy.version,
        cameras=data["cameras"],
        first=data["first"],
        last=data["last"],
        pages=policy.grants.pages,
        pages_left=policy.grants.pages,
        made_at=now,
        expires_at=now + life,
        broad=broad,
    )
    return grant
