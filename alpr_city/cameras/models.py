"""What the register says of a camera beyond its key, and what it said of its health."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from alpr_city.reads.models import Camera


class Pole(models.Model):
    """Where and how a camera stands."""

    camera = models.OneToOneField(Camera, models.PROTECT, primary_key=True, related_name="pole")
    direction = models.CharField(max_length=40, default="", blank=True)
    speed_limit_mph = models.PositiveSmallIntegerField(null=True, blank=True)
    latitude = models.FloatField(null=True, blank=True)
    longitude = models.FloatField(null=True, blank=True)
    note = models.CharField(max_length=500, default="", blank=True)

    class Meta:
        """One for a camera."""

        db_table = "pole"


class Health(models.Model):
    """One of the reports of a camera, kept every few minutes."""

    camera = models.ForeignKey(Camera, models.CASCADE, related_name="reports")
    at = models.DateTimeField()
    online = models.BooleanField()
    report = models.JSONField(default=dict)

    class Meta:
        """By camera and time."""

        db_table = "camera_health"
        indexes: ClassVar = [models.Index("camera", "at", name="health_time")]


class Order(models.Model):
    """Something a person ordered of a camera, and what it says became of it."""

    camera = models.ForeignKey(Camera, models.CASCADE, related_name="orders")
    action = models.CharField(max_length=20)
    arguments = models.CharField(max_length=300)
    by = models.CharField(max_length=64)
    asked_at = models.DateTimeField()
    number = models.BigIntegerField(null=True)
    """Of the command that was sent last."""
    sent_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=200, default="")
    why = models.CharField(max_length=200, default="")
    done_at = models.DateTimeField(null=True)

    class Meta:
        """Open ones are looked for."""

        db_table = "camera_order"
        indexes: ClassVar = [models.Index("done_at", name="order_open")]
