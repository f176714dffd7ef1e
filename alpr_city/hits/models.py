"""Matches of reads against lists: where the read is, how it matched, and what people made of it."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class Hit(models.Model):
    """One read that a list matched. It holds no text: the vault opens that, on record."""

    class Disposition(models.TextChoices):
        """What it came to."""

        CORRECT = "correct"
        WRONG_STATE = "wrong state"
        MISREAD = "misread"
        DISMISSED = "dismissed"

    camera = models.CharField(max_length=64)
    stream = models.BinaryField(max_length=16)
    seq = models.BigIntegerField()
    day = models.DateField()
    captured_at = models.DateTimeField()
    at = models.DateTimeField()
    list = models.CharField(max_length=60)
    version = models.CharField(max_length=16)
    list_class = models.CharField(max_length=40)
    list_made_at = models.DateTimeField()
    stale_at = models.DateTimeField()
    """From then on the list is too old to act on."""
    expires_at = models.DateTimeField()
    """From then on nobody may act on the hit."""
    policy = models.CharField(max_length=40)
    how = models.CharField(max_length=12)
    not_a_hit = models.CharField(max_length=100, default="")
    """Why this is only near a hit; empty for a hit."""
    historical = models.BooleanField(default=False)
    """It came from a backlog: the vehicle passed a while before."""
    confidence = models.FloatField()
    state = models.CharField(max_length=8)
    sealed = models.BinaryField()
    """The list's entry as it was, under the day's key."""

    confirmed_by = models.CharField(max_length=64, default="")
    confirmed_at = models.DateTimeField(null=True)
    confirmation = models.CharField(max_length=100, default="")
    """Reference of who said that the entry is active."""
    disposition = models.CharField(max_length=12, choices=Disposition, default="")
    disposed_by = models.CharField(max_length=64, default="")
    disposed_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=300, default="")

    class Meta:
        """A read hits a list once."""

        db_table = "hit"
        constraints: ClassVar = [
            models.UniqueConstraint("stream", "seq", "list", name="hit_once"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["-at"], name="hit_newest"),
            models.Index("day", name="hit_day"),
        ]


class HitTotal(models.Model):
    """What is left of hits whose day was purged: numbers, of one list, camera and month."""

    list = models.CharField(max_length=60)
    list_class = models.CharField(max_length=40)
    camera = models.CharField(max_length=64)
    month = models.CharField(max_length=7)
    """Of arrival, in the city's own time: '2026-11'."""
    hits = models.BigIntegerField(default=0)
    correct = models.BigIntegerField(default=0)
    false = models.BigIntegerField(default=0)
    dismissed = models.BigIntegerField(default=0)

    class Meta:
        """One row each."""

        db_table = "hit_total"
        constraints: ClassVar = [
            models.UniqueConstraint("list", "list_class", "camera", "month", name="hit_total_once")
        ]
