"""Approvals of purges, and corrections that outlive their day with a hold."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('retention', '0001_first'),
    ]

    operations = [
        migrations.CreateModel(
            name='Approval',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('through', models.DateField()),
                ('by', models.CharField(max_length=150)),
                ('name', models.CharField(max_length=200)),
                ('at', models.DateTimeField()),
                ('policy', models.CharField(max_length=64)),
                ('record', models.BigIntegerField()),
            ],
            options={
                'db_table': 'purge_approval',
                'ordering': ['-pk'],
            },
        ),
        migrations.CreateModel(
            name='HeldRevision',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.IntegerField()),
                ('sealed', models.BinaryField()),
                ('by', models.CharField(max_length=150)),
                ('at', models.DateTimeField()),
                ('reason', models.CharField(max_length=500)),
                ('read', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='revisions', to='retention.heldread')),
            ],
            options={
                'db_table': 'held_revision',
                'ordering': ['number'],
                'constraints': [models.UniqueConstraint(models.F('read'), models.F('number'), name='held_revision_once')],
            },
        ),
    ]
