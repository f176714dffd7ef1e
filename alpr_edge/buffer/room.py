"""Makes room on a full disk: pictures go first, reads last, and what went is on record."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alpr_edge.buffer.schema import PAGE_BYTES, ballast_of, give_back, is_full
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
    ballast_bytes: int = 8 << 20
    """Kept aside in a file, to be given back when the disk is full: SQLite needs room to delete,
    and 4 MB for a log that was begun anew."""
    log_bytes: int = 8 << 20
    """Left free on the disk for SQLite's log, which grows while somebody reads."""


DEFAULT_LIMITS = OutboxLimits()


class Room:
    """The space that the outbox may use, and the ballast kept for the day it is gone."""

    def __init__(self, db: sqlite3.Connection, path: Path, limits: OutboxLimits) -> None:
        self._db = db
        self._path = path
        self._log = path.with_name(f"{path.name}-wal")
        self._ballast = ballast_of(path)
        self._log_bytes = limits.log_bytes
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
        if picture_bytes and self._held + picture_bytes > self._quota:
            self._use_spare(True)
            while self._held + picture_bytes > self._quota and self._shed_pictures(record):
                pass
        keep = self._held + picture_bytes <= self._quota
        last_try = False
        while True:
            try:
                self._use_spare(last_try)
                return write(keep)
            except sqlite3.OperationalError as error:
                if last_try or not is_full(error):
                    raise
                give_back(self._ballast)
                self._use_spare(True)
                shed = self._shed_pictures(record) or self._drop(keep) or self._shed_reads(record)
                last_try = not shed
                keep = keep and self._held > 0
            finally:
                self._use_spare(False)
                self._refill()

    def _use_spare(self, allowed: bool) -> None:
        """Set how far the file may grow.

        A gap record may use the last pages, and what is left free on the disk, which nothing else
        may: shedding needs a little of both. A disk that fills up is thus met as a file that may
        not grow, where SQLite has its log to work with, and not as a log that cannot be written.
        """
        (pages,) = self._db.execute("PRAGMA page_count").fetchone()
        room = self._pages - pages
        if not allowed:
            room = min(room - self._spare, self._free_pages(pages))
        self._db.execute(f"PRAGMA max_page_count = {pages + max(0, room)}")

    def _free_pages(self, pages: int) -> int:
        """By how many pages the file could grow on this disk, and the log to its most."""
        disk = os.statvfs(self._path.parent)
        in_log = max(0, pages * PAGE_BYTES - _size(self._path))
        log = max(0, self._log_bytes - _size(self._log))
        return (disk.f_bavail * disk.f_frsize - in_log - log) // PAGE_BYTES

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


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
