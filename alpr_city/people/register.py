"""Accounts, roles, training: each change checked against the policy, and on record."""

from __future__ import annotations

import hashlib
import re
import secrets
from datetime import UTC, datetime, timedelta

from django.contrib.sessions.models import Session
from django.db import transaction

from alpr_city.errors import PeopleError
from alpr_city.people.journal import note
from alpr_city.people.models import Appointment, Invitation, Organisation, Person, Training
from alpr_city.policy import in_force

INVITATION_LIFE = timedelta(hours=24)
USERNAME = re.compile(r"[a-z][a-z0-9._-]{2,39}")


def organisation(name: str, kind: str, by: str) -> Organisation:
    """An organisation, made where it is not there yet.

    Raises:
        PeopleError: The policy allows no such kind; the refusal is on record.
    """
    kinds = in_force().organisations
    if kind not in kinds:
        note("people.refused", by, f"organisation of kind {kind[:40]}")
        raise PeopleError(
            "only California state and local public agencies have people here"
            f" (Civil Code 1798.90.55); {kind!r} is none of {', '.join(kinds)}"
        )
    if not name.strip():
        raise PeopleError("an organisation has a name")
    found, made = Organisation.objects.get_or_create(name=name.strip(), defaults={"kind": kind})
    if found.kind != kind:
        raise PeopleError(f"{name} is there as {found.kind}")
    if made:
        note("people.organisation", by, f"added {found.name}, {kind}")
    assert isinstance(found, Organisation)
    return found


def person(username: str, name: str, at: Organisation, by: str) -> Person:
    """A new account without roles, password or second factor.

    Raises:
        PeopleError: The name is taken or no good.
    """
    username = username.strip().lower()
    if not USERNAME.fullmatch(username):
        raise PeopleError("a user name has 3 to 40 small letters, digits, dots or dashes")
    if not name.strip():
        raise PeopleError("an account has a person's name")
    if Person.objects.filter(username=username).exists():
        raise PeopleError(f"{username} is taken")
    made = Person(username=username, name=name.strip(), organisation=at)
    made.set_unusable_password()
    note("people.account", by, f"added {username}")
    made.save()
    return made


def appoint(who: Person, role: str, by: str) -> None:
    """Give a role.

    Raises:
        PeopleError: The policy has no such role, not for this organisation, or it would give one
            person both sides of a control.
    """
    policy = in_force()
    if role not in policy.roles:
        raise PeopleError(f"the policy has no role {role}", fix=f"one of {', '.join(policy.roles)}")
    if who.username == by:
        note("people.refused", by, f"role {role} for themselves")
        raise PeopleError("nobody gives a role to themselves")
    if who.organisation.kind not in policy.roles[role].organisations:
        raise PeopleError(f"{policy.roles[role].title} is no role for people of {who.organisation}")
    clashes = policy.clashes(who.roles | {role})
    if clashes:
        note("people.refused", by, f"role {role} for {who.username}: both sides of a control")
        raise PeopleError(f"both sides of a control for {who.username}: {clashes[0].why}")
    if role in who.roles:
        return
    note("people.role", by, f"gave {role} to {who.username}")
    Appointment.objects.create(person=who, role=role, given_by=by)


def dismiss(who: Person, role: str, by: str) -> None:
    """Take a role."""
    note("people.role", by, f"took {role} from {who.username}")
    who.appointments.filter(role=role, ended_at=None).update(ended_at=datetime.now(UTC))


def train(who: Person, course: str, by: str, passed_at: datetime | None = None) -> Training:
    """Record that somebody passed a course in its present version.

    Raises:
        PeopleError: There is no such course, the date is to come, or one records one's own.
    """
    courses = in_force().courses
    if course not in courses:
        raise PeopleError(f"the policy has no course {course}", fix=f"one of {', '.join(courses)}")
    if who.username == by:
        note("people.refused", by, "own training")
        raise PeopleError("nobody records their own training")
    when = passed_at or datetime.now(UTC)
    if when > datetime.now(UTC):
        raise PeopleError("training is recorded once it is passed")
    note("people.training", by, f"{who.username} passed {course} {courses[course].version}")
    made: Training = Training.objects.create(
        person=who, course=course, version=courses[course].version, passed_at=when, recorded_by=by
    )
    return made


def suspend(who: Person, why: str, by: str) -> None:
    """End a person's access and sessions at once.

    Raises:
        PeopleError: No reason is given.
    """
    if not why.strip():
        raise PeopleError("a suspension has a reason")
    with transaction.atomic():
        who.suspended_at, who.suspended_why = datetime.now(UTC), why.strip()[:300]
        end_session(who)
        who.save()
    note("people.suspension", by, f"suspended {who.username}")


def reinstate(who: Person, by: str) -> None:
    """Let a person work again."""
    note("people.suspension", by, f"reinstated {who.username}")
    who.suspended_at, who.suspended_why = None, ""
    who.save()


def end_session(who: Person) -> None:
    """Forget a person's session; `save` is the caller's."""
    Session.objects.filter(session_key=who.session).delete()
    who.session = ""


def invite(who: Person, by: str, *, recovery: bool = False) -> str:
    """A token for a link that works once, within a day."""
    token = secrets.token_urlsafe(32)
    note("people.invitation", by, f"{'recovery' if recovery else 'first sign-in'} {who.username}")
    Invitation.objects.filter(person=who, used_at=None).delete()
    Invitation.objects.create(
        person=who,
        token=digest(token),
        made_by=by,
        recovery=recovery,
        expires_at=datetime.now(UTC) + INVITATION_LIFE,
    )
    return token


def confirm(invitation: Invitation, by: str) -> None:
    """A second person agrees that a second factor is replaced.

    Raises:
        PeopleError: It is the same person.
    """
    if by in (invitation.made_by, invitation.person.username):
        raise PeopleError("a recovery is confirmed by another person")
    note("people.recovery", by, f"confirmed for {invitation.person.username}")
    invitation.confirmed_by = by
    invitation.save()


def usable(token: str) -> Invitation | None:
    """The invitation of a link that still works."""
    found: Invitation | None = Invitation.objects.filter(
        token=digest(token), used_at=None, expires_at__gt=datetime.now(UTC)
    ).first()
    if found is None or not found.person.is_active or (found.recovery and not found.confirmed_by):
        return None
    return found


def digest(token: str) -> bytes:
    """What is stored of a token."""
    return hashlib.sha256(token.encode()).digest()
