"""What every page knows: the city, who is signed in, and the menu."""

from __future__ import annotations

import contextlib
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from alpr_city.errors import ConfigError


def page(request: HttpRequest) -> dict[str, Any]:
    """City, person, menu."""
    from alpr_city.web.menu import menu_of

    person = getattr(request, "person", None)
    menu: list[tuple[str, str]] = []
    with contextlib.suppress(ConfigError):  # without a policy in force nobody may open anything
        menu = menu_of(person) if person is not None else []
    return {
        "city": settings.CITY.city.name,
        "person": person,
        "menu": menu,
    }
