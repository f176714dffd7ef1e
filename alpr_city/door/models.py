"""A grant: one reason, and how far it carries."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import ClassVar

from django.db import models

from alpr_city.people.models import Person


class Grant(models.Model):
    """What somebody gave as a reason, and what may be looked at under it."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="grants")
    session = models.CharField(max_length=64)
    purpose = models.CharField(max_length=40)
    case = models.CharField(max_length=40)
    reason = models.CharField(max_length=500)
    policy = models.CharField(max_length=60)
    cameras = models.JSONField(default=list)
    """Names; empty for all."""
    first = models.DateField()
    last = models.DateField()
    pages = models.IntegerField(default=0)
    """How many it was made with."""
    pages_left = models.IntegerField()
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    broad = models.BooleanField(default=False)
    approver = models.ForeignKey(Person, models.PROTECT, null=True, related_name="approved_grants")
    decided_at = models.DateTimeField(null=True)
    refused_why = models.CharField(max_length=300, default="")

    class Meta:
        """Newest last."""

        db_table = "grant_for_access"
        indexes: ClassVar = [models.Index("person", "made_at", name="grant_of")]

    @property
    def waiting(self) -> bool:
        """Whether a second person has yet to decide."""
        return self.broad and self.decided_at is None

    @property
    def usable(self) -> bool:
        """Whether it opens anything now."""
        return (
            self.pages_left > 0
            and self.expires_at > datetime.now(UTC)
            and (not self.broad or (self.approver_id is not None and not self.refused_why))
        )


def pages_of(person: Person, case: str) -> int:
    """Pages that somebody took under one case since a second person last agreed to it.

    Reasons given anew do not make a broad look out of many narrow ones.
    """
    grants = Grant.objects.filter(person=person, case=case)
    agreed = grants.filter(broad=True, approver__isnull=False, refused_why="")
    newest = agreed.order_by("-decided_at").first()
    if newest is not None:
        grants = grants.filter(made_at__gt=newest.made_at)
    return sum(max(g.pages - g.pages_left, 0) for g in grants.only("pages", "pages_left"))
