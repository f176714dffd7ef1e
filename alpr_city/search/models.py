"""Partial searches under way, and to whom an export may be sealed. No text of a plate is here."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from alpr_city.people.models import Person


class Run(models.Model):
    """One partial search: how far it is, and which reads it found, by place."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    grant = models.BigIntegerField()
    record = models.BigIntegerField()
    """Of the access log; the vault knows the pattern by it."""
    first = models.DateField()
    last = models.DateField()
    cameras = models.JSONField(default=list)
    done = models.IntegerField(default=0)
    total = models.IntegerField()
    found = models.JSONField(default=list)
    """`[camera, stream (hex), seq, likelihood]`."""
    made_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        """Gone after a day."""

        db_table = "search_run"
        indexes: ClassVar = [models.Index("made_at", name="run_age")]


class Recipient(models.Model):
    """A named person outside who may be given an export, and the key that only they can open."""

    name = models.CharField(max_length=150)
    agency = models.CharField(max_length=150)
    """A code of the register of agencies."""
    key = models.BinaryField()
    """Public X25519 key, raw."""
    fingerprint = models.CharField(max_length=60, unique=True)
    added_by = models.CharField(max_length=150)
    added_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        """By name."""

        db_table = "export_recipient"
        ordering: ClassVar = ["name"]
