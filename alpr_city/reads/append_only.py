"""Tables that the database itself keeps as they were written, as the access log is kept.

An operation for migrations. On SQLite a later migration that alters such a table makes it anew,
without its triggers: repeat the operation there.
"""

from __future__ import annotations

from typing import Any

from django.db.migrations.operations.base import Operation

_POSTGRES = """
CREATE OR REPLACE FUNCTION {table}_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '{why}'; END $$;
CREATE TRIGGER {table}_stays BEFORE {events} ON {quoted}
FOR EACH ROW EXECUTE FUNCTION {table}_stays();
CREATE TRIGGER {table}_whole BEFORE TRUNCATE ON {quoted}
FOR EACH STATEMENT EXECUTE FUNCTION {table}_stays();
"""


class AppendOnly(Operation):
    """Refuse to delete rows of a table, and to change them unless told that they change."""

    reduces_to_sql = True
    reversible = True

    def __init__(self, table: str, *, changes: bool = False) -> None:
        self.table, self.changes = table, changes

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        """For Django."""
        return self.__class__.__name__, [self.table], {"changes": self.changes}

    def state_forwards(self, app_label: str, state: Any) -> None:
        """Models do not know of it."""

    def database_forwards(self, _app: str, editor: Any, _before: Any, _after: Any) -> None:
        """Make the triggers."""
        why = f"a row of {self.table} is never {'deleted' if self.changes else 'changed'}"
        events = ["DELETE"] if self.changes else ["UPDATE", "DELETE"]
        quoted = editor.quote_name(self.table)
        if editor.connection.vendor == "postgresql":
            named = {"table": self.table, "quoted": quoted, "why": why}
            editor.execute(_POSTGRES.format(**named, events=" OR ".join(events)))
            return
        for event in events:
            editor.execute(
                f"CREATE TRIGGER {self.table}_stays_{event.lower()} BEFORE {event} ON {quoted}"
                f" BEGIN SELECT RAISE(ABORT, '{why}'); END"
            )

    def database_backwards(self, _app: str, editor: Any, _before: Any, _after: Any) -> None:
        """Take them away."""
        if editor.connection.vendor == "postgresql":
            editor.execute(f"DROP FUNCTION IF EXISTS {self.table}_stays() CASCADE")
            return
        for event in ("update", "delete"):
            editor.execute(f"DROP TRIGGER IF EXISTS {self.table}_stays_{event}")

    def describe(self) -> str:
        """In a line."""
        return f"Keep rows of {self.table} as they were written"
