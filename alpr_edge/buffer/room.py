"""Makes room on a full disk: pictures go first, reads last, and what went is on record."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alpr_edge.buffer.schema import PAGE_BYTES
from alpr_wire.records import GapCause, Kind

SHED_SHARE = 20
"""One sweep sheds a twentieth of the pictures, so that sweeps, and gap records, stay rare."""
SPARE_PAGES = 16

Writes = Callable[[bool], int]
"""Stores something; its argument says whether with pictures. Gives the sequence number."""
Statements = Sequence[tuple[str, tuple[Any, ...]]]
PutsOnRecord = Callable[[GapCause, tuple[int, int], int, Statements], None]
"""Cause, first and last sequence number, how many are shed, and what sheds them.
Both happen, or neither."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxLimits:
    """How much the outbox may hold."""

    most_bytes: int = 8 << 30
    picture_bytes: int = 6 << 30
    ballast_bytes: int = 4 << 20
    """Kept aside in a file, to be given back when the disk is full: SQLite needs room to delete."""


DEFAULT_LIMITS = OutboxLimits()


class Room:
    """The space that the outbox may use, and the ballast kept for the day it is gone."""

    def __init__(self, db: sqlite3.Connection, ballast: Path, limits: OutboxLimits) -> None:
        self._db = db
        self._ballast = ballast
        self._quota = limits.picture_bytes
        self._ballast_bytes = limits.ballast_bytes
        self._pages = limits.most_bytes // PAGE_BYTES
        self._spare = min(SPARE_PAGES, self._pages // 8)
        self._use_spare(False)
        self._held = self._tally("picture_bytes")
        self._refill()

    def added(self, picture_bytes: int) -> None:
        """Count pictures that were stored."""
        self._held += picture_bytes

    def make(self, picture_bytes: int, write: Writes, record: PutsOnRecord) -> int:
        """Write, shedding as much as it takes, and no more.

        Raises:
            sqlite3.Error: The disk failed otherwise than by being full, or nothing is left to shed.
        """
        self._use_spare(True)
        while picture_bytes and self._held + picture_bytes > self._quota:
            if not self._shed_pictures(record):
                break
        self._use_spare(False)
        keep = self._held + picture_bytes <= self._quota
        while True:
            try:
                return write(keep)
            except sqlite3.OperationalError as error:
                if not is_full(error):
                    raise
                self._ballast.unlink(missing_ok=True)
                self._use_spare(True)
                if not (
                    self._shed_pictures(record) or self._drop(keep) or self._shed_reads(record)
                ):
                    raise
                keep = keep and self._held > 0
            finally:
                self._use_spare(False)
                self._refill()

    def _use_spare(self, allowed: bool) -> None:
        """A gap record may use the last pages, which nothing else may: shedding needs one."""
        most = self._pages - (0 if allowed else self._spare)
        self._db.execute(f"PRAGMA max_page_count = {most}")

    def _shed_pictures(self, record: PutsOnRecord) -> bool:
        """Delete the oldest pictures; whether there were any."""
        count = self._tally("pictures")
        if not count:
            return False
        # Up to and with the picture that ends the portion.
        cut = self._db.execute(
            "SELECT seq FROM pictures ORDER BY seq LIMIT 1 OFFSET ?", (count // SHED_SHARE,)
        ).fetchone()[0]
        first, gone, size = self._db.execute(
            "SELECT min(seq), count(*), sum(length(data)) FROM pictures WHERE seq <= ?", (cut,)
        ).fetchone()
        shed = [("DELETE FROM pictures WHERE seq <= ?", (cut,))]
        record(GapCause.SHED_PICTURES, (first, cut), gone, shed)
        self._held -= size
        return True

    def _tally(self, name: str) -> int:
        """A count that the file keeps of itself."""
        (count,) = self._db.execute("SELECT n FROM tally WHERE name = ?", (name,)).fetchone()
        return int(count)

    def _drop(self, keep: bool) -> bool:
        """Whether the write may be tried again without its own pictures."""
        return keep and self._held == 0

    def _shed_reads(self, record: PutsOnRecord) -> bool:
        """Delete everything before the second-oldest epoch; whether there was such.

        The epoch record of a read that stays must stay too, so whole epochs go.
        """
        epochs = self._db.execute(
            "SELECT seq FROM records WHERE kind = ? ORDER BY seq LIMIT 2", (Kind.EPOCH,)
        ).fetchall()
        if len(epochs) < 2:
            return False
        end = epochs[1][0] - 1
        first, gone = self._db.execute(
            "SELECT min(seq), count(*) FROM records WHERE seq <= ?", (end,)
        ).fetchone()
        (head,) = self._db.execute("SELECT head FROM records WHERE seq = ?", (end,)).fetchone()
        base = end.to_bytes(8, "big") + head
        shed = [
            ("DELETE FROM records WHERE seq <= ?", (end,)),
            ("INSERT OR REPLACE INTO facts VALUES ('base', ?)", (base,)),
        ]
        record(GapCause.SHED_READS, (first, end), gone, shed)
        return True

    def _refill(self) -> None:
        """Put the ballast back, where there is room for it."""
        try:
            if self._ballast.exists() and self._ballast.stat().st_size == self._ballast_bytes:
                return
            with self._ballast.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, self._ballast_bytes)
        except OSError:
            self._ballast.unlink(missing_ok=True)


def is_full(error: sqlite3.OperationalError) -> bool:
    """Whether SQLite failed for want of space."""
    return error.sqlite_errorcode == sqlite3.SQLITE_FULL
