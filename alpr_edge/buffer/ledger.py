"""What the city has receipted, and what may therefore go."""

from __future__ import annotations

import sqlite3
import time
from typing import Any

from alpr_edge.buffer.schema import transaction
from alpr_edge.errors import ReceiptError
from alpr_wire.receipts import Receipt, Request
from alpr_wire.records import GapCause, Kind, decode_record


class Ledger:
    """The receipts of one outbox file."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def note(self, receipt: Receipt, statement: bytes, *, next_seq: int) -> None:
        """Keep a receipt whose head is this file's own; one for another stream says nothing here.

        Raises:
            ReceiptError: It names records that were never written, or another head.
        """
        (stream,) = self._db.execute("SELECT value FROM facts WHERE name = 'stream'").fetchone()
        if receipt.stream != stream:
            return
        if receipt.seq >= next_seq:
            raise ReceiptError(f"the city receipts record {receipt.seq}, which was never written")
        row = self._db.execute("SELECT head FROM records WHERE seq = ?", (receipt.seq,)).fetchone()
        if row is None:
            return  # receipted before, and gone
        if row[0] != receipt.digest:
            raise ReceiptError(f"the city holds another head at record {receipt.seq}")
        now_us = time.time_ns() // 1000
        with transaction(self._db):
            self._db.execute(
                "INSERT OR IGNORE INTO receipts VALUES (?, ?, ?, ?, ?)",
                (receipt.seq, receipt.digest, receipt.at_us, now_us, statement),
            )
            self._db.executemany(
                "UPDATE pictures SET receipted = 1, wanted = 0 WHERE seq = ? AND kind = ?",
                [(seq, int(kind)) for seq, kind in receipt.pictures],
            )

    def gap_for(
        self, request: Request, stream: bytes, base: tuple[int, bytes]
    ) -> dict[int, Any] | None:
        """What to put on record when the city asks for records that are gone.

        It names the receipt that reaches farthest, as the city signed it, and the head that the
        rest follows. None when all is here, or when it is on record already. A city that asks for
        records again has lost their pictures too: those count as not receipted from now on.

        Args:
            request: The city's.
            stream: This outbox's.
            base: Sequence number of the last record that is gone, and the head after it.
        """
        oldest, head = base
        if request.stream != stream:
            return None
        self._db.execute(
            "UPDATE pictures SET receipted = 0 WHERE receipted = 1 AND seq > ?",
            (request.after_seq,),
        )
        if request.after_seq >= oldest:
            return None
        for (encoding,) in self._db.execute(
            "SELECT encoding FROM records WHERE kind = ? ORDER BY seq DESC", (int(Kind.GAP),)
        ):
            body = decode_record(encoding).body
            if body[2] <= request.after_seq + 1 and body[3] == oldest and body.get(5) == head:
                return None
        row = self._db.execute("SELECT statement FROM receipts ORDER BY seq DESC").fetchone()
        held = None if row is None else bytes(row[0])
        cause = int(GapCause.OLDER_THAN_HELD)
        return {1: cause, 2: request.after_seq + 1, 3: oldest, 4: 0, 5: head, 6: held}

    def forget(self, before_us: int) -> int:
        """Delete what was receipted before a time; how many records went.

        The epoch of the oldest read that stays, and the newest receipt, stay.
        """
        (seq,) = self._db.execute(
            "SELECT max(seq) FROM receipts WHERE received_us <= ?", (before_us,)
        ).fetchone()
        if seq is None:
            return 0
        (epoch,) = self._db.execute(
            "SELECT max(seq) FROM records WHERE kind = ? AND seq <= ?", (Kind.EPOCH, seq)
        ).fetchone()
        end = seq if epoch is None else epoch - 1
        # A picture that the city lacks keeps its read.
        (waiting,) = self._db.execute(
            "SELECT min(seq) FROM pictures WHERE receipted = 0 AND seq <= ?", (end,)
        ).fetchone()
        if waiting is not None:
            (own,) = self._db.execute(
                "SELECT max(seq) FROM records WHERE kind = ? AND seq < ?", (Kind.EPOCH, waiting)
            ).fetchone()
            end = (own if own is not None else waiting) - 1
        row = self._db.execute("SELECT head FROM records WHERE seq = ?", (end,)).fetchone()
        if row is None:
            return 0
        with transaction(self._db):
            gone = self._db.execute("DELETE FROM records WHERE seq <= ?", (end,)).rowcount
            self._db.execute("DELETE FROM pictures WHERE seq <= ?", (end,))
            self._db.execute(
                "INSERT OR REPLACE INTO facts VALUES ('base', ?)",
                (end.to_bytes(8, "big") + row[0],),
            )
            self._db.execute("DELETE FROM receipts WHERE seq <= ? AND seq < ?", (end, seq))
        return gone
