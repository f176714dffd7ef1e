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
