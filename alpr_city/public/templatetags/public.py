"""Numbers and names as people read them."""

from __future__ import annotations

from collections.abc import Mapping

from django import template

register = template.Library()
REFUSALS = {
    "aggregate.refused": "Requests for counts",
    "door.refused": "A reason or purpose outside the policy",
    "door.outside": "A search beyond the reason given",
    "list.refused": "Hot lists",
    "people.refused": "Accounts, roles and pages",
    "release.refused": "Releases",
    "release.recipient-refused": "Exports to those who may not see plates",
}


@register.filter
def grouped(number: int) -> str:
    """12,345"""
    return f"{number:,}"


@register.filter
def percent(share: float) -> str:
    """98.7 %"""
    return f"{100 * share:.1f} %"


@register.filter
def named(names: Mapping[str, str], code: str) -> str:
    """A purpose's title; the code where this policy knows it no more."""
    return names.get(code, code)


@register.filter
def refusal(action: str) -> str:
    """What was refused."""
    return REFUSALS.get(action, action.replace(".", ", "))
