"""What people found of reads, right or wrong. A corrected text is sealed; none stands here."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class Revision(models.Model):
    """One correction of a read; the read itself and earlier revisions stay."""

    camera = models.CharField(max_length=64)
    stream = models.BinaryField()
    seq = models.BigIntegerField()
    day = models.DateField()
    number = models.IntegerField()
    sealed = models.BinaryField()
    """Text and state, under the day's key."""
    by = models.CharField(max_length=150)
    at = models.DateTimeField()
    reason = models.CharField(max_length=500)

    class Meta:
        """Numbered from 1."""

        db_table = "revision"
        constraints: ClassVar = [
            models.UniqueConstraint("camera", "stream", "seq", "number", name="revision_once")
        ]
        indexes: ClassVar = [models.Index("day", name="revision_day")]


class Check(models.Model):
    """Somebody compared a read with its picture. The newest of a read counts."""

    class Verdict(models.TextChoices):
        """What was found."""

        RIGHT = "right"
        WRONG_TEXT = "text"
        WRONG_STATE = "state"

    camera = models.CharField(max_length=64)
    stream = models.BinaryField()
    seq = models.BigIntegerField()
    day = models.DateField()
    verdict = models.CharField(max_length=8, choices=Verdict)
    source = models.CharField(max_length=20)
    """Which room: 'correction', 'hit', 'audit'."""
    by = models.CharField(max_length=150)
    at = models.DateTimeField()

    class Meta:
        """One verdict a read."""

        db_table = "read_check"
        constraints: ClassVar = [
            models.UniqueConstraint("camera", "stream", "seq", name="check_once")
        ]
        indexes: ClassVar = [models.Index("day", name="check_day")]
