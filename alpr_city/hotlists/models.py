"""Lists and their history. Rows are in the vault alone."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class ListVersion(models.Model):
    """One import that went through, or was refused."""

    name = models.CharField(max_length=60)
    version = models.CharField(max_length=16, default="")
    """The vault's; empty where the import was refused."""
    list_class = models.CharField(max_length=40)
    owner = models.CharField(max_length=200)
    legal_basis = models.CharField(max_length=300)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    at = models.DateTimeField()
    by = models.CharField(max_length=64)
    policy = models.CharField(max_length=40)
    sha256 = models.CharField(max_length=64)
    rows = models.BigIntegerField(default=0)
    faulty = models.BigIntegerField(default=0)
    dropped = models.BigIntegerField(default=0)
    """Rows of kinds that the law keeps out, immigration among them."""
    duplicates = models.BigIntegerField(default=0)
    replaced_at = models.DateTimeField(null=True)
    refused = models.CharField(max_length=300, default="")

    class Meta:
        """Newest first by list."""

        db_table = "list_version"
        indexes: ClassVar = [models.Index(fields=["name", "-at"], name="list_version_newest")]
