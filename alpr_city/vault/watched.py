"""Plates that people may not look for: their own and their household's, as keyed tokens alone."""

from __future__ import annotations

import hmac
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from alpr_city.errors import VaultError
from alpr_city.vault.index import fold
from alpr_city.vault.keyring import Use
from alpr_city.vault.lists import MOST_CHARACTERS

if TYPE_CHECKING:
    from alpr_city.vault.vault import Vault

TOKEN_BYTES = 16
MOST_PLATES = 20
_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS watched (person TEXT, token BLOB, PRIMARY KEY (person, token))"
)


class Watched:
    """Whose plates they are. One thread at a time uses it."""

    def __init__(self, vault: Vault, path: Path) -> None:
        self._vault = vault
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA secure_delete = ON")
        self._db.execute(_SCHEMA)

    def put(self, access: dict[str, Any], person: str, plates: list[str]) -> int:
        """Put a person's plates in place of those that were there; the access record's number.

        Raises:
            VaultError: It could not be put on record, or one is no plate.
        """
        folded = {fold(str(p).upper().replace(" ", "").replace("-", "")) for p in plates}
        if len(folded) > MOST_PLATES:
            raise VaultError(f"a household has at most {MOST_PLATES} plates here")
        if not all(f.isascii() and f.isalnum() and len(f) <= MOST_CHARACTERS for f in folded):
            raise VaultError("one of these is no plate: letters and digits alone")
        record = self._vault._put_on_record(access)
        self._db.execute("BEGIN IMMEDIATE")
        self._db.execute("DELETE FROM watched WHERE person = ?", (person,))
        self._db.executemany(
            "INSERT INTO watched VALUES (?, ?)", [(person, self.token(f)) for f in folded]
        )
        self._db.execute("COMMIT")
        return record

    def token(self, folded: str) -> bytes:
        """A plate under this vault's own key for that, which no day ends."""
        keyring = self._vault.keyring
        if not keyring.has(Use.WATCHED, "1"):
            keyring.make(Use.WATCHED, "1", AESGCM.generate_key(256))
        key = keyring.secret(Use.WATCHED, "1")
        return hmac.digest(key, b"alpr/1/watched/" + folded.encode(), "sha256")[:TOKEN_BYTES]

    def owners(self, token: bytes) -> list[str]:
        """Whose plate this is."""
        rows = self._db.execute("SELECT person FROM watched WHERE token = ?", (token,))
        return sorted(str(person) for (person,) in rows)

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()
