"""What an outbox file holds, in numbers, and whether its chain holds."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

from alpr_edge.errors import OutboxError
from alpr_wire import chain
from alpr_wire.errors import WireError
from alpr_wire.records import Kind


def verify(
    db: sqlite3.Connection, stream: bytes, base: tuple[int, bytes], end: tuple[int, bytes]
) -> int:
    """Walk the chain on disk from what its oldest record follows to (next seq, head).

    Returns:
        How many records hold.

    Raises:
        OutboxError: A record is missing, changed or out of place; `seq` says which.
    """
    expected, head, count = base[0] + 1, base[1], 0
    for seq, encoding, stored in db.execute("SELECT seq, encoding, head FROM records ORDER BY seq"):
        try:
            head, _ = chain.follow(head, stream, expected, [encoding])
        except WireError as error:
            raise OutboxError(f"record {seq} breaks the chain ({error})", seq=seq) from error
        if head != stored or seq != expected:
            raise OutboxError(f"record {seq} breaks the chain", seq=seq)
        expected, count = seq + 1, count + 1
    if (expected, head) != end:
        raise OutboxError(f"record {expected} is missing at the end", seq=expected)
    return count


def records(db: sqlite3.Connection, after_seq: int, limit: int) -> list[tuple[int, bytes, bytes]]:
    """Up to `limit` records after a sequence number: (seq, encoding, head after it)."""
    return db.execute(
        "SELECT seq, encoding, head FROM records WHERE seq > ? ORDER BY seq LIMIT ?",
        (after_seq, limit),
    ).fetchall()


def state(db: sqlite3.Connection, stream: bytes, path: Path) -> dict[str, Any]:
    """What health tells of the outbox; its bytes are those of the file and of its log."""
    files = path, path.with_name(f"{path.name}-wal")
    size = sum(file.stat().st_size for file in files if file.exists())
    return {"stream": stream.hex(), "file_bytes": size} | counts(db)


def counts(db: sqlite3.Connection) -> dict[str, Any]:
    """Counts, sizes and sequence numbers; as quick with a million records as with ten."""
    tally = dict(db.execute("SELECT name, n FROM tally"))
    first, last, receipted, received_us = db.execute(
        "SELECT (SELECT min(seq) FROM records), (SELECT max(seq) FROM records),"
        " (SELECT max(seq) FROM receipts),"
        " (SELECT received_us FROM receipts ORDER BY seq DESC LIMIT 1)"
    ).fetchone()
    done = -1 if receipted is None else receipted
    # The first by number and not by time: a clock that was set back makes nothing older.
    oldest = db.execute(
        "SELECT stored_us FROM records WHERE seq > ? AND kind = ? ORDER BY seq LIMIT 1",
        (done, Kind.READ),
    ).fetchone()
    return tally | {
        "first_seq": first,
        "last_seq": last,
        "unsent": 0 if last is None else max(0, last - max(done, first - 1)),
        "oldest_unsent_us": None if oldest is None else oldest[0],
        "receipted_seq": receipted,
        "last_receipt_us": received_us,
    }
