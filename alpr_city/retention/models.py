"""Holds, what they keep, and the record of every purge. No text of a plate is here."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

BASES = {
    "criminal": "Criminal action",
    "civil": "Civil action",
    "discovery": "Discovery request",
    "lawful": "Other lawful action to produce records",
    "anticipated": "Reasonably believed to become evidence",
}
"""The grounds of part V of the policy; there is no other."""


class Hold(models.Model):
    """Reads that outlive their retention, for as long as a case needs them."""

    label = models.CharField(max_length=32, unique=True)
    """Names the case's key in the vault."""
    case = models.CharField(max_length=100)
    basis = models.CharField(max_length=20, choices=list(BASES.items()))
    description = models.CharField(max_length=1000)
    custodian = models.CharField(max_length=150)
    placed_by = models.CharField(max_length=150)
    placed_at = models.DateTimeField()
    review_on = models.DateField()
    policy = models.CharField(max_length=64)
    released_by = models.CharField(max_length=150, default="")
    released_at = models.DateTimeField(null=True)
    release_reason = models.CharField(max_length=1000, default="")

    class Meta:
        """Open ones by review date."""

        db_table = "hold"
        indexes: ClassVar = [models.Index("released_at", "review_on", name="hold_review")]


class HeldRead(models.Model):
    """One read of a hold: the camera's bytes, its keys under the case's key, and its proof."""

    hold = models.ForeignKey(Hold, models.PROTECT, related_name="reads")
    camera = models.CharField(max_length=64)
    stream = models.BinaryField()
    seq = models.BigIntegerField()
    day = models.DateField()
    captured_us = models.BigIntegerField()
    encoding = models.BinaryField()
    wrapped = models.BinaryField()
    proof = models.BinaryField(null=True)
    """`Inclusion`, encoded; null where the camera signed nothing before the next hole."""

    class Meta:
        """Once in a hold."""

        db_table = "held_read"
        constraints: ClassVar = [
            models.UniqueConstraint("hold", "camera", "stream", "seq", name="held_once")
        ]
        indexes: ClassVar = [models.Index("day", name="held_day")]


class HeldPicture(models.Model):
    """A picture of a held read, sealed as the camera sent it."""

    read = models.ForeignKey(HeldRead, models.CASCADE, related_name="pictures")
    kind = models.SmallIntegerField()
    sealed = models.BinaryField()

    class Meta:
        """One of a kind."""

        db_table = "held_picture"
        constraints: ClassVar = [models.UniqueConstraint("read", "kind", name="held_picture_once")]


class HeldRevision(models.Model):
    """A correction of a held read: its text under the case's key, who made it and why."""

    read = models.ForeignKey(HeldRead, models.CASCADE, related_name="revisions")
    number = models.IntegerField()
    sealed = models.BinaryField()
    by = models.CharField(max_length=150)
    at = models.DateTimeField()
    reason = models.CharField(max_length=500)

    class Meta:
        """One of a number."""

        db_table = "held_revision"
        ordering: ClassVar = ["number"]
        constraints: ClassVar = [
            models.UniqueConstraint("read", "number", name="held_revision_once")
        ]


class Approval(models.Model):
    """The custodian agrees that days up to one are purged, where the policy asks for that."""

    through = models.DateField()
    by = models.CharField(max_length=150)
    name = models.CharField(max_length=200)
    at = models.DateTimeField()
    policy = models.CharField(max_length=64)
    record = models.BigIntegerField()
    """Of the access log."""

    class Meta:
        """Newest first."""

        db_table = "purge_approval"
        ordering: ClassVar = ["-pk"]


class Purge(models.Model):
    """One purged day, from the first step to the signed certificate."""

    class Stage(models.TextChoices):
        """How far it is; each step may be taken again."""

        COUNTED = "counted"
        DESTROYED = "destroyed"
        DROPPED = "dropped"
        CERTIFIED = "certified"

    day = models.DateField(unique=True)
    stage = models.CharField(max_length=12, choices=Stage, default=Stage.COUNTED)
    began_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    policy = models.CharField(max_length=64)
    facts = models.JSONField()
    """Counts and heads, as they were before anything was destroyed."""
    document = models.BinaryField(null=True)
    """The certificate, JSON as signed for."""
    statement = models.BinaryField(null=True)
    """The vault's signed statement over the document's SHA-256."""

    class Meta:
        """Newest first."""

        db_table = "purge"
        ordering: ClassVar = ["-day"]


class RetentionChange(models.Model):
    """The policy's retention, each time a purge found it changed."""

    at = models.DateTimeField()
    policy = models.CharField(max_length=64)
    retention_days = models.IntegerField()
    access_log_days = models.IntegerField()

    class Meta:
        """One table."""

        db_table = "retention_change"
