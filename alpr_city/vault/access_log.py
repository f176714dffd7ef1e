"""The access log: who looked, or asked to, when, for what and why. Appended, never changed.

Every entry extends a SHA-256 chain whose head is signed and sent outside. What was asked for is
sealed on its own, under a key of its month, with a salted hash in the chain: it can expire without
breaking the chain. The database refuses updates and deletes; whoever gets past that breaks the
chain, and the heads that are outside say so.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from alpr_city.errors import VaultError
from alpr_city.vault.durable import make_durable
from alpr_wire import cbor, statements
from alpr_wire.errors import WireError

GENESIS = hashlib.sha256(b"alpr/1/access-log").digest()
MOST_TEXT = 2000
QUERY_HASH = 9
"""In an entry's body. What it hashes is sealed beside; expiry destroys the key, not the bytes."""
_SCHEMA = """
CREATE TABLE IF NOT EXISTS entries (
    seq INTEGER PRIMARY KEY, body BLOB NOT NULL, sealed BLOB, head BLOB NOT NULL
);
CREATE TRIGGER IF NOT EXISTS entries_stay BEFORE DELETE ON entries
BEGIN SELECT RAISE(ABORT, 'an access record is never deleted'); END;
CREATE TRIGGER IF NOT EXISTS entries_are_kept BEFORE UPDATE ON entries
BEGIN SELECT RAISE(ABORT, 'an access record is never changed'); END;
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Who wants what, and why (California Civil Code 1798.90.52)."""

    action: str
    """What is done: 'search', 'look', 'export', 'receive'..."""
    user: str
    organisation: str
    purpose: str
    case: str
    reason: str
    policy: str
    """Version of the policy in force."""
    query: dict[str, Any]
    """Plate or other elements used to query; sealed."""
    name: str = ""
    """The person's name at the time."""
    session: str = ""
    """Tells sessions apart without being a way in."""
    address: str = ""
    approver: str = ""
    """Who agreed, where a second person must."""

    def check(self) -> None:
        """Refuse an access that does not say who and why.

        Raises:
            VaultError: Something is missing.
        """
        for name in ("action", "user", "organisation", "purpose", "case", "policy"):
            value = getattr(self, name)
            if not isinstance(value, str) or not value.strip():
                raise VaultError(f"an access names its {name}; nothing was opened")
            if len(value) > MOST_TEXT:
                raise VaultError(f"the {name} is longer than {MOST_TEXT} characters")
        for name in ("name", "session", "address", "approver"):
            value = getattr(self, name)
            if not isinstance(value, str) or len(value) > MOST_TEXT:
                raise VaultError(f"the {name} is no text, or too long")
        if not isinstance(self.reason, str) or len(self.reason) > MOST_TEXT:
            raise VaultError(f"the reason is no text, or longer than {MOST_TEXT} characters")


class AccessLog:
    """One file. One thread at a time uses it."""

    def __init__(
        self, path: Path, signing_key: Ed25519PrivateKey, query_key: Callable[[str], bytes]
    ) -> None:
        """Open or create; `query_key` gives the key of a month ('2026-11').

        Raises:
            VaultError: The file is damaged.
        """
        self.path, self._signing, self._query_key = path, signing_key, query_key
        try:
            self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            make_durable(self._db)
            self._db.executescript(_SCHEMA)
            row = self._db.execute(
                "SELECT seq, head FROM entries ORDER BY seq DESC LIMIT 1"
            ).fetchone()
        except sqlite3.Error as error:
            raise VaultError(f"{path}: the access log cannot be opened ({error})") from error
        self._seq: int = row[0] if row else -1
        self._head = bytes(row[1]) if row else GENESIS

    def append(self, access: Access) -> int:
        """Put an access on record, durably; its number.

        Raises:
            VaultError: It does not say who and why, or it could not be written.
        """
        access.check()
        now_us = time.time_ns() // 1000
        month = time.strftime("%Y-%m", time.gmtime(now_us / 1e6))
        salted = os.urandom(16) + cbor.encode(access.query)
        nonce = os.urandom(12)
        about = f"alpr/1/query/{self._seq + 1}".encode()
        sealed = nonce + AESGCM(self._query_key(month)).encrypt(nonce, salted, about)
        body = {
            1: now_us,
            2: access.action,
            3: access.user,
            4: access.organisation,
            5: access.purpose,
            6: access.case,
            7: access.reason,
            8: access.policy,
            QUERY_HASH: hashlib.sha256(salted).digest(),
            10: month,
            11: access.name,
            12: access.session,
            13: access.address,
            14: access.approver,
        }
        return self._write(body, sealed)

    def outcome(self, of: int, rows: int, shown: list[bytes]) -> int:
        """Put on record what an access returned: how many, and a hash that names the reads."""
        digest = hashlib.sha256(b"".join(sorted(shown))).digest()
        return self._write({1: time.time_ns() // 1000, 2: "outcome", 3: of, 4: rows, 5: digest})

    def note(self, action: str, facts: dict[int, Any]) -> int:
        """Put on record what the vault did itself: keys made and destroyed, purges."""
        return self._write({1: time.time_ns() // 1000, 2: action, 3: facts})

    def _write(self, body: dict[int, Any], sealed: bytes | None = None) -> int:
        try:
            encoded = cbor.encode(body)
            head = extend(self._head, encoded)
            self._db.execute(
                "INSERT INTO entries VALUES (?, ?, ?, ?)", (self._seq + 1, encoded, sealed, head)
            )
        except sqlite3.Error as error:
            raise VaultError(
                f"the access could not be put on record ({error}); nothing was opened",
                fix=f"look at the disk that holds {self.path}",
            ) from error
        self._seq, self._head = self._seq + 1, head
        return self._seq

    def head(self) -> bytes:
        """A signed statement of the log's length and head, to be kept outside."""
        body = {1: self._seq, 2: self._head, 3: time.time_ns() // 1000}
        return statements.sign(self._signing, "log-head", body)

    def entries(self, after: int = -1, limit: int = 1000) -> list[tuple[int, dict[int, Any]]]:
        """Entries after a number, as they stand, queries sealed."""
        rows = self._db.execute(
            "SELECT seq, body FROM entries WHERE seq > ? ORDER BY seq LIMIT ?", (after, limit)
        )
        return [(seq, cbor.decode(body)) for seq, body in rows]

    def first_from(self, at_us: int) -> int:
        """Number of the first entry at or after a time; one past the last where there is none.

        By bisection: a clock that was set back blurs it by as much.
        """
        low, high = 0, self._seq + 1
        while low < high:
            middle = (low + high) // 2
            row = self._db.execute("SELECT body FROM entries WHERE seq = ?", (middle,)).fetchone()
            if row is not None and cbor.decode(row[0])[1] < at_us:
                low = middle + 1
            else:
                high = middle
        return low

    def head_at(self, seq: int) -> bytes:
        """The head after an entry that is there."""
        row = self._db.execute("SELECT head FROM entries WHERE seq = ?", (seq,)).fetchone()
        return bytes(row[0])

    def from_entry(
        self, first: int, most: int = -1
    ) -> tuple[bytes, list[tuple[bytes, dict[int, Any]]]]:
        """The head before an entry, and entries from there on as they were hashed and decoded."""
        before = self.head_at(first - 1) if first > 0 else GENESIS
        rows = self._db.execute(
            "SELECT body FROM entries WHERE seq >= ? ORDER BY seq LIMIT ?", (first, most)
        )
        return before, [(bytes(body), cbor.decode(body)) for (body,) in rows]

    def query(self, seq: int) -> dict[str, Any]:
        """What one access asked for. Reading that is an access of its own: append it first.

        Raises:
            VaultError: There is no such access, or its query has expired.
        """
        row = self._db.execute("SELECT body, sealed FROM entries WHERE seq = ?", (seq,)).fetchone()
        if row is None or row[1] is None:
            raise VaultError(f"access record {seq} holds no query")
        body = cbor.decode(row[0])
        key = self._query_key(body[10])
        try:
            salted = AESGCM(key).decrypt(row[1][:12], row[1][12:], f"alpr/1/query/{seq}".encode())
        except InvalidTag as error:
            raise VaultError(f"the query of access record {seq} was changed") from error
        if hashlib.sha256(salted).digest() != body[9]:
            raise VaultError(f"the query of access record {seq} was changed")
        found: dict[str, Any] = cbor.decode(salted[16:])
        return found

    def __len__(self) -> int:
        return self._seq + 1

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()


def extend(head: bytes, body: bytes) -> bytes:
    """The chain's head after an entry."""
    return hashlib.sha256(head + hashlib.sha256(body).digest()).digest()


def verify(path: Path, heads: Sequence[tuple[int, bytes]] = ()) -> Iterator[str]:
    """What is wrong with a log file, each as a line; nothing when all holds.

    `heads` are (number, head) from signed statements that were kept outside.
    """
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    outside = dict(heads)
    head, expected = GENESIS, 0
    try:
        rows = db.execute("SELECT seq, body, head, sealed IS NULL FROM entries ORDER BY seq")
        for seq, body, stored, bare in rows:
            if seq != expected:
                yield f"access record {expected} is missing"
                expected = seq
            head = extend(head, body)
            try:
                if bare and QUERY_HASH in cbor.decode(body):
                    yield f"access record {seq} has lost its query"
            except (WireError, TypeError):
                yield f"access record {seq} is malformed"
            if head != stored:
                yield f"access record {seq} was changed, inserted, or follows one that was"
                head = bytes(stored)
            if seq in outside and outside.pop(seq) != stored:
                yield f"access record {seq} differs from the head that was sent outside"
            expected += 1
    finally:
        db.close()
    for seq in sorted(s for s in outside if s >= 0):
        yield f"access record {seq}, whose head was sent outside, is missing"
