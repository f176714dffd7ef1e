"""A session begins with both factors; 15 idle minutes, 12 hours or another one end it."""

from __future__ import annotations

import time
from collections.abc import Callable

from django.contrib.auth import logout
from django.contrib.sessions.models import Session
from django.http import HttpRequest, HttpResponse

from alpr_city.people.models import Person

IDLE_S, WHOLE_S = 15 * 60.0, 12 * 3600.0
SEEN_EVERY_S = 20.0


def begin(request: HttpRequest, person: Person) -> None:
    """Make this the person's one session."""
    request.session.cycle_key()
    if person.session and person.session != request.session.session_key:
        Session.objects.filter(session_key=person.session).delete()
    now = time.time()
    request.session.update({"began_s": now, "seen_s": now, "proved_s": now})
    request.session.save()
    Person.objects.filter(pk=person.pk).update(session=request.session.session_key)


class SessionLimits:
    """Puts `request.person` there: the person who is signed in with both factors, or None."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._next = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Judge the session, then go on."""
        request.person = self._judge(request)
        return self._next(request)

    def _judge(self, request: HttpRequest) -> Person | None:
        user, session = request.user, request.session
        if not user.is_authenticated or not user.is_verified():
            return None
        now = time.time()
        over = (
            not user.is_active
            or user.session != session.session_key
            or not -60 < now - session.get("seen_s", 0.0) < IDLE_S
            or not -60 < now - session.get("began_s", 0.0) < WHOLE_S
        )
        if over:
            logout(request)
            return None
        # A page that asks by itself (`?auto`) is nobody at the keyboard.
        if now - session["seen_s"] > SEEN_EVERY_S and "auto" not in request.GET:
            session["seen_s"] = now
        person: Person = Person.objects.select_related("organisation").get(pk=user.pk)
        return person
