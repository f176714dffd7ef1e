"""A damaged outbox is set aside and kept; a new stream follows it."""

from __future__ import annotations

import logging
import re
import sqlite3
import time
from pathlib import Path

from alpr_edge.buffer.schema import sync_folder
from alpr_edge.errors import OutboxError

log = logging.getLogger(__name__)


def kept(path: Path) -> list[Path]:
    """The damaged files that were set aside beside an outbox, oldest first."""
    name = re.compile(re.escape(path.name) + r"\.damaged-\d+")
    return sorted(file for file in path.parent.iterdir() if name.fullmatch(file.name))


def set_aside(path: Path) -> tuple[bytes, int, bytes] | None:
    """Rename a damaged outbox with its log; its stream, sequence and head where they can be read.

    Raises:
        OSError: The disk failed.
    """
    last = last_head(path)
    aside = f"{path.name}.damaged-{time.time_ns()}"
    for suffix in ("", "-wal", "-shm"):
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.rename(path.with_name(aside + suffix))
    sync_folder(path.parent)
    log.error("damaged outbox set aside", extra={"kept_as": str(path.with_name(aside))})
    return last


def failed(path: Path, error: sqlite3.Error) -> OutboxError:
    """What a failure of the disk becomes."""
    return OutboxError(
        f"{path}: the outbox failed ({error})",
        fix="the process ends and opens it anew; look at the disk if this repeats",
        permanent=True,
    )


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
