"""Times as people here read them, with UTC beside."""

from __future__ import annotations

from datetime import UTC, datetime

from django import template

from alpr_city.web.times import here

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
    local, utc = here(when), when.astimezone(UTC)
    other = "%H:%M:%S" if local.date() == utc.date() else "%Y-%m-%d %H:%M:%S"
    return f"{local:%Y-%m-%d %H:%M:%S %Z} ({utc:{other}} UTC)"


@register.simple_tag
def days() -> str:
    """When a day begins here: days are UTC's."""
    midnight = datetime.now(UTC).replace(hour=0, minute=0)
    local = here(midnight)
    if local.date() == midnight.date() and local.hour == 0:
        return ""
    before = " of the day before" if local.date() < midnight.date() else ""
    return f"Days are counted in UTC: here they begin at {local:%H:%M %Z}{before}."
