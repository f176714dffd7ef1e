"""What was answered stays answered."""

from django.db import migrations

from alpr_city.reads.append_only import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("aggregates", "0001_initial")]
    operations = [AppendOnly("answered_cell"), AppendOnly("aggregate_request", changes=True)]
