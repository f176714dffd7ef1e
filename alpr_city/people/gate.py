"""Who may see a page. `needs` stands on every view that is not public."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import urlencode

from alpr_city.people.journal import note
from alpr_city.people.models import Person
from alpr_city.policy import in_force
from alpr_city.policy.rights import RIGHTS

FRESH_S = 300.0
"""How long a proof of presence lasts."""


def needs(right: str = "") -> Callable[[Any], Any]:
    """Let through who is signed in with both factors and whose working roles hold a right.

    For functions, and for classes of views. With no right: anybody who is signed in.
    """
    assert not right or right in RIGHTS, f"{right} is no right"

    def guard(view: Any) -> Any:
        if isinstance(view, type):
            view.dispatch = guard_method(view.dispatch)  # type: ignore[attr-defined]
            view.needs = right  # type: ignore[attr-defined]
            return view

        @functools.wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            return _refusal(request, right) or view(request, *args, **kwargs)

        guarded.needs = right  # type: ignore[attr-defined]
        return guarded

    def guard_method(dispatch: Any) -> Any:
        @functools.wraps(dispatch)
        def guarded(self: Any, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            return _refusal(request, right) or dispatch(self, request, *args, **kwargs)

        return guarded

    return guard


def fresh(view: Any) -> Any:
    """Ask for the second factor again, unless that was within five minutes. Goes inside `needs`."""

    @functools.wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if time.time() - request.session.get("proved_s", 0.0) > FRESH_S:
            return redirect(f"/people/again/?{urlencode({'next': request.path})}")
        return view(request, *args, **kwargs)

    guarded.fresh = True  # type: ignore[attr-defined]
    return guarded


def _refusal(request: HttpRequest, right: str) -> HttpResponse | None:
    person: Person | None = getattr(request, "person", None)
    if person is None:
        return redirect(f"/people/sign-in/?{urlencode({'next': request.path})}")
    if not right or right in person.rights():
        return None
    note(
        "people.refused",
        person.username,
        f"{right} at {request.resolver_match.view_name}" if request.resolver_match else right,
    )
    policy = in_force()
    lacking = {
        policy.courses[c].title
        for r in person.roles
        if r in policy.roles and right in policy.roles[r].rights
        for c in person.missing_courses(r)
    }
    context = {"lacking": sorted(lacking)}
    return render(request, "people/refused.html", context, status=403)
