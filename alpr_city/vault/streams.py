"""What the vault itself remembers of every camera's streams: no database can make it forget.

The last receipt of each stream, against which a shortened database shows; and the seal keys a
stream uses, so that none is destroyed while an epoch sealed to it may still be on its way. Every
key backup holds a copy.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from alpr_city.errors import VaultError
from alpr_wire.errors import WireError
from alpr_wire.records import decode_record

_SCHEMA = """
CREATE TABLE IF NOT EXISTS cameras (
    camera TEXT PRIMARY KEY, admitted_to TEXT NOT NULL, written_off TEXT
);
CREATE TABLE IF NOT EXISTS streams (
    camera TEXT NOT NULL, stream BLOB NOT NULL, seal_key TEXT, seq INTEGER, digest BLOB,
    closed INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (camera, stream)
);
CREATE TABLE IF NOT EXISTS moves (
    camera TEXT NOT NULL, stream BLOB NOT NULL, seal_key TEXT NOT NULL, at_us INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS moves_of ON moves (camera, stream, at_us);
"""


P = ParamSpec("P")
R = TypeVar("R")


def _alone(method: Callable[Concatenate[Streams, P], R]) -> Callable[Concatenate[Streams, P], R]:
    """One thread at a time."""

    @wraps(method)
    def locked(self: Streams, /, *args: P.args, **kwargs: P.kwargs) -> R:
        with self._lock:
            return method(self, *args, **kwargs)

    return locked


class Streams:
    """One SQLite file. Threads may share it: a receipt is noted while reads are opened."""

    def __init__(self, path: Path) -> None:
        """Open or create it.

        Raises:
            VaultError: The file is damaged.
        """
        self._lock = threading.RLock()
        try:
            self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            self._db.execute("PRAGMA journal_mode = WAL")
            # A receipt is signed only after it is noted here; a power cut may lose the last notes
            # and never a receipt's effect, for the camera is told again.
            self._db.execute("PRAGMA synchronous = NORMAL")
            self._db.executescript(_SCHEMA)
        except sqlite3.Error as error:
            raise VaultError(f"{path}: cannot be opened ({error})") from error
        self._sealed: dict[tuple[str, bytes], str] = {}
        self._under_way: dict[tuple[str, bytes], tuple[str, int]] = {}
        """Streams whose newest epoch, sealed to another key, has no receipt yet: key and seq."""

    @_alone
    def admit(self, camera: str, seal_key: str) -> None:
        """A camera was given a seal key."""
        self._db.execute("INSERT OR IGNORE INTO cameras VALUES (?, ?, NULL)", (camera, seal_key))

    @_alone
    def write_off(self, camera: str, why: str, stream: bytes | None = None) -> None:
        """A camera, or one stream of it, is gone with what it has not sent.

        Raises:
            VaultError: There is no such camera or stream.
        """
        if stream is None:
            changed = self._db.execute(
                "UPDATE cameras SET written_off = ? WHERE camera = ?", (why, camera)
            ).rowcount
        else:
            changed = self._close(camera, stream)
        if not changed:
            raise VaultError(f"{camera}: no such camera or stream here")

    @_alone
    def sealed_to(self, camera: str, stream: bytes, seal_key: str, epoch: bytes) -> None:
        """An epoch of a stream arrived, sealed to this key. It counts once it is receipted."""
        if self._sealed.get((camera, stream)) == seal_key:
            return
        try:
            seq = decode_record(epoch).seq
        except WireError as error:
            raise VaultError("no epoch record") from error
        self._db.execute(
            "INSERT OR IGNORE INTO streams (camera, stream) VALUES (?, ?)", (camera, stream)
        )
        self._sealed[camera, stream] = seal_key
        self._under_way[camera, stream] = seal_key, seq

    @_alone
    def receipted(self, heads: Iterable[tuple[str, bytes, int, bytes]]) -> None:
        """Receipts are about to be signed: camera, stream, sequence number and head of each."""
        moved = set()
        with self._db:  # one transaction
            self._db.execute("BEGIN IMMEDIATE")
            for camera, stream, seq, digest in heads:
                self._db.execute(
                    "INSERT INTO streams (camera, stream, seq, digest) VALUES (?, ?, ?, ?)"
                    " ON CONFLICT (camera, stream) DO UPDATE SET seq = excluded.seq,"
                    " digest = excluded.digest WHERE seq IS NULL OR excluded.seq >= seq",
                    (camera, stream, seq, digest),
                )
                moving = self._under_way.get((camera, stream))
                if moving is not None and seq >= moving[1] and (camera, stream) not in moved:
                    self._move(camera, stream, moving[0])
                    moved.add((camera, stream))
        for name in moved:
            del self._under_way[name]

    @_alone
    def close_stream(self, camera: str, stream: bytes) -> None:
        """A stream's successor has named its last head, which is the one receipted."""
        self._close(camera, stream)

    @_alone
    def receipts(self, camera: str) -> dict[bytes, tuple[int, bytes]]:
        """The last receipt of each stream of a camera: (seq, head)."""
        return {
            bytes(stream): (int(seq), bytes(digest))
            for stream, seq, digest in self._db.execute(
                "SELECT stream, seq, digest FROM streams WHERE camera = ? AND seq IS NOT NULL",
                (camera,),
            )
        }

    @_alone
    def oldest_needed(self, began: Mapping[str, int], since_us: int) -> int | None:
        """Start of the oldest seal key that an epoch still to come may be sealed to.

        Also counted is every key in use since a time: what was sealed to it the camera still holds
        and sends again to a city that was restored.

        None while that cannot be said: a living camera has no receipt, or uses an unknown key.
        """
        needed: list[int | None] = []
        for camera, admitted_to in self._db.execute(
            "SELECT camera, admitted_to FROM cameras WHERE written_off IS NULL"
        ).fetchall():
            open_ones = self._db.execute(
                "SELECT stream, seal_key FROM streams WHERE camera = ? AND closed = 0", (camera,)
            ).fetchall()
            if not open_ones:
                needed.append(began.get(admitted_to))
            for stream, seal_key in open_ones:
                needed.append(None if seal_key is None else began.get(seal_key))
                needed += [began.get(k) for k in self._since(camera, bytes(stream), since_us)]
        known = [n for n in needed if n is not None]
        return min(known) if known and len(known) == len(needed) else None

    @_alone
    def rows(self) -> dict[str, list[list[Any]]]:
        """Everything, for a backup: nothing in it is secret."""
        return {
            name: [[_text(v) for v in row] for row in self._db.execute(f"SELECT * FROM {name}")]  # noqa: S608
            for name in ("cameras", "streams", "moves")
        }

    @_alone
    def take(self, rows: Mapping[str, list[list[Any]]]) -> int:
        """Take what a backup remembers and this file does not; how many streams."""
        self._db.execute("BEGIN IMMEDIATE")
        for row in rows.get("cameras", []):
            self._db.execute("INSERT OR IGNORE INTO cameras VALUES (?, ?, ?)", row)
        taken = 0
        for camera, stream, seal_key, seq, digest, closed in rows.get("streams", []):
            taken += self._db.execute(
                "INSERT INTO streams VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (camera, stream)"
                " DO UPDATE SET seq = excluded.seq, digest = excluded.digest,"
                " seal_key = coalesce(seal_key, excluded.seal_key)"
                " WHERE seq IS NULL OR excluded.seq > seq",
                (camera, _bytes(stream), seal_key, seq, _bytes(digest), closed),
            ).rowcount
        for camera, stream, seal_key, at_us in rows.get("moves", []):
            move = (camera, _bytes(stream), seal_key, at_us)
            if not self._db.execute(
                "SELECT 1 FROM moves WHERE (camera, stream, seal_key, at_us) = (?, ?, ?, ?)", move
            ).fetchone():
                self._db.execute("INSERT INTO moves VALUES (?, ?, ?, ?)", move)
        self._db.execute("COMMIT")
        return taken

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def _move(self, camera: str, stream: bytes, seal_key: str) -> None:
        self._db.execute(
            "UPDATE streams SET seal_key = ? WHERE camera = ? AND stream = ?",
            (seal_key, camera, stream),
        )
        self._db.execute(
            "INSERT INTO moves VALUES (?, ?, ?, ?)",
            (camera, stream, seal_key, time.time_ns() // 1000),
        )

    def _since(self, camera: str, stream: bytes, since_us: int) -> list[str]:
        """The keys a stream used at a time and after it."""
        (at_us,) = self._db.execute(
            "SELECT max(at_us) FROM moves WHERE camera = ? AND stream = ? AND at_us <= ?",
            (camera, stream, since_us),
        ).fetchone()
        return [
            key
            for (key,) in self._db.execute(
                "SELECT seal_key FROM moves WHERE camera = ? AND stream = ? AND at_us >= ?",
                (camera, stream, -1 if at_us is None else at_us),
            )
        ]

    def _close(self, camera: str, stream: bytes) -> int:
        return self._db.execute(
            "UPDATE streams SET closed = 1 WHERE camera = ? AND stream = ?", (camera, stream)
        ).rowcount


def _text(value: Any) -> Any:
    return value.hex() if isinstance(value, bytes) else value


def _bytes(value: str | None) -> bytes | None:
    return None if value is None else bytes.fromhex(value)
