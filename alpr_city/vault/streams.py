"""What the vault itself remembers of every camera's streams: no database can make it forget.

The last receipt of each stream, against which a shortened database shows; and the newest seal key
a stream uses, so that no seal key is destroyed while an epoch sealed to it may still be on its way.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from pathlib import Path

from alpr_city.errors import VaultError

_SCHEMA = """
CREATE TABLE IF NOT EXISTS cameras (
    camera TEXT PRIMARY KEY, admitted_to TEXT NOT NULL, written_off TEXT
);
CREATE TABLE IF NOT EXISTS streams (
    camera TEXT NOT NULL, stream BLOB NOT NULL, seal_key TEXT, seq INTEGER, digest BLOB,
    closed INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (camera, stream)
);
"""


class Streams:
    """One SQLite file. One thread at a time uses it."""

    def __init__(self, path: Path) -> None:
        """Open or create it.

        Raises:
            VaultError: The file is damaged.
        """
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

    def admit(self, camera: str, seal_key: str) -> None:
        """A camera was given a seal key."""
        self._db.execute("INSERT OR IGNORE INTO cameras VALUES (?, ?, NULL)", (camera, seal_key))

    def write_off(self, camera: str, why: str) -> None:
        """A camera is gone with what it has not sent."""
        self._db.execute("UPDATE cameras SET written_off = ? WHERE camera = ?", (why, camera))

    def sealed_to(self, camera: str, stream: bytes, seal_key: str) -> None:
        """An epoch of a stream arrived that is sealed to this key."""
        if self._sealed.get((camera, stream)) == seal_key:
            return
        self._db.execute(
            "INSERT INTO streams (camera, stream, seal_key) VALUES (?, ?, ?)"
            " ON CONFLICT (camera, stream) DO UPDATE SET seal_key = excluded.seal_key",
            (camera, stream, seal_key),
        )
        self._sealed[camera, stream] = seal_key

    def receipted(self, camera: str, stream: bytes, seq: int, digest: bytes) -> None:
        """A receipt is about to be signed."""
        self._db.execute(
            "INSERT INTO streams (camera, stream, seq, digest) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (camera, stream) DO UPDATE SET seq = excluded.seq,"
            " digest = excluded.digest WHERE seq IS NULL OR excluded.seq >= seq",
            (camera, stream, seq, digest),
        )

    def close_stream(self, camera: str, stream: bytes) -> None:
        """A stream's successor has named its last head, which is the one receipted."""
        self._db.execute(
            "UPDATE streams SET closed = 1 WHERE camera = ? AND stream = ?", (camera, stream)
        )

    def receipts(self, camera: str) -> dict[bytes, tuple[int, bytes]]:
        """The last receipt of each stream of a camera: (seq, head)."""
        return {
            bytes(stream): (int(seq), bytes(digest))
            for stream, seq, digest in self._db.execute(
                "SELECT stream, seq, digest FROM streams WHERE camera = ? AND seq IS NOT NULL",
                (camera,),
            )
        }

    def oldest_needed(self, began: Mapping[str, int]) -> int | None:
        """Start of the oldest seal key that an epoch still to come may be sealed to.

        None while that cannot be said: a living camera has sent nothing, or uses an unknown key.
        """
        needed: list[int | None] = []
        for camera, admitted_to in self._db.execute(
            "SELECT camera, admitted_to FROM cameras WHERE written_off IS NULL"
        ).fetchall():
            used = [
                key
                for (key,) in self._db.execute(
                    "SELECT seal_key FROM streams WHERE camera = ? AND closed = 0", (camera,)
                )
            ] or [admitted_to]
            needed += [began.get(key) if key is not None else None for key in used]
        known = [n for n in needed if n is not None]
        return min(known) if known and len(known) == len(needed) else None

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()
