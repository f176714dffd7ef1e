"""What the city pulls: records from a place on, or one picture before all others.

Capture writes it down here, once it has checked the command; sync, which reads the same file, acts.
"""

from __future__ import annotations

import sqlite3

from alpr_edge.buffer.schema import transaction
from alpr_edge.errors import ReceiptError

FACT = "pull"


def pull_records(db: sqlite3.Connection, number: int, after_seq: int) -> None:
    """Have everything after a record sent again; `number` is the command's."""
    value = number.to_bytes(8, "big") + (after_seq + 1).to_bytes(8, "big")
    with transaction(db):
        db.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (FACT, value))


def pull_picture(db: sqlite3.Connection, seq: int, kind: int) -> None:
    """Have one picture sent next, whether it was receipted or not.

    Raises:
        ReceiptError: It is not here.
    """
    with transaction(db):
        found = db.execute(
            "UPDATE pictures SET receipted = 0, wanted = 1 WHERE seq = ? AND kind = ?", (seq, kind)
        ).rowcount
    if not found:
        raise ReceiptError("the picture is not here")
