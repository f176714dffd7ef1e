"""Times as people here read them, with UTC beside, and how sure something is."""

from __future__ import annotations

from datetime import UTC, datetime

from django import template

from alpr_city.web.times import both, here
from alpr_wire.reads import per_cent

register = template.Library()
register.filter(both)


@register.simple_tag
def days() -> str:
    """When a day begins here: days are UTC's."""
    midnight = datetime.now(UTC).replace(hour=0, minute=0)
    local = here(midnight)
    if local.date() == midnight.date() and local.hour == 0:
        return ""
    before = " of the day before" if local.date() < midnight.date() else ""
    return f"Days are counted in UTC: here they begin at {local:%H:%M %Z}{before}."


@register.filter
def sure(probability: float) -> str:
    """A probability, 0 to 1, with its sign; see `per_cent`."""
    return f"{per_cent(probability)} %"
