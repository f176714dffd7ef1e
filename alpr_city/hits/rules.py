"""What makes a match a hit, and when a person may act on it. Every number comes with the list."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from alpr_city.errors import CityError
from alpr_city.hits.models import Hit


class HitError(CityError):
    """This may not be done with a hit."""


class Standing(StrEnum):
    """How a hit stands now."""

    NEAR = "not a hit"
    STALE = "the list is stale: not actionable"
    EXPIRED = "expired: not actionable"
    HISTORICAL = "from a backlog: not actionable"
    UNCONFIRMED = "not confirmed: not actionable"
    ACTIONABLE = "confirmed"
    DISPOSED = "disposed"


def not_a_hit(match: Mapping[str, Any]) -> str:
    """Why a match is only near a hit; empty where it is one."""
    facts = match["facts"]
    if match["how"] == "look-alike":
        return "differs in characters that look alike"
    if match["how"] != "exact":
        return "differs in one doubtful character"
    if match["confidence"] < facts["least_confidence"]:
        return "the read is not sure enough"
    if match["least"] < facts["least_character"]:
        return "a character of the read is not sure enough"
    if match["state"] == "other" and match["region_confidence"] >= facts["region_sure"]:
        return "the plate is of another state than the entry"
    return ""


def standing(hit: Hit, now: datetime) -> Standing:
    """How a hit stands."""
    if hit.not_a_hit:
        return Standing.NEAR
    if hit.disposition:
        return Standing.DISPOSED
    if now >= hit.expires_at:
        return Standing.EXPIRED
    if now >= hit.stale_at:
        return Standing.STALE
    if hit.historical:
        return Standing.HISTORICAL
    return Standing.ACTIONABLE if hit.confirmed_at else Standing.UNCONFIRMED


def confirm(hit: Hit, by: str, reference: str, now: datetime) -> None:
    """Somebody compared the picture and had the entry confirmed as active.

    Raises:
        HitError: It is no hit, or nobody may act on it any more, or the reference is missing.
    """
    how = standing(hit, now)
    if how is not Standing.UNCONFIRMED:
        raise HitError(f"this hit cannot be confirmed: {how}")
    if not reference.strip():
        raise HitError("a confirmation has a reference", fix="enter that of the confirming agency")
    changed = Hit.objects.filter(pk=hit.pk, confirmed_at=None, disposition="").update(
        confirmed_by=by, confirmed_at=now, confirmation=reference.strip()[:100]
    )
    if not changed:
        raise HitError("somebody else was first")
    hit.refresh_from_db()


def dispose(hit: Hit, by: str, disposition: str, outcome: str, now: datetime) -> None:
    """Say what a hit came to. An expired or stale one still gets its disposition.

    Raises:
        HitError: It has one, the word is none of four, nobody confirmed a correct hit, or the
            outcome is missing.
    """
    if hit.not_a_hit:
        raise HitError("this is not a hit")
    if disposition not in Hit.Disposition.values:
        raise HitError(f"a disposition is one of {', '.join(Hit.Disposition.values)}")
    if disposition == Hit.Disposition.CORRECT and hit.confirmed_at is None:
        raise HitError("a hit that nobody confirmed is not correct", fix="confirm it first")
    if not outcome.strip():
        raise HitError("the outcome is missing", fix="say what was done")
    changed = Hit.objects.filter(pk=hit.pk, disposition="").update(
        disposition=disposition, disposed_by=by, disposed_at=now, outcome=outcome.strip()[:300]
    )
    if not changed:
        raise HitError("this hit has a disposition already")
    hit.refresh_from_db()
