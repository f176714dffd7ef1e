"""Drops the rows of a day whose keys are dead. May be cut off anywhere and done again.

PostgreSQL detaches and drops the day's partitions: no lock that ingest would wait for. SQLite
deletes in batches, and leaves the database to ingest between two of them.
"""

from __future__ import annotations

import time
from datetime import date
from pathlib import Path
from typing import Any

from django.db import connection
from django.dispatch import Signal

from alpr_city.reads import partitions

day_dropped = Signal()
"""Sent with `day`: rooms that keep rows about reads of that day delete them now, again and again
where asked. What belongs to a hold stays (`retention.holds.held`)."""

SHORT_S, LONG_S = 0.15, 0.4
"""A batch that took less is followed by a larger one, and one that took more by a smaller."""
LEAST, MOST = 1000, 100_000
PAUSE_S = 0.12
"""Longer than SQLite's longest wait between two tries for the lock, so ingest gets in."""


def drop(day: date, pictures: Path) -> None:
    """Take a day out of every table by day, its quarantine and its pictures."""
    for table in partitions.BY_DAY:
        _drop_a_table(table, day)
    _delete("quarantined", day)
    answers = day_dropped.send_robust(sender=None, day=day)  # every room is told, whoever fails
    failed = next((e for _, e in answers if isinstance(e, Exception)), None)
    if failed is not None:
        raise failed  # the day is not certified, and the next run asks again
    # Last, and the log files with it: a picture whose key is dead is noise already.
    for suffix in ("", "-wal", "-shm"):
        pictures.with_name(pictures.name + suffix).unlink(missing_ok=True)


def _drop_a_table(table: str, day: date) -> None:
    if connection.vendor == "postgresql":
        _drop_partition(table, partitions.partition(table, day))
    else:
        _delete(table, day)


def _delete(table: str, day: date) -> None:
    postgres = connection.vendor == "postgresql"
    row = "ctid" if postgres else "rowid"
    mark = "ANY(ARRAY(" if postgres else "("
    size = LEAST
    while True:
        began = time.monotonic()
        with connection.cursor() as cursor:
            cursor.execute(
                f"DELETE FROM {table} WHERE {row} {'=' if postgres else 'IN'} {mark}"  # noqa: S608
                f"SELECT {row} FROM {table} WHERE day = %s LIMIT %s){')' if postgres else ''}",
                [str(day), size],
            )
            if cursor.rowcount < size:
                return
        took_s = time.monotonic() - began
        if took_s < SHORT_S:
            size = min(2 * size, MOST)
        elif took_s > LONG_S:
            size = max(size // 2, LEAST)
        time.sleep(0 if postgres else PAUSE_S)


def _drop_partition(table: str, name: str) -> None:
    with connection.cursor() as cursor:
        state = _attached(cursor, table, name)
        if state is not None:
            # Concurrently may not stand in a transaction; one that was cut off is finished.
            how = "FINALIZE" if state else "CONCURRENTLY"
            cursor.execute(f"ALTER TABLE {table} DETACH PARTITION {name} {how}")
        cursor.execute(f"DROP TABLE IF EXISTS {name}")


def _attached(cursor: Any, table: str, name: str) -> bool | None:
    """Whether a detach is half done; None where the partition is not attached."""
    cursor.execute(
        "SELECT i.inhdetachpending FROM pg_inherits i WHERE i.inhrelid = to_regclass(%s)"
        " AND i.inhparent = to_regclass(%s)",
        [name, table],
    )
    row = cursor.fetchone()
    return None if row is None else bool(row[0])
