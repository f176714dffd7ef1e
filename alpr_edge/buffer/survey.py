"""What an outbox file holds, in numbers, and whether its chain holds."""

from __future__ import annotations

import sqlite3
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


def counts(db: sqlite3.Connection) -> dict[str, Any]:
    """Counts, sizes and sequence numbers."""
    first, last, records = db.execute("SELECT min(seq), max(seq), count(*) FROM records").fetchone()
    reads, oldest = db.execute(
        "SELECT count(*), min(stored_us) FROM records WHERE kind = ?", (Kind.READ,)
    ).fetchone()
    pictures, picture_bytes = db.execute(
        "SELECT count(*), coalesce(sum(length(data)), 0) FROM pictures"
    ).fetchone()
    receipted, received_us = db.execute(
        "SELECT max(seq), max(received_us) FROM receipts"
    ).fetchone()
    return {
        "first_seq": first,
        "last_seq": last,
        "records": records,
        "reads": reads,
        "pictures": pictures,
        "picture_bytes": picture_bytes,
        "oldest_read_us": oldest,
        "receipted_seq": receipted,
        "last_receipt_us": received_us,
    }
