"""On SQLite a token lies in its own index, in one place and not in two: a day's go without a trail."""

from typing import Any

from django.db import migrations

COLUMNS = "day, token, stream_id, seq"


def lay_down(_apps: Any, schema_editor: Any) -> None:
    """Make the table anew around its key, with what it holds. PostgreSQL's stays as it is."""
    if schema_editor.connection.vendor != "sqlite":
        return
    schema_editor.execute(
        "CREATE TABLE token_by_key (day date NOT NULL, token bigint NOT NULL,"
        f" stream_id bigint NOT NULL, seq bigint NOT NULL, PRIMARY KEY ({COLUMNS})) WITHOUT ROWID"
    )
    schema_editor.execute(
        f"INSERT INTO token_by_key ({COLUMNS}) SELECT {COLUMNS} FROM token ORDER BY {COLUMNS}"  # noqa: S608
    )
    schema_editor.execute("DROP TABLE token")
    schema_editor.execute("ALTER TABLE token_by_key RENAME TO token")


class Migration(migrations.Migration):
    """The rows stay as they are."""

    dependencies = [("reads", "0001_first")]
    operations = [migrations.RunPython(lay_down, migrations.RunPython.noop)]
