"""On PostgreSQL a table by day is one partition a day, made ahead, so that purge can drop it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.db import connection
from django.db.migrations.operations.models import CreateModel

BY_DAY = ("record", "token", "pattern")


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


def make_ahead(day: date) -> None:
    """See to it that a day has somewhere to go. Nothing to do on SQLite."""
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        for table in BY_DAY:
            # Names and dates are ours, never a message's.
            cursor.execute(
                f"CREATE TABLE IF NOT EXISTS {partition(table, day)} PARTITION OF {table}"
                f" FOR VALUES FROM ('{day}') TO ('{day + timedelta(days=1)}')"
            )


def partition(table: str, day: date) -> str:
    """The name of a day's partition."""
    return f"{table}_{day:%Y%m%d}"
