"""Exports and custody stay as they were written."""

from django.db import migrations

from alpr_city.reads.append_only import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("evidence", "0001_initial")]
    operations = [AppendOnly("custody"), AppendOnly("evidence_export")]
