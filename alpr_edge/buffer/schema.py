"""The outbox file: its tables, its migrations and how SQLite is told to keep it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlite_utils import Database, Migrations

from alpr_edge.errors import OutboxError

PAGE_BYTES = 4096
migrations = Migrations("alpr_edge.outbox")


@migrations()
def records_and_pictures(db: Database) -> None:
    """The first schema."""
    # `head` is the chain's head after the record, so that any suffix can be proven.
    db.table("records").create(
        {"seq": int, "kind": int, "encoding": bytes, "head": bytes, "stored_us": int},
        pk="seq",
        not_null={"kind", "encoding", "head", "stored_us"},
    )
    db.table("pictures").create(
        {"seq": int, "kind": int, "data": bytes}, pk=("seq", "kind"), not_null={"data"}
    )
    db.table("facts").create({"name": str, "value": bytes}, pk="name")


@migrations()
def receipts_and_signatures(db: Database) -> None:
    """Signed heads, so that sync can cut batches anywhere, and what the city has receipted."""
    db.table("records").add_column("signature", bytes)
    db.table("receipts").create(
        {"seq": int, "digest": bytes, "at_us": int, "received_us": int, "statement": bytes},
        pk="seq",
        not_null={"digest", "at_us", "received_us", "statement"},
    )
    db.table("pictures").add_column("receipted", int, not_null_default=0)


def connect(path: Path, most_bytes: int) -> sqlite3.Connection:
    """Open the file, bring its schema up to date, and check that it is whole.

    Raises:
        OutboxError: The file is not a sound database, or the disk failed.
    """
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        connection.execute(f"PRAGMA page_size = {PAGE_BYTES}")
        connection.execute("PRAGMA journal_mode = WAL")
        # FULL, not NORMAL: a kerbside box loses power unannounced, and in WAL mode NORMAL may
        # undo the last commits (sqlite.org/pragma.html, "synchronous").
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA temp_store = MEMORY")
        (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        if verdict != "ok":
            raise sqlite3.DatabaseError(verdict)
        migrations.apply(Database(connection))
        connection.execute(f"PRAGMA max_page_count = {most_bytes // PAGE_BYTES}")
    except sqlite3.Error as error:
        connection.close()
        raise OutboxError(
            f"{path}: the outbox cannot be opened ({error})", permanent=True, path=str(path)
        ) from error
    return connection


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """Begin, and commit or roll back."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def is_damaged(error: OutboxError) -> bool:
    """Whether an outbox failed because its file is no sound database."""
    cause = error.__cause__
    return isinstance(cause, sqlite3.DatabaseError) and not isinstance(
        cause, sqlite3.OperationalError
    )


def last_head(path: Path) -> tuple[bytes, int, bytes] | None:
    """Stream, sequence and head of a damaged file, where that much can still be read."""
    try:
        db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        try:
            (stream,) = db.execute("SELECT value FROM facts WHERE name = 'stream'").fetchone()
            seq, head = db.execute("SELECT seq, head FROM records ORDER BY seq DESC").fetchone()
        finally:
            db.close()
    except (sqlite3.Error, TypeError):
        return None
    return bytes(stream), int(seq), bytes(head)
