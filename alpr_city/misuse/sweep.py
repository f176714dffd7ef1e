"""Runs the detector over the access log, and keeps what it found for the auditor."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from alpr_city.errors import CityError
from alpr_city.misuse.detect import Found, Look, detect
from alpr_city.misuse.models import Finding, Sweep
from alpr_city.policy.records import Policy

ROUND = 10_000
"""Entries asked for at once, so that the vault has time for others."""
NAMES_A_PLATE = ("same plate over days", "own or household plate")
"""Kinds whose subject is a token of a plate."""
GONE = "gone-"
_SALT = hashlib.sha256(b"alpr/1/misuse").digest()


class MisuseError(CityError):
    """This may not be done with a finding."""


class Asks(Protocol):
    """The vault's client."""

    def call(self, operation: str, *arguments: Any) -> Any:
        """Ask for one operation."""


def sweep(vault: Asks, access: Mapping[str, Any], policy: Policy, now: datetime) -> Sweep:
    """Look through the window of the policy.

    Raises:
        VaultError: The run could not be put on record, or the vault is away.
    """
    since = now - timedelta(days=policy.misuse.window_days)
    looks = [look for look in _looks(vault, access) if look.at >= since]
    found = detect(looks, policy.misuse)
    with transaction.atomic():
        new = sum(_keep(f, policy.version, now) for f in found)
        done: Sweep = Sweep.objects.create(at=now, looks=len(looks), new=new)
    return done


def decide(finding: Finding, by: str, verdict: str, remark: str, now: datetime) -> None:
    """The auditor's word on a finding.

    Raises:
        MisuseError: It is about the auditor, the word is none of two, or no remark says why.
    """
    if by == finding.user:
        raise MisuseError("nobody decides on a finding about themselves")
    if verdict not in Finding.Verdict.values:
        raise MisuseError(f"a verdict is one of {', '.join(Finding.Verdict.values)}")
    if not remark.strip():
        raise MisuseError("the remark is missing", fix="say what it rests on")
    finding.verdict, finding.remark = verdict, remark.strip()[:500]
    finding.by, finding.decided_at = by, now
    finding.save()


def forget(day: date) -> int:
    """A day was purged: findings that ended by then let go of what stands for a plate; how many.

    Who, when, why and the access records stay, for as long as the log keeps them.
    """
    over = Finding.objects.filter(
        last_at__lt=datetime.combine(day + timedelta(days=1), time(), UTC)
    )
    named = Q(kind__in=NAMES_A_PLATE) & ~Q(subject__startswith=GONE)
    count = 0
    for finding in over.filter(named):
        finding.subject = f"{GONE}{finding.pk}"
        finding.save(update_fields=["subject"])
        count += 1
    return count


def _looks(vault: Asks, access: Mapping[str, Any]) -> list[Look]:
    zone = ZoneInfo(settings.CITY.city.zone)
    looks, after = [], -1
    while True:
        _, rows, following = vault.call("uses", dict(access), after, ROUND, _SALT)
        looks += [
            Look(
                seq=seq,
                at=datetime.fromtimestamp(at_us / 1e6, UTC).astimezone(zone),
                action=action,
                user=user,
                case=case,
                reason=reason,
                target=target,
                own=own,
            )
            for seq, at_us, action, user, case, reason, target, own in rows
        ]
        if following is None:
            return looks
        after = following


def _keep(found: Found, version: str, now: datetime) -> bool:
    """Whether it is new. One that was decided opens again when more was seen."""
    row, new = Finding.objects.get_or_create(
        kind=found.kind,
        user=found.user,
        subject=found.subject,
        defaults={
            "why": found.why,
            "records": list(found.records),
            "first_at": found.first,
            "last_at": found.last,
            "found_at": now,
            "policy": version,
        },
    )
    if not new and found.last > row.last_at:
        row.why, row.records, row.last_at = found.why, list(found.records), found.last
        row.verdict, row.decided_at = "", None
        row.save()
    return bool(new)
