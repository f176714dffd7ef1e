"""Audits of the access log, each record looked at, and who approved."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class Audit(models.Model):
    """One period. It names access records and no plate."""

    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    drawn_at = models.DateTimeField()
    policy = models.CharField(max_length=40)
    statement = models.BinaryField()
    """The log's signed head, which drew the sample."""
    head_seq = models.BigIntegerField()
    records = models.BigIntegerField()
    """Accesses in the period."""
    reviewer = models.CharField(max_length=64, default="")
    """User name of who gave the last verdict, and the name at the time."""
    reviewer_name = models.CharField(max_length=200, default="")
    findings = models.TextField(default="")
    submitted_at = models.DateTimeField(null=True)
    approver = models.CharField(max_length=64, default="")
    approver_name = models.CharField(max_length=200, default="")
    approved_at = models.DateTimeField(null=True)

    class Meta:
        """Newest first."""

        db_table = "audit"
        indexes: ClassVar = [models.Index(fields=["-last_at"], name="audit_newest")]


class Item(models.Model):
    """One access record in an audit."""

    class Verdict(models.TextChoices):
        """What the auditor says of it."""

        IN_ORDER = "in order"
        QUESTION = "question"
        BREACH = "breach"

    audit = models.ForeignKey(Audit, models.PROTECT, related_name="items")
    seq = models.BigIntegerField()
    why = models.CharField(max_length=100)
    """'random', or what made it risky."""
    facts = models.JSONField()
    """Who, when, what for; without the query."""
    verdict = models.CharField(max_length=10, choices=Verdict, default="")
    remark = models.CharField(max_length=500, default="")
    by = models.CharField(max_length=64, default="")
    at = models.DateTimeField(null=True)

    class Meta:
        """A record once in an audit."""

        db_table = "audit_item"
        constraints: ClassVar = [models.UniqueConstraint("audit", "seq", name="audit_item_once")]
