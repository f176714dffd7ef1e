"""The one door: from a person with a reason to the vault, which writes first and answers second."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from django.db.models import F
from django.http import HttpRequest

from alpr_city.door.models import Grant
from alpr_city.errors import DoorError
from alpr_city.people.journal import vault as city_vault
from alpr_city.people.journal import version
from alpr_city.people.models import Person
from alpr_city.policy import in_force
from alpr_city.vault.client import VaultClient


class NoGrantError(DoorError):
    """No reason was given, or it is used up, expired, or awaits a second person."""


class OutsideGrantError(DoorError):
    """What is asked for is beyond what the reason was given for."""


class Door:
    """One grant, in use."""

    def __init__(self, grant: Grant, person: Person, address: str) -> None:
        self.grant, self.person, self._address = grant, person, address

    @classmethod
    def of(cls, request: HttpRequest) -> Door:
        """The door of this session.

        Raises:
            NoGrantError: Leads to the form that asks for a reason.
        """
        person: Person | None = request.person
        if person is None:
            raise NoGrantError("nobody is signed in")
        grant = Grant.objects.filter(
            pk=request.session.get("grant"), person=person, session=request.session.session_key
        ).first()
        if grant is None:
            raise NoGrantError("no reason was given yet")
        if not grant.usable:
            raise NoGrantError("the reason awaits a second person, is used up, or has expired")
        if grant.policy != in_force().version:
            raise NoGrantError("another policy took effect since this reason was given")
        return cls(grant, person, str(request.META.get("REMOTE_ADDR", "")))

    @property
    def vault(self) -> VaultClient:
        """The vault. Without `access` it opens nothing."""
        return city_vault()

    def access(self, action: str, query: Mapping[str, Any]) -> dict[str, Any]:
        """The fields of the vault's `Access` for one page; takes one page of the grant.

        `first`, `last`, `day`, `camera` and `cameras` of the query must lie within the grant. A
        search that names no dates or cameras is not narrowed here: pass `grant.first` and so on.

        Raises:
            OutsideGrantError: They do not; the refusal is on record.
            NoGrantError: The last page was taken.
        """
        self._within(query)
        taken = Grant.objects.filter(pk=self.grant.pk, pages_left__gt=0).update(
            pages_left=F("pages_left") - 1
        )
        if not taken:
            raise NoGrantError("the pages of this reason are used up")
        session = hashlib.sha256(self.grant.session.encode()).hexdigest()[:16]
        approver = self.grant.approver
        return _fields(
            self.person, action, self.grant.purpose, self.grant.case, self.grant.reason, query
        ) | {
            "session": session,
            "address": self._address,
            "approver": "" if approver is None else approver.username,
        }

    def _within(self, query: Mapping[str, Any]) -> None:
        grant = self.grant
        days = [_day(query[k]) for k in ("first", "last", "day") if query.get(k)]
        outside = any(not grant.first <= day <= grant.last for day in days)
        names = [*(query.get("cameras") or []), *([query["camera"]] if query.get("camera") else [])]
        if grant.cameras and ("cameras" in query and not names):
            outside = True
        outside = outside or bool(grant.cameras and set(names) - set(grant.cameras))
        if outside:
            self.vault.call(
                "note", "door.outside", self.person.username, "beyond the grant", "", version()
            )
            raise OutsideGrantError(
                f"the reason was given for {grant.first} to {grant.last}"
                + (f" and {len(grant.cameras)} cameras" if grant.cameras else ""),
                fix="give a reason that covers this",
            )

    @staticmethod
    def staff(person: Person | None, **about: Any) -> dict[str, Any]:
        """See `staff`."""
        return staff(person, **about)


def staff(
    person: Person | None,
    *,
    action: str,
    purpose: str,
    case: str,
    reason: str,
    query: Mapping[str, Any],
) -> dict[str, Any]:
    """The fields of the vault's `Access` for work without a grant; nobody for a timer's work.

    Raises:
        DoorError: The policy in force has no such purpose.
    """
    if purpose not in in_force().purposes:
        who = "system" if person is None else person.username
        city_vault().call(
            "note", "door.refused", who, "a purpose outside the policy", "", version()
        )
        raise DoorError(f"the policy in force has no purpose {purpose}")
    return _fields(person, action, purpose, case, reason, query)


def _fields(
    person: Person | None,
    action: str,
    purpose: str,
    case: str,
    reason: str,
    query: Mapping[str, Any],
) -> dict[str, Any]:
    return {
        "action": action,
        "user": "system" if person is None else person.username,
        "name": "" if person is None else person.name,
        "organisation": "the city" if person is None else person.organisation.name,
        "purpose": purpose,
        "case": case,
        "reason": reason,
        "policy": in_force().version,
        "query": plain(query),
    }


def plain(value: Any) -> Any:
    """A query in types that CBOR has."""
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, set | frozenset):
        return sorted(plain(v) for v in value)
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return value.isoformat() if isinstance(value, date) else value


def _day(value: Any) -> date:
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else date.fromisoformat(str(value)[:10])
