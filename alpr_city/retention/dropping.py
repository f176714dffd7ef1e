"""Drops the rows of a day whose keys are dead. May be cut off anywhere and done again.

PostgreSQL detaches and drops the day's partitions: no lock that ingest would wait for. SQLite
deletes in small batches, leaves the database to ingest between two of them, and writes its log into
the file by itself, so that no commit of ingest's is the one that has to.
"""

from __future__ import annotations

import time
from datetime import date
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.dispatch import Signal

from alpr_city.reads import partitions

day_dropped = Signal()
"""Sent with `day`: rooms that keep rows about reads of that day delete them now, again and again
where asked. What belongs to a hold stays (`retention.holds.held`)."""

SHORT_S, LONG_S = 0.06, 0.12
"""A batch that took less is followed by a larger one, and one that took more by a smaller."""
LEAST, MOST = 200, 100_000
PAUSE_S = 0.03
"""Longer than SQLite sleeps between two tries for the lock, so ingest gets in: 25 ms, once it has
waited for 53 and until it has for 128."""
CROWD_S = 0.002
"""Who waits longer for the lock than this is not alone."""


class Pace:
    """How much is deleted at once, and how long the database is then left to others."""

    def __init__(self) -> None:
        self.size, self.pause_s = LEAST, PAUSE_S

    def after(self, waited_s: float, held_s: float) -> None:
        """A batch waited so long for the lock and held it so long."""
        if held_s < SHORT_S:
            self.size = min(2 * self.size, MOST)
        elif held_s > LONG_S:
            self.size = max(self.size // 2, LEAST)
        # Where others commit, they have it for as long as this waited, or half as long as it held.
        self.pause_s = PAUSE_S if waited_s < CROWD_S else max(PAUSE_S, held_s / 2, waited_s)


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
    if postgres:
        which = f"ctid = ANY(ARRAY(SELECT ctid FROM {table} WHERE day = %s LIMIT %s))"  # noqa: S608
    elif table == "token":  # it has no row numbers; all rows of a token go at once
        which = "day = %s AND token IN (SELECT token FROM token WHERE day = %s LIMIT %s)"
    else:
        which = f"rowid IN (SELECT rowid FROM {table} WHERE day = %s LIMIT %s)"  # noqa: S608
    days = [str(day)] * (which.count("%s") - 1)
    pace = Pace()
    while True:
        asked_s = time.monotonic()
        with transaction.atomic(), connection.cursor() as cursor:
            began_s = time.monotonic()
            cursor.execute(f"DELETE FROM {table} WHERE {which}", [*days, pace.size])  # noqa: S608
            gone = cursor.rowcount
        held_s = time.monotonic() - began_s
        if gone < pace.size:
            return
        pace.after(began_s - asked_s, held_s)
        if not postgres:
            with connection.cursor() as cursor:
                cursor.execute("PRAGMA wal_checkpoint(PASSIVE)")  # nobody waits for it
            time.sleep(pace.pause_s)


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
