"""Makes an SQLite connection keep what it commits, whatever power and disk do."""

from __future__ import annotations

import sqlite3


def make_durable(db: sqlite3.Connection) -> None:
    """Write ahead, synced at every commit, with the log settled into the file; first of all.

    After an fsync that failed, Linux shows the log as if it were on the disk: what came behind
    would go with it (`reads.store.Store.settle`).

    Raises:
        sqlite3.OperationalError: The disk fails.
    """
    db.execute("PRAGMA synchronous = FULL")
    (mode,) = db.execute("PRAGMA journal_mode = WAL").fetchone()
    if mode != "wal":
        # SQLite says so and goes on with a journal, whose end no power cut may undo only at EXTRA.
        raise sqlite3.OperationalError("the write-ahead log cannot be begun")
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
