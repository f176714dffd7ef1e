"""The first schema. Tables by day are partitions on PostgreSQL."""

import django.db.models.deletion
from django.db import migrations, models

from alpr_city.reads.partitions import CreateByDay


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Camera',
            fields=[
                ('name', models.CharField(max_length=64, primary_key=True, serialize=False)),
                ('signing_key', models.BinaryField()),
                ('state', models.CharField(choices=[('active', 'Active'), ('revoked', 'Revoked'), ('stolen', 'Stolen'), ('decommissioned', 'Decommissioned')], default='active', max_length=16)),
                ('admitted_at', models.DateTimeField()),
                ('serial', models.CharField(default='', max_length=64)),
                ('site', models.CharField(default='', max_length=200)),
                ('online', models.BooleanField(default=False)),
                ('heard_at', models.DateTimeField(null=True)),
                ('health', models.BinaryField(null=True)),
            ],
            options={
                'db_table': 'camera',
            },
        ),
        CreateByDay(
            name='Pattern',
            fields=[
                ('pk', models.CompositePrimaryKey('day', 'camera', 'slot', 'part', blank=True, editable=False, primary_key=True, serialize=False)),
                ('day', models.DateField()),
                ('camera', models.CharField(max_length=64)),
                ('slot', models.BigIntegerField()),
                ('part', models.BigIntegerField()),
                ('sealed', models.BinaryField()),
            ],
            options={
                'db_table': 'pattern',
            },
        ),
        migrations.CreateModel(
            name='Alarm',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('camera', models.CharField(max_length=64)),
                ('kind', models.CharField(max_length=40)),
                ('detail', models.CharField(max_length=300)),
                ('first_at', models.DateTimeField()),
                ('last_at', models.DateTimeField()),
                ('count', models.IntegerField(default=1)),
                ('cleared_at', models.DateTimeField(null=True)),
            ],
            options={
                'db_table': 'alarm',
                'indexes': [models.Index(models.F('camera'), models.F('kind'), models.F('cleared_at'), name='alarm_open')],
            },
        ),
        migrations.CreateModel(
            name='Quarantined',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField()),
                ('at', models.DateTimeField()),
                ('camera', models.CharField(max_length=64)),
                ('why', models.CharField(max_length=200)),
                ('payload', models.BinaryField()),
            ],
            options={
                'db_table': 'quarantined',
                'indexes': [models.Index(models.F('day'), name='quarantined_day')],
            },
        ),
        migrations.CreateModel(
            name='Stream',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('stream', models.BinaryField()),
                ('seq', models.BigIntegerField()),
                ('digest', models.BinaryField()),
                ('signature', models.BinaryField(null=True)),
                ('first_at', models.DateTimeField()),
                ('last_at', models.DateTimeField()),
                ('camera', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='reads.camera')),
            ],
            options={
                'db_table': 'stream',
            },
        ),
        migrations.CreateModel(
            name='SignedHead',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField()),
                ('seq', models.BigIntegerField()),
                ('digest', models.BinaryField()),
                ('signature', models.BinaryField()),
                ('stream', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='reads.stream')),
            ],
            options={
                'db_table': 'signed_head',
            },
        ),
        CreateByDay(
            name='Record',
            fields=[
                ('pk', models.CompositePrimaryKey('day', 'stream', 'seq', blank=True, editable=False, primary_key=True, serialize=False)),
                ('day', models.DateField()),
                ('seq', models.BigIntegerField()),
                ('kind', models.SmallIntegerField()),
                ('encoding', models.BinaryField()),
                ('wrapped', models.BinaryField(null=True)),
                ('captured_us', models.BigIntegerField(null=True)),
                ('stream', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, to='reads.stream')),
            ],
            options={
                'db_table': 'record',
            },
        ),
        migrations.CreateModel(
            name='PurgedSpan',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField()),
                ('first_seq', models.BigIntegerField()),
                ('last_seq', models.BigIntegerField()),
                ('before', models.BinaryField()),
                ('digest', models.BinaryField()),
                ('certificate', models.BigIntegerField()),
                ('stream', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='reads.stream')),
            ],
            options={
                'db_table': 'purged_span',
            },
        ),
        migrations.CreateModel(
            name='Gap',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('first_seq', models.BigIntegerField()),
                ('last_seq', models.BigIntegerField()),
                ('digest', models.BinaryField()),
                ('cause', models.SmallIntegerField()),
                ('declared_by', models.BigIntegerField()),
                ('at', models.DateTimeField()),
                ('stream', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='reads.stream')),
            ],
            options={
                'db_table': 'gap',
            },
        ),
        CreateByDay(
            name='Token',
            fields=[
                ('pk', models.CompositePrimaryKey('day', 'token', 'stream', 'seq', blank=True, editable=False, primary_key=True, serialize=False)),
                ('day', models.DateField()),
                ('token', models.BigIntegerField()),
                ('seq', models.BigIntegerField()),
                ('stream', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, to='reads.stream')),
            ],
            options={
                'db_table': 'token',
            },
        ),
        migrations.AddConstraint(
            model_name='stream',
            constraint=models.UniqueConstraint(models.F('camera'), models.F('stream'), name='stream_once'),
        ),
        migrations.AddConstraint(
            model_name='signedhead',
            constraint=models.UniqueConstraint(models.F('stream'), models.F('seq'), name='head_once'),
        ),
        migrations.AddIndex(
            model_name='record',
            index=models.Index(models.F('stream'), models.F('seq'), name='record_place'),
        ),
        migrations.AddIndex(
            model_name='record',
            index=models.Index(models.F('stream'), models.F('captured_us'), condition=models.Q(('captured_us__isnull', False)), name='record_time'),
        ),
        migrations.AddConstraint(
            model_name='purgedspan',
            constraint=models.UniqueConstraint(models.F('stream'), models.F('first_seq'), name='span_once'),
        ),
        migrations.AddConstraint(
            model_name='gap',
            constraint=models.UniqueConstraint(models.F('stream'), models.F('first_seq'), name='gap_once'),
        ),
    ]
