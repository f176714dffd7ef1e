"""The menu: each room's `urls.MENU`, and of it what this person may open."""

from __future__ import annotations

import importlib
from dataclasses import dataclass

from django.urls import reverse

from alpr_city.people.models import Person
from alpr_city.web.apps import ROOMS


@dataclass(frozen=True, slots=True)
class Entry:
    """One link; `MENU = [Entry("log.read", "logbook:log", "Access log")]` in a room's urls.py."""

    right: str
    """Empty: for everybody who is signed in."""
    url: str
    label: str


def menu_of(person: Person) -> list[tuple[str, str]]:
    """(address, label) of what somebody may open."""
    rights = person.rights()
    return [
        (reverse(entry.url), entry.label)
        for room in ROOMS
        for entry in getattr(importlib.import_module(f"alpr_city.{room}.urls"), "MENU", [])
        if not entry.right or entry.right in rights
    ]
