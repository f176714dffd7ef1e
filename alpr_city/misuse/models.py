"""What the detector found, and what the auditor made of it."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class Finding(models.Model):
    """One thing to look at. It names access records and no plate."""

    class Verdict(models.TextChoices):
        """The auditor's word."""

        EXPLAINED = "explained"
        MISUSE = "misuse"

    kind = models.CharField(max_length=40)
    user = models.CharField(max_length=64)
    subject = models.CharField(max_length=40)
    why = models.CharField(max_length=300)
    records = models.JSONField()
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    found_at = models.DateTimeField()
    policy = models.CharField(max_length=40)
    verdict = models.CharField(max_length=12, choices=Verdict, default="")
    remark = models.CharField(max_length=500, default="")
    by = models.CharField(max_length=64, default="")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        """One for what it is about."""

        db_table = "misuse_finding"
        constraints: ClassVar = [
            models.UniqueConstraint("kind", "user", "subject", name="finding_once")
        ]
        indexes: ClassVar = [models.Index(fields=["-last_at"], name="finding_newest")]


class Sweep(models.Model):
    """One run of the detector, so that it shows when there was none."""

    at = models.DateTimeField()
    looks = models.BigIntegerField()
    new = models.IntegerField()

    class Meta:
        """Newest first."""

        db_table = "misuse_sweep"
        indexes: ClassVar = [models.Index(fields=["-at"], name="sweep_newest")]
