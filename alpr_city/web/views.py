"""Home: counts alone, nothing of any plate; and the pages for what went wrong."""

from __future__ import annotations

from datetime import UTC, datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from alpr_city.people.gate import needs
from alpr_city.proof.ledger import accounts
from alpr_city.reads.models import Alarm, Camera


@needs()
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """Cameras, the ledger, and open alarms."""
    cameras = {c.name: c for c in Camera.objects.all()}
    rows = [{"account": a, "camera": cameras[a.camera]} for a in accounts()]
    context = {
        "rows": rows,
        "reads": sum(sum(row["account"].reads_by_day.values()) for row in rows),
        "alarms": Alarm.objects.filter(cleared_at=None).order_by("-last_at")[:50],
        "now": datetime.now(UTC),
    }
    return render(request, "web/home.html", context)


def failed(request: HttpRequest) -> HttpResponse:
    """Something failed; says no more."""
    request.person = None  # whatever failed may fail again while the menu is made
    return render(request, "500.html", status=500)


def malformed(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """A request that cannot be read, or is too large."""
    from django.core.exceptions import RequestDataTooBig

    if isinstance(exception, RequestDataTooBig):
        return render(request, "413.html", status=413)
    return render(request, "400.html", status=400)


def no_csrf(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001
    """A stale or forged form."""
    return render(request, "403.html", status=403)
