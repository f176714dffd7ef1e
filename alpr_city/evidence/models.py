"""Exports of held reads, and through whose hands each went. No plate is here."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from alpr_city.retention.models import Hold


class Export(models.Model):
    """One sealed bag, made for one medium."""

    hold = models.ForeignKey(Hold, models.PROTECT, related_name="exports")
    part = models.IntegerField(default=1)
    """A bag holds 250 reads; a larger hold makes several."""
    exported_by = models.CharField(max_length=64)
    exported_at = models.DateTimeField()
    why = models.CharField(max_length=500)
    recipient = models.CharField(max_length=200)
    sealed_to = models.JSONField()
    """Fingerprints of the keys that open it."""
    medium = models.CharField(max_length=100)
    """Serial of the portable medium."""
    reads = models.IntegerField()
    record = models.BigIntegerField()
    package_sha256 = models.CharField(max_length=64)
    policy = models.CharField(max_length=64)

    class Meta:
        """Newest first."""

        db_table = "evidence_export"
        ordering: ClassVar = ["-exported_at"]


class Custody(models.Model):
    """One step of a medium's way. Never changed; a mistake is corrected by a further step."""

    class Step(models.TextChoices):
        """What happened to it."""

        EXPORTED = "exported", "Exported"
        HANDED = "handed", "Handed over"
        BOOKED = "booked", "Booked into evidence"
        VERIFIED = "verified", "Verified"
        RETURNED = "returned", "Returned"
        DESTROYED = "destroyed", "Destroyed"
        CORRECTED = "corrected", "Correction of an entry"

    export = models.ForeignKey(Export, models.PROTECT, related_name="custody")
    step = models.CharField(max_length=10, choices=Step)
    at = models.DateTimeField()
    entered_by = models.CharField(max_length=64)
    holder = models.CharField(max_length=200)
    """Who has it from then on."""
    reference = models.CharField(max_length=100, default="")
    """Booking reference, receipt or the like."""
    remark = models.CharField(max_length=500, default="")

    class Meta:
        """In order."""

        db_table = "custody"
        ordering: ClassVar = ["pk"]
