"""The first people of a city, made from the command line: who else could let them in?"""

from __future__ import annotations

import shutil

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from alpr_city.errors import PeopleError
from alpr_city.people import register
from alpr_city.people.journal import note
from alpr_city.people.models import Person
from alpr_city.policy.store import EXAMPLE

SETUP = "setup"
"""Stands on record as who did it: whoever may run commands as the city's system user."""


def add(username: str, name: str, organisation: str, kind: str, roles: list[str]) -> Person:
    """An account with roles, all or nothing; training is recorded apart.

    Raises:
        PeopleError: The policy forbids a part of it; that nothing was kept is on record.
    """
    try:
        with transaction.atomic():
            at = register.organisation(organisation, kind, SETUP)
            person = register.person(username, name, at, SETUP)
            for role in roles:
                register.appoint(person, role, SETUP)
    except PeopleError:
        note("people.refused", SETUP, f"account {username[:40]}: nothing of it was kept")
        raise
    return person


def link(person: Person) -> str:
    """A link that works once."""
    web = settings.CITY.web
    token = register.invite(person, SETUP, recovery=False)
    return f"https://{web.host}:{web.port}{reverse('people:welcome', args=[token])}"


def demonstration() -> list[tuple[str, str]]:
    """People of a throwaway city, trained, with (role, one-time link); the vault must answer."""
    made = []
    for username, role, kind in (
        ("officer", "sheriff", "california-law-enforcement"),
        ("auditor", "auditor", "city"),
        ("designee", "designee", "city"),
        ("administrator", "administrator", "city"),
    ):
        organisation = "City of Demo" if kind == "city" else "Demo Sheriff"
        person = add(username, f"Demo {username.title()}", organisation, kind, [role])
        for course in ("privacy", "system"):
            register.train(person, course, SETUP)
        made.append((username, link(person)))
    return made


def demonstration_policy() -> None:
    """The shipped example, as the policy of a throwaway city that has none."""
    folder = settings.CITY.files.policy
    if not any(folder.glob("*.toml")):
        shutil.copy(EXAMPLE, folder / "demo.toml")
