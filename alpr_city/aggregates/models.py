"""Requests for counts, and every answer ever given. No plate is here, nor any read's name."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class AnsweredCell(models.Model):
    """One count as it was first given; null where it was withheld. Never changed."""

    kind = models.CharField(max_length=10)
    subject = models.CharField(max_length=64)
    period = models.CharField(max_length=10)
    count = models.BigIntegerField(null=True)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        """Each once."""

        db_table = "answered_cell"
        constraints: ClassVar = [
            models.UniqueConstraint("kind", "subject", "period", name="cell_once")
        ]


class AggregateRequest(models.Model):
    """A request for counts by anybody, with what became of it."""

    class State(models.TextChoices):
        """How far it is."""

        ASKED = "asked", "Waits for approval"
        ANSWERED = "answered", "Answered"
        REFUSED = "refused", "Refused"

    requester = models.CharField(max_length=200)
    organisation = models.CharField(max_length=200, default="")
    kind = models.CharField(max_length=10)
    subjects = models.JSONField()
    first = models.DateField()
    last = models.DateField()
    asked_at = models.DateTimeField(auto_now_add=True)
    entered_by = models.CharField(max_length=64)
    state = models.CharField(max_length=10, choices=State, default=State.ASKED)
    decided_by = models.CharField(max_length=64, default="")
    decided_at = models.DateTimeField(null=True)
    why = models.CharField(max_length=500, default="")
    policy = models.CharField(max_length=64)
    smallest = models.IntegerField(null=True)
    rows = models.JSONField(null=True)
    """`[subject, period, count or null]` each, as answered."""

    class Meta:
        """Newest first."""

        db_table = "aggregate_request"
        ordering: ClassVar = ["-asked_at"]
