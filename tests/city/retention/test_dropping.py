"""How a day's rows go on SQLite, where whoever deletes holds up whoever stores."""

from __future__ import annotations

import importlib
import sqlite3
from types import SimpleNamespace

from alpr_city.retention.dropping import LEAST, LONG_S, MOST, PAUSE_S, SHORT_S, Pace


def test_whoever_waits_for_the_lock_leaves_it_to_others_for_longer() -> None:
    pace = Pace()
    pace.after(waited_s=0.01, held_s=0.09)
    assert pace.pause_s == 0.045
    pace.after(waited_s=0.3, held_s=0.01)
    assert pace.pause_s == 0.3
    pace.after(waited_s=0.0, held_s=0.09)
    assert pace.pause_s == PAUSE_S


def test_a_batch_grows_and_shrinks_with_the_time_that_it_takes() -> None:
    pace = Pace()
    for _ in range(20):
        pace.after(0.0, SHORT_S / 2)
    assert pace.size == MOST
    for _ in range(20):
        pace.after(0.0, 2 * LONG_S)
    assert pace.size == LEAST
    pace.after(0.0, (SHORT_S + LONG_S) / 2)
    assert pace.size == LEAST


def test_tokens_of_an_older_database_are_kept() -> None:
    db = sqlite3.connect(":memory:")
    key = "PRIMARY KEY (day, token, stream_id, seq)"
    db.execute(f"CREATE TABLE token (day, token, stream_id, seq, {key})")
    rows = [("2026-01-01", n % 3, 1, n) for n in range(9)]
    db.executemany("INSERT INTO token VALUES (?, ?, ?, ?)", rows)
    editor = SimpleNamespace(connection=SimpleNamespace(vendor="sqlite"), execute=db.execute)
    importlib.import_module("alpr_city.reads.migrations.0002_tokens_by_key").lay_down(None, editor)
    assert db.execute("SELECT * FROM token ORDER BY seq").fetchall() == rows
    (made,) = db.execute("SELECT sql FROM sqlite_master WHERE name = 'token'").fetchone()
    assert made.endswith("WITHOUT ROWID")
    db.close()
