"""What every page knows: the city, who is signed in, and the menu."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def page(request: HttpRequest) -> dict[str, Any]:
    """City, person, menu."""
    from alpr_city.web.menu import menu_of

    person = getattr(request, "person", None)
    return {
        "city": settings.CITY.city.name,
        "person": person,
        "menu": menu_of(person) if person is not None else [],
    }
