"""What waits in the outbox, as batches and pictures ready to send."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable
from pathlib import Path

from alpr_edge.errors import SyncError
from alpr_wire import chain
from alpr_wire.batches import FULL_BYTES, MOST_RECORDS, Batch, PictureMessage
from alpr_wire.records import Kind, Picture, decode_record
from alpr_wire.sealing import SealedPicture

MOST_GAPS = 1000
"""Gap records looked through for the one that is asked for, newest first."""


class Mailbag:
    """Reads the outbox's file beside the process that writes it. It can change nothing there."""

    def __init__(self, path: Path, camera: str) -> None:
        """Open the file.

        Raises:
            SyncError: There is no outbox yet, or it is another camera's.
        """
        self._camera = camera
        try:
            self._db = sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None)
            facts = dict(self._db.execute("SELECT name, value FROM facts"))
            self._db.execute("SELECT count(*) FROM receipts").fetchone()
            self._db.execute("SELECT wanted FROM pictures LIMIT 1").fetchone()
        except sqlite3.Error as error:
            raise SyncError(
                f"{path}: no outbox to send from ({error})", fix="start `alpr-edge capture` first"
            ) from error
        if facts.get("camera") != camera.encode():
            raise SyncError(f"{path}: this outbox is another camera's")
        self.stream = bytes(facts["stream"])
        self.inode = path.stat().st_ino
        """Changes when capture sets a damaged file aside."""

    def receipted(self) -> int:
        """The last record that the city holds, as capture has checked it; -1 for none."""
        (seq,) = self._db.execute("SELECT max(seq) FROM receipts").fetchone()
        return max(self._base()[0], -1 if seq is None else int(seq))

    @property
    def base(self) -> int:
        """The last record that is gone from here; -1 where none is."""
        return self._base()[0]

    def explanation(self, after_seq: int) -> Batch | None:
        """A batch of the one record that says what became of those after `after_seq`, or None."""
        rows = self._db.execute(
            "SELECT seq, encoding, head, signature FROM records WHERE kind = ?"
            " ORDER BY seq DESC LIMIT ?",
            (int(Kind.GAP), MOST_GAPS),
        )
        for seq, encoding, head, signature in rows:
            body = decode_record(encoding).body
            if not (body[2] <= after_seq + 1 <= body[3] and 5 in body):
                continue
            return Batch(
                camera=self._camera,
                stream=self.stream,
                first_seq=seq,
                before=self._base()[1] if seq - 1 == self.base else self._head(seq - 1),
                encodings=(encoding,),
                digest=head,
                signature=signature,
            )
        return None

    def last(self) -> int:
        """The last record there is."""
        (seq,) = self._db.execute("SELECT max(seq) FROM records").fetchone()
        return -1 if seq is None else int(seq)

    def batch(self, after_seq: int) -> Batch | None:
        """The next batch after a record, as full as the limits allow; None when there is none."""
        base, base_head = self._base()
        after_seq = max(after_seq, base)
        rows = self._db.execute(
            "SELECT seq, encoding, head, signature FROM records WHERE seq > ? ORDER BY seq LIMIT ?",
            (after_seq, MOST_RECORDS),
        ).fetchall()
        if not rows:
            return None
        size = count = 0
        for _, encoding, _, _ in rows:
            size += len(encoding) + 5
            if count and size > FULL_BYTES:
                break
            count += 1
        rows = rows[:count]
        before = base_head if after_seq == base else self._head(after_seq)
        return Batch(
            camera=self._camera,
            stream=self.stream,
            first_seq=rows[0][0],
            before=before,
            encodings=tuple(encoding for _, encoding, _, _ in rows),
            digest=rows[-1][2],
            signature=rows[-1][3],
        )

    def picture(self, up_to_seq: int, sent: Collection[tuple[int, int]]) -> PictureMessage | None:
        """The oldest picture of a receipted read that is neither receipted nor sent already."""
        rows = self._db.execute(
            "SELECT seq, kind, data FROM pictures WHERE receipted = 0 AND wanted = 0 AND seq <= ?"
            " ORDER BY seq, kind LIMIT ?",
            (up_to_seq, len(sent) + 1),
        )
        return self._first(rows, sent)

    def wanted(self, sent: Collection[tuple[int, int]]) -> PictureMessage | None:
        """A picture that the city pulls and that was not sent for it yet."""
        rows = self._db.execute(
            "SELECT seq, kind, data FROM pictures WHERE wanted = 1 ORDER BY seq, kind LIMIT ?",
            (len(sent) + 1,),
        )
        return self._first(rows, sent)

    def pulled(self) -> tuple[int, int]:
        """The last pull of records: the command's number, and after which record. -1 for none."""
        row = self._db.execute("SELECT value FROM facts WHERE name = 'pull'").fetchone()
        if row is None:
            return -1, -1
        return int.from_bytes(row[0][:8], "big"), int.from_bytes(row[0][8:], "big") - 1

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def _first(
        self, rows: Iterable[tuple[int, int, bytes]], sent: Collection[tuple[int, int]]
    ) -> PictureMessage | None:
        for seq, kind, data in rows:
            if (seq, kind) not in sent:
                picture = SealedPicture(kind=Picture(kind), data=data)
                return PictureMessage(
                    camera=self._camera, stream=self.stream, seq=seq, picture=picture
                )
        return None

    def _head(self, seq: int) -> bytes:
        row = self._db.execute("SELECT head FROM records WHERE seq = ?", (seq,)).fetchone()
        if row is None:
            raise SyncError(f"record {seq} is not in the outbox")
        return bytes(row[0])

    def _base(self) -> tuple[int, bytes]:
        row = self._db.execute("SELECT value FROM facts WHERE name = 'base'").fetchone()
        if row is None:
            return -1, chain.genesis(self._camera, self.stream)
        return int.from_bytes(row[0][:8], "big"), bytes(row[0][8:])
