"""Requests of other agencies and memoranda. Papers and scopes are sealed: no plate is here."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from alpr_city.policy import in_force


class Memorandum(models.Model):
    """An agreement with an agency, which stands for the attached letter while it is in force."""

    agency = models.CharField(max_length=60)
    title = models.CharField(max_length=200)
    signed_on = models.DateField()
    expires_on = models.DateField()
    filed_by = models.CharField(max_length=64)
    filed_at = models.DateTimeField(auto_now_add=True)
    label = models.CharField(max_length=32, default="")
    """Names the key of its document in the vault."""
    document = models.BinaryField(null=True)
    """The agreement as it was signed, sealed; without it nothing is released under it."""
    document_sha256 = models.CharField(max_length=64, default="")

    class Meta:
        """One table."""

        db_table = "memorandum"

    def __str__(self) -> str:
        return f"{self.title} ({self.agency}, until {self.expires_on})"


class Release(models.Model):
    """One request, from its letter to what was handed over."""

    class State(models.TextChoices):
        """How far it is."""

        ASKED = "asked", "Waits for approval"
        APPROVED = "approved", "Approved"
        REFUSED = "refused", "Refused"
        FULFILLED = "fulfilled", "Fulfilled"

    label = models.CharField(max_length=32, unique=True)
    """Names the release's key in the vault."""
    agency = models.CharField(max_length=60)
    agency_name = models.CharField(max_length=200)
    person = models.CharField(max_length=200)
    """Of the agency, who asks."""
    purpose = models.CharField(max_length=40)
    """A code of the policy's purposes."""
    description = models.BinaryField()
    document = models.BinaryField(null=True)
    document_sha256 = models.CharField(max_length=64, default="")
    memorandum = models.ForeignKey(Memorandum, models.PROTECT, null=True)
    entered_by = models.CharField(max_length=64)
    entered_at = models.DateTimeField(auto_now_add=True)
    state = models.CharField(max_length=10, choices=State, default=State.ASKED)
    decided_by = models.CharField(max_length=64, default="")
    decided_at = models.DateTimeField(null=True)
    why = models.CharField(max_length=500, default="")
    policy = models.CharField(max_length=64)
    scope = models.BinaryField(null=True)
    cameras = models.JSONField(default=list)
    first = models.DateField(null=True)
    last = models.DateField(null=True)
    plates = models.IntegerField(default=0)
    """How many plates the scope names; none means every read of these cameras and days."""
    fulfilled_by = models.CharField(max_length=64, default="")
    fulfilled_at = models.DateTimeField(null=True)
    record = models.BigIntegerField(null=True)
    """The access record of the export."""
    reads = models.IntegerField(null=True)
    recipient = models.CharField(max_length=64, default="")
    """Fingerprint of the key that it was sealed to."""
    package_sha256 = models.CharField(max_length=64, default="")
    custody = models.CharField(max_length=200, default="")
    """Whose it is to retain and manage from then on."""

    class Meta:
        """Newest first."""

        db_table = "release"
        ordering: ClassVar = ["-entered_at"]

    @property
    def purpose_title(self) -> str:
        """As the policy in force calls it."""
        purpose = in_force().purposes.get(self.purpose)
        return purpose.title if purpose else self.purpose


class Package(models.Model):
    """One sealing of a release: the first, or again to the same key. Never changed."""

    release = models.ForeignKey(Release, models.PROTECT, related_name="packages")
    made_by = models.CharField(max_length=64)
    made_at = models.DateTimeField()
    record = models.BigIntegerField()
    """Its own access record."""
    reads = models.IntegerField()
    recipient = models.CharField(max_length=64)
    sha256 = models.CharField(max_length=64)

    class Meta:
        """In order."""

        db_table = "release_package"
        ordering: ClassVar = ["pk"]
