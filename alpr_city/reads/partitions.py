"""On PostgreSQL a table by day is one partition a day, made ahead, so that purge can drop it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.db import connection
from django.db.migrations.operations.models import CreateModel

BY_DAY = ("record", "token", "pattern")
_LOCK = 0x616C7072


class CreateByDay(CreateModel):
    """`CreateModel` for a table that PostgreSQL divides by its column `day`."""

    def database_forwards(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any
    ) -> None:
        """Create the table."""
        plain = schema_editor.sql_create_table
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.sql_create_table = plain + " PARTITION BY RANGE (day)"
        try:
            super().database_forwards(app_label, schema_editor, from_state, to_state)
        finally:
            schema_editor.sql_create_table = plain


def make_ahead(today: date) -> None:
    """See to it that a day and the next have somewhere to go. Nothing to do on SQLite."""
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        # Workers that start together would both find it missing.
        cursor.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        try:
            for table in BY_DAY:
                for day in (today, today + timedelta(days=1)):
                    # Names and dates are ours, never a message's.
                    cursor.execute(
                        f"CREATE TABLE IF NOT EXISTS {partition(table, day)}"
                        f" PARTITION OF {table}"
                        f" FOR VALUES FROM ('{day}') TO ('{day + timedelta(days=1)}')"
                    )
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])


def partition(table: str, day: date) -> str:
    """The name of a day's partition."""
    return f"{table}_{day:%Y%m%d}"
