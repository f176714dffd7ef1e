"""Figures of how the system behaves: audits and findings, measured accuracy, up-time."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

from alpr_city.audits.models import Audit, Item
from alpr_city.cameras.accuracy import wilson
from alpr_city.cameras.models import Health
from alpr_city.corrections.models import Check
from alpr_city.misuse.models import Finding
from alpr_city.policy import in_force
from alpr_city.reads.models import Camera

UP_TIME = timedelta(days=7)
SPEAKS = timedelta(minutes=15)
"""A camera that said it was online is taken to be so for this long, until it says more."""


def audits(at: datetime) -> dict[str, Any]:
    """Audits that were approved, what they found, and whether one is overdue."""
    done = Audit.objects.filter(approved_at__lte=at).order_by("-last_at")
    words = list(Item.objects.filter(audit__in=done).values_list("verdict", flat=True))
    last = done.first()
    first_camera = Camera.objects.order_by("admitted_at").first()
    began = last.last_at if last else first_camera.admitted_at if first_camera else None
    due = began + timedelta(days=in_force(at).audits.every_days) if began else None
    return {
        "audits": done.count(),
        "audit_last_until": last.last_at.isoformat() if last else None,
        "audit_overdue": due is not None and at > due,
        "audited_records": len(words),
        "audit_questions": words.count(Item.Verdict.QUESTION),
        "audit_breaches": words.count(Item.Verdict.BREACH),
        "misuse_findings": Finding.objects.filter(found_at__lte=at).count(),
    }


def accuracy(at: datetime) -> dict[str, Any]:
    """Share of reads that people found right when they compared them with their picture."""
    checks = Check.objects.filter(at__lte=at)
    checked, right = checks.count(), checks.filter(verdict=Check.Verdict.RIGHT).count()
    if not checked:
        return {"reads_checked": 0}
    low, high = wilson(right, checked)
    shares = [round(v, 4) for v in (right / checked, low, high)]
    return {"reads_checked": checked, "reads_right_share": shares}


def up_time(at: datetime) -> dict[str, Any]:
    """Share of the last seven days that cameras said they were online, from their first report."""
    reports: dict[str, list[tuple[datetime, bool]]] = defaultdict(list)
    rows = Health.objects.filter(at__gt=at - UP_TIME, at__lte=at).order_by("at")
    for camera, when, online in rows.values_list("camera_id", "at", "online"):
        reports[camera].append((when, online))
    up = whole = timedelta()
    for said in reports.values():
        whole += at - said[0][0]
        ends = [when for when, _ in said[1:]] + [at]
        up += sum(
            (min(end - when, SPEAKS) for (when, on), end in zip(said, ends, strict=True) if on),
            timedelta(),
        )
    return {"up_time_share": round(up / whole, 4)} if whole else {}
