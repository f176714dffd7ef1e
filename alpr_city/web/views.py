"""The page of what arrived: counts alone, nothing of any plate."""

from __future__ import annotations

from datetime import UTC, datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from alpr_city.proof.ledger import accounts
from alpr_city.reads.models import Alarm, Camera

POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"


@require_GET
def arrivals(request: HttpRequest) -> HttpResponse:
    """Cameras, the ledger, and open alarms."""
    cameras = {c.name: c for c in Camera.objects.all()}
    rows = [{"account": a, "camera": cameras[a.camera]} for a in accounts()]
    response = render(
        request,
        "web/arrivals.html",
        {
            "rows": rows,
            "reads": sum(sum(a["account"].reads_by_day.values()) for a in rows),
            "alarms": Alarm.objects.filter(cleared_at=None).order_by("-last_at")[:50],
            "now": datetime.now(UTC),
        },
    )
    response["Content-Security-Policy"] = POLICY
    response["Referrer-Policy"] = "no-referrer"
    response["Cache-Control"] = "no-store"
    return response
