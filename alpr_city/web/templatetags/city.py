"""Times as people here read them, with UTC beside."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from django import template
from django.conf import settings

register = template.Library()


@register.filter
def both(when: datetime | int | str | None) -> str:
    """An aware time, microseconds since 1970 or an ISO text, in the city's zone and in UTC."""
    if when is None:
        return "never"
    if isinstance(when, str):
        when = datetime.fromisoformat(when)
    if isinstance(when, int):
        when = datetime.fromtimestamp(when / 1e6, UTC)
    here = when.astimezone(ZoneInfo(settings.CITY.city.zone))
    utc = when.astimezone(UTC)
    other = "%H:%M:%S" if here.date() == utc.date() else "%Y-%m-%d %H:%M:%S"
    return f"{here:%Y-%m-%d %H:%M:%S %Z} ({utc:{other}} UTC)"
