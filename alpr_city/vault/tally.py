"""Counts the access log for the public, and signs the counts with the log's head.

Counts alone leave the vault this way: no user, no case, no reason, no query, and no count that no
published figure needs.
"""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from alpr_city.errors import VaultError
from alpr_city.public.verify_figures import counted
from alpr_city.vault.keyring import Use
from alpr_wire import cbor, statements
from alpr_wire.errors import WireError

if TYPE_CHECKING:
    from alpr_city.vault.vault import Vault

MOST_ENTRIES = 5000
"""In one go: the vault does nothing else meanwhile."""
KIND = "figures"


class Tally:
    """Goes on from where it signed before, so that a long log is not counted again."""

    def __init__(self, vault: Vault) -> None:
        self._log, self._keyring = vault.log, vault.keyring

    def tally(self, before: list[Any], told: bytes) -> list[Any]:
        """Count on: `[done, seq, head, rows, the root's word for the key, statement, log head]`.

        Args:
            before: Statement and rows of an earlier answer; empty to begin.
            told: SHA-256 of the figures that come from the tables, to be signed beside the counts.

        Raises:
            VaultError: What is said to be from before is not this vault's.
        """
        after, counts = self._resume(before) if before else (-1, Counter[tuple[str, ...]]())
        head, entries = self._log.from_entry(after + 1, MOST_ENTRIES)
        counts.update(counted(body for _, body in entries))
        seq = after + len(entries)
        head = self._log.head_at(seq) if entries else head
        rows = [[*key, n] for key, n in sorted(counts.items())]
        log_key = Ed25519PrivateKey.from_private_bytes(self._keyring.secret(Use.LOG, "1"))
        body = {
            1: seq,
            2: head,
            3: time.time_ns() // 1000,
            4: log_key.public_key().public_bytes_raw(),
            5: hashlib.sha256(cbor.encode(rows)).digest(),
            6: told,
        }
        word = self._keyring.certificate(Use.EVIDENCE, "1") or b""
        signed = statements.sign(self._key(), KIND, body)
        return [seq + 1 == len(self._log), seq, head, rows, word, signed, self._log.head()]

    def _resume(self, before: list[Any]) -> tuple[int, Counter[tuple[str, ...]]]:
        statement, rows = before
        try:
            said = statements.decode_statement(statement, KIND)
            said.verify(self._key().public_key())
        except WireError as error:
            raise VaultError("these counts are not this vault's") from error
        seq, head = int(said.body[1]), said.body[2]
        if said.body[5] != hashlib.sha256(cbor.encode(rows)).digest():
            raise VaultError("these counts are not those that were signed")
        if not 0 <= seq < len(self._log) or self._log.head_at(seq) != head:
            raise VaultError("these counts are of another log")
        return seq, Counter({tuple(row[:3]): row[3] for row in rows})

    def _key(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self._keyring.secret(Use.EVIDENCE, "1"))
