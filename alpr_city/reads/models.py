"""Cameras, their streams, and the records of those. A day is the city's date of first receipt."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class Camera(models.Model):
    """A camera that was admitted."""

    class State(models.TextChoices):
        """Whether ingest takes anything from it."""

        ACTIVE = "active"
        REVOKED = "revoked"
        STOLEN = "stolen"
        DECOMMISSIONED = "decommissioned"

    name = models.CharField(primary_key=True, max_length=64)
    signing_key = models.BinaryField()
    state = models.CharField(max_length=16, choices=State, default=State.ACTIVE)
    admitted_at = models.DateTimeField()
    serial = models.CharField(max_length=64, default="")
    site = models.CharField(max_length=200, default="")
    online = models.BooleanField(default=False)
    heard_at = models.DateTimeField(null=True)
    health = models.BinaryField(null=True)

    class Meta:
        """One table."""

        db_table = "camera"


class Stream(models.Model):
    """One outbox of a camera, and how far the city holds it without a hole."""

    camera = models.ForeignKey(Camera, models.PROTECT)
    stream = models.BinaryField()
    seq = models.BigIntegerField()
    digest = models.BinaryField()
    signature = models.BinaryField(null=True)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()

    class Meta:
        """A stream belongs to one camera."""

        db_table = "stream"
        constraints: ClassVar = [models.UniqueConstraint("camera", "stream", name="stream_once")]


class Record(models.Model):
    """One record, as the camera encoded and chained it."""

    pk = models.CompositePrimaryKey("day", "stream", "seq")
    day = models.DateField()
    stream = models.ForeignKey(Stream, models.DO_NOTHING, db_constraint=False, db_index=False)
    seq = models.BigIntegerField()
    kind = models.SmallIntegerField()
    encoding = models.BinaryField()
    wrapped = models.BinaryField(null=True)
    """A read's own keys under the day's key; null for others, and for reads that do not open."""
    captured_us = models.BigIntegerField(null=True)

    class Meta:
        """By place in the chain, and by camera and time."""

        db_table = "record"
        indexes: ClassVar = [
            models.Index("stream", "seq", name="record_place"),
            models.Index(
                "stream",
                "captured_us",
                name="record_time",
                condition=models.Q(captured_us__isnull=False),
            ),
        ]


class Token(models.Model):
    """Where a plate may be, keyed by the day: two days share no token."""

    pk = models.CompositePrimaryKey("day", "token", "stream", "seq")
    day = models.DateField()
    token = models.BigIntegerField()
    stream = models.ForeignKey(Stream, models.DO_NOTHING, db_constraint=False, db_index=False)
    seq = models.BigIntegerField()

    class Meta:
        """Its key is its index."""

        db_table = "token"


class Pattern(models.Model):
    """Texts of one camera and ten minutes, sealed, for partial search."""

    pk = models.CompositePrimaryKey("day", "camera", "slot", "part")
    day = models.DateField()
    camera = models.CharField(max_length=64)
    slot = models.BigIntegerField()
    part = models.BigIntegerField()
    sealed = models.BinaryField()

    class Meta:
        """Its key is its index."""

        db_table = "pattern"


class SignedHead(models.Model):
    """The camera's signature over its chain, every so often."""

    stream = models.ForeignKey(Stream, models.PROTECT)
    day = models.DateField()
    seq = models.BigIntegerField()
    digest = models.BinaryField()
    signature = models.BinaryField()

    class Meta:
        """One for a place."""

        db_table = "signed_head"
        constraints: ClassVar = [models.UniqueConstraint("stream", "seq", name="head_once")]


class Gap(models.Model):
    """Records that the camera has put on record as gone, and the head they led to."""

    stream = models.ForeignKey(Stream, models.PROTECT)
    first_seq = models.BigIntegerField()
    last_seq = models.BigIntegerField()
    digest = models.BinaryField()
    cause = models.SmallIntegerField()
    declared_by = models.BigIntegerField()
    """Sequence number of the gap record, which is chained like any other."""
    at = models.DateTimeField()

    class Meta:
        """One for a place."""

        db_table = "gap"
        constraints: ClassVar = [models.UniqueConstraint("stream", "first_seq", name="gap_once")]


class Quarantined(models.Model):
    """A message that was not taken, kept as it came; under retention like a read."""

    day = models.DateField()
    at = models.DateTimeField()
    camera = models.CharField(max_length=64)
    why = models.CharField(max_length=200)
    payload = models.BinaryField()

    class Meta:
        """Purged by day."""

        db_table = "quarantined"
        indexes: ClassVar = [models.Index("day", name="quarantined_day")]


class Alarm(models.Model):
    """Something a person must look at; the same thing again counts up."""

    camera = models.CharField(max_length=64)
    kind = models.CharField(max_length=40)
    detail = models.CharField(max_length=300)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    count = models.IntegerField(default=1)
    cleared_at = models.DateTimeField(null=True)

    class Meta:
        """Open ones first."""

        db_table = "alarm"
        indexes: ClassVar = [models.Index("camera", "kind", "cleared_at", name="alarm_open")]


class PurgedSpan(models.Model):
    """What a purge took out of a stream: the chain goes on from its last head."""

    stream = models.ForeignKey(Stream, models.PROTECT)
    day = models.DateField()
    first_seq = models.BigIntegerField()
    last_seq = models.BigIntegerField()
    before = models.BinaryField()
    digest = models.BinaryField()
    certificate = models.BigIntegerField()

    class Meta:
        """One for a place."""

        db_table = "purged_span"
        constraints: ClassVar = [models.UniqueConstraint("stream", "first_seq", name="span_once")]
