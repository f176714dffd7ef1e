"""Whose an outbox file is, which stream it holds, and where its chain begins and ends."""

from __future__ import annotations

import os
import sqlite3
import time
from pathlib import Path
from typing import Any

from alpr_edge.buffer.schema import transaction
from alpr_edge.errors import OutboxError
from alpr_wire import chain
from alpr_wire.records import STREAM_BYTES


def stream_of(db: sqlite3.Connection, camera: str, path: Path) -> bytes:
    """The file's stream id, drawn when the file is new.

    Raises:
        OutboxError: The file is another camera's.
    """
    rows = dict(db.execute("SELECT name, value FROM facts WHERE name IN ('stream', 'camera')"))
    if not rows:
        rows = {"stream": os.urandom(STREAM_BYTES), "camera": camera.encode()}
        with transaction(db):
            db.executemany("INSERT INTO facts VALUES (?, ?)", rows.items())
    if rows["camera"] != camera.encode():
        raise OutboxError(
            f"{path}: this outbox is another camera's",
            fix="move the file away; it can be sent from the camera it belongs to",
            permanent=True,
        )
    return bytes(rows["stream"])


def base_of(db: sqlite3.Connection, camera: str, stream: bytes) -> tuple[int, bytes]:
    """Sequence and head that the oldest record on disk follows."""
    row = db.execute("SELECT value FROM facts WHERE name = 'base'").fetchone()
    if row is None:
        return -1, chain.genesis(camera, stream)
    return int.from_bytes(row[0][:8], "big"), row[0][8:]


def position_of(db: sqlite3.Connection, camera: str, stream: bytes) -> tuple[int, bytes]:
    """The sequence number that comes next, and the head that it follows."""
    row = db.execute("SELECT seq, head FROM records ORDER BY seq DESC LIMIT 1").fetchone()
    seq, head = row or base_of(db, camera, stream)
    return seq + 1, head


def boot_body(
    previous: tuple[bytes, int, bytes] | None, cause: str, last_seq: int, head: bytes
) -> dict[int, Any]:
    """The body of a boot record."""
    return {
        1: cause,
        2: list(previous) if previous else None,
        3: time.time_ns() // 1000,
        4: time.monotonic_ns() // 1000,
        5: last_seq,
        6: head,
    }
