"""One-time codes: issued for one camera and site, perhaps approved by a second person, used once.

What is stored of a code is a hash; the code itself is shown once and never again.
"""

from __future__ import annotations

import hashlib
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from alpr_city.config import CityConfig
from alpr_city.errors import AuthorityError
from alpr_wire.enrolment_code import EnrolmentCode
from alpr_wire.errors import WireError
from alpr_wire.topics import check_camera

LIFE_S = 30 * 60
_SCHEMA = """
CREATE TABLE IF NOT EXISTS code (
    id INTEGER PRIMARY KEY, hash BLOB NOT NULL UNIQUE, camera TEXT NOT NULL, site TEXT NOT NULL,
    issued_by TEXT NOT NULL, issued_s REAL NOT NULL, expires_s REAL NOT NULL,
    second_person INTEGER NOT NULL, approved_by TEXT, used_key BLOB, done_s REAL);
CREATE TABLE IF NOT EXISTS issued (
    serial TEXT PRIMARY KEY, camera TEXT NOT NULL, issued_s REAL NOT NULL, why TEXT NOT NULL);
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeRow:
    """A code as it is known here."""

    id: int
    camera: str
    site: str
    issued_by: str
    expires_s: float
    second_person: bool
    approved_by: str | None
    used: bool
    done: bool

    @property
    def expires_at(self) -> datetime:
        """When it stops working."""
        return datetime.fromtimestamp(self.expires_s, UTC)

    @property
    def waits(self) -> bool:
        """Whether a second person must still approve."""
        return self.second_person and self.approved_by is None


class Codes:
    """The file of codes and issued certificates. Each call is one transaction."""

    def __init__(self, file: Path) -> None:
        self._file = file
        file.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
        with self._db() as db:
            db.executescript(_SCHEMA)

    def issue(
        self,
        authority: bytes,
        *,
        camera: str,
        site: str,
        by: str,
        second_person: bool = False,
        life_s: float = LIFE_S,
    ) -> str:
        """Draw a code for one camera at one site; the text to show, once.

        `authority` is the certificate (DER) that signs the city's servers.

        Raises:
            AuthorityError: The name is no camera's.
        """
        try:
            check_camera(camera)
        except WireError as error:
            raise AuthorityError(f"{camera}: {error}") from error
        code = EnrolmentCode.draw(authority)
        now_s = time.time()
        with self._db() as db:
            # One code at a time for a camera: an older one that lies about is void.
            db.execute("DELETE FROM code WHERE camera = ? AND used_key IS NULL", (camera,))
            db.execute(
                "INSERT INTO code (hash, camera, site, issued_by, issued_s, expires_s,"
                " second_person) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (_hash(code.secret), camera, site, by, now_s, now_s + life_s, int(second_person)),
            )
        return code.text

    def out(self) -> list[CodeRow]:
        """Codes that may still admit a camera, the oldest first."""
        with self._db() as db:
            rows = db.execute(
                f"{_ROW} WHERE done_s IS NULL AND expires_s > ? ORDER BY id", (time.time(),)
            ).fetchall()
        return [_row(r) for r in rows]

    def waiting(self) -> list[CodeRow]:
        """Codes that wait for a second person."""
        return [row for row in self.out() if row.waits]

    def approve(self, camera: str, *, by: str) -> None:
        """A second person agrees.

        Raises:
            AuthorityError: Nothing waits, or it is the person who issued the code.
        """
        row = next((r for r in self.waiting() if r.camera == camera), None)
        if row is None:
            raise AuthorityError(f"{camera}: no code waits for approval")
        if row.issued_by == by:
            raise AuthorityError(
                f"{by} issued the code for {camera}", fix="have another person approve it"
            )
        with self._db() as db:
            db.execute("UPDATE code SET approved_by = ? WHERE id = ?", (by, row.id))

    def find(self, secret: bytes) -> CodeRow | None:
        """The code with this secret."""
        with self._db() as db:
            found = db.execute(f"{_ROW} WHERE hash = ?", (_hash(secret),)).fetchone()
        return None if found is None else _row(found)

    def bind(self, id_: int, key: bytes) -> bool:
        """Use a code for a key; False where another key used it. The same key may come again."""
        digest = hashlib.sha256(key).digest()
        with self._db() as db:
            db.execute(
                "UPDATE code SET used_key = ? WHERE id = ? AND used_key IS NULL", (digest, id_)
            )
            (held,) = db.execute("SELECT used_key FROM code WHERE id = ?", (id_,)).fetchone()
        return bool(held == digest)

    def site_of(self, camera: str) -> str:
        """Where the newest code of a camera said that it stands."""
        with self._db() as db:
            row = db.execute(
                "SELECT site FROM code WHERE camera = ? ORDER BY id DESC", (camera,)
            ).fetchone()
        return "" if row is None else str(row[0])

    def complete(self, camera: str) -> None:
        """The camera has everything: its code is over."""
        with self._db() as db:
            db.execute(
                "UPDATE code SET done_s = ? WHERE camera = ? AND done_s IS NULL"
                " AND used_key IS NOT NULL",
                (time.time(), camera),
            )

    def note_issued(self, serial: int, camera: str, why: str) -> None:
        """Keep a certificate's serial, to revoke it by."""
        with self._db() as db:
            db.execute(
                "INSERT OR REPLACE INTO issued VALUES (?, ?, ?, ?)",
                (str(serial), camera, time.time(), why),
            )

    def serials(self, camera: str) -> list[int]:
        """Every certificate that a camera was given."""
        with self._db() as db:
            rows = db.execute("SELECT serial FROM issued WHERE camera = ?", (camera,)).fetchall()
        return [int(serial) for (serial,) in rows]

    @contextmanager
    def _db(self) -> Iterator[sqlite3.Connection]:
        db = sqlite3.connect(self._file, timeout=30)
        try:
            with db:
                yield db
        finally:
            db.close()


def codes_of(config: CityConfig) -> Codes:
    """The city's codes."""
    return Codes(config.files.path / "enrolment" / "codes.db")


_ROW = (
    "SELECT id, camera, site, issued_by, expires_s, second_person, approved_by,"
    " used_key IS NOT NULL, done_s IS NOT NULL FROM code"
)


def _row(row: tuple[int, str, str, str, float, int, str | None, int, int]) -> CodeRow:
    return CodeRow(
        id=row[0],
        camera=row[1],
        site=row[2],
        issued_by=row[3],
        expires_s=row[4],
        second_person=bool(row[5]),
        approved_by=row[6],
        used=bool(row[7]),
        done=bool(row[8]),
    )


def _hash(secret: bytes) -> bytes:
    return hashlib.sha256(b"alpr/1/code-secret" + secret).digest()
