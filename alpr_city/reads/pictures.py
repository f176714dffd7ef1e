"""Sealed pictures: one SQLite file for each day, so that a purge removes a file."""

from __future__ import annotations

import sqlite3
from collections import OrderedDict
from collections.abc import Iterable
from datetime import date
from pathlib import Path

MOST_OPEN = 8


class PictureStore:
    """Durable once `put` returns. One thread uses it."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o750, parents=True, exist_ok=True)
        self._folder = folder
        self._open: OrderedDict[date, sqlite3.Connection] = OrderedDict()

    def put(self, day: date, rows: Iterable[tuple[int, int, int, bytes]]) -> None:
        """Keep pictures: (stream, seq, kind, sealed); one that is there already is left."""
        db = self._day(day)
        with db:
            db.executemany("INSERT OR IGNORE INTO picture VALUES (?, ?, ?, ?)", rows)

    def get(self, day: date, stream: int, seq: int) -> list[tuple[int, bytes]]:
        """The pictures of a read: (kind, sealed)."""
        if day not in self._open and not self.path(day).exists():
            return []
        rows = self._day(day).execute(
            "SELECT kind, sealed FROM picture WHERE stream = ? AND seq = ? ORDER BY kind",
            (stream, seq),
        )
        return [(int(kind), bytes(sealed)) for kind, sealed in rows]

    def path(self, day: date) -> Path:
        """The file of a day."""
        return self._folder / f"{day}.db"

    def close(self) -> None:
        """Let go of every file."""
        while self._open:
            self._open.popitem()[1].close()

    def _day(self, day: date) -> sqlite3.Connection:
        if day not in self._open:
            db = sqlite3.connect(self.path(day), timeout=30)
            (mode,) = db.execute("PRAGMA journal_mode = WAL").fetchone()
            if mode != "wal":  # an I/O error, after which SQLite goes on with a journal
                db.close()
                raise sqlite3.OperationalError("the write-ahead log cannot be begun")
            db.execute("PRAGMA synchronous = FULL")
            # See `Store.settle`; a reader that is in the way only puts it off.
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            db.execute(
                "CREATE TABLE IF NOT EXISTS picture (stream INTEGER, seq INTEGER, kind INTEGER,"
                " sealed BLOB NOT NULL, PRIMARY KEY (stream, seq, kind)) WITHOUT ROWID"
            )
            self._open[day] = db
            if len(self._open) > MOST_OPEN:
                self._open.popitem(last=False)[1].close()
        self._open.move_to_end(day)
        return self._open[day]
