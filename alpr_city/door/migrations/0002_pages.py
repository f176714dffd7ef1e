"""How many pages a grant was made with."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("door", "0001_initial")]
    operations = [
        migrations.AddField(model_name="grant", name="pages", field=models.IntegerField(default=0)),
    ]
