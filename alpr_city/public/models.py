"""What the public page showed, and when."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class Snapshot(models.Model):
    """Figures as of one moment and one entry of the access log."""

    taken_at = models.DateTimeField()
    seq = models.BigIntegerField()
    counts = models.JSONField()
    """Of the log, up to `seq`: rows of [kind, what, who, number]."""
    reads_by_day = models.JSONField()
    """Reads received on each whole day that is still stored."""
    figures = models.JSONField()

    class Meta:
        """Newest first."""

        db_table = "public_snapshot"
        ordering: ClassVar = ["-taken_at"]
