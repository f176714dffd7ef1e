"""Keeps what cameras say of their health, thinned, for as long as a plot is of use."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from alpr_city.cameras.models import Health

APART = timedelta(minutes=5)
KEPT = timedelta(days=90)


def note(camera: str, *, online: bool, report: bytes | None) -> None:
    """Keep a report, unless one was kept within five minutes that said the same of being online."""
    now = datetime.now(UTC)
    last = Health.objects.filter(camera_id=camera).order_by("-at").first()
    if last is not None and last.online == online and now - last.at < APART:
        return
    try:
        told = json.loads(report) if report else {}
    except ValueError:
        told = {}
    Health.objects.create(
        camera_id=camera, at=now, online=online, report=told if isinstance(told, dict) else {}
    )
    Health.objects.filter(camera_id=camera, at__lt=now - KEPT).delete()
