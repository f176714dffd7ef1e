"""What the vault does for evidence and releases: opens with keys, proves its log, signs."""

from __future__ import annotations

import hashlib
import time
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from alpr_city.errors import VaultError
from alpr_city.vault.access_log import Access
from alpr_city.vault.arrivals import place, read_keys, unwrap
from alpr_city.vault.keyring import Use
from alpr_city.vault.vault import Vault
from alpr_wire import statements
from alpr_wire.errors import SealError, WireError
from alpr_wire.records import Picture, decode_record
from alpr_wire.sealing import SealedPicture, open_picture, open_read

MOST_SPAN = 200_000
"""Log entries that one proof may stretch over: 32 bytes each."""


class Evidence:
    """Exports, each put on record before it opens anything."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def open(self, access: dict[str, Any], reads: list[list[Any]]) -> list[Any]:
        """Open reads for an export, with the keys that open these reads alone.

        Args:
            access: The fields of `Access`.
            reads: `[camera, day, encoding, wrapped keys, [[kind, sealed picture], ...]]`; for held
                reads `case/` and the hold's label stand for the day.

        Returns:
            `[record, [[keys, plaintext, [[kind, picture], ...]], ...]]`

        Raises:
            VaultError: The access could not be put on record, or a read was changed.
        """
        record = self._append(access)
        rows, shown = [], []
        for camera, day, encoding, wrapped, pictures in reads:
            use, label = (Use.CASE, day[5:]) if day.startswith("case/") else (Use.DAY, day)
            wrapping = self._vault.keyring.secret(use, label)
            try:
                read = decode_record(encoding)
                about = place(camera, read.stream, read.seq, day)
                keys = read_keys(unwrap(wrapping, wrapped, about))
                plain = open_read(camera, read, keys[0])
                opened = [
                    [k, open_picture(camera, read, _sealed(k, data), keys[k])]
                    for k, data in pictures
                ]
            except (WireError, SealError) as error:
                raise VaultError(f"a stored read was changed: {error}") from error
            given = {k: v for k, v in keys.items() if k == 0 or k in {p for p, _ in pictures}}
            rows.append([given, plain, opened])
            shown.append(read.stream + read.seq.to_bytes(8, "big"))
        self._vault.log.outcome(record, len(rows), shown)
        return [record, rows]

    def prove_log(self, of: int, first: int) -> list[Any]:
        """Prove that an export is on record: `access.cbor`.

        Shows that record, and those of the same case from `first` on, with their outcomes; of all
        others the digest alone, under a signed head.

        Raises:
            VaultError: There is no such record, or the proof would be too long.
        """
        log = self._vault.log
        if not 0 <= first <= of < len(log) or len(log) - first > MOST_SPAN:
            raise VaultError(f"a proof stretches over 1 to {MOST_SPAN} access records")
        before, entries = log.from_entry(first)
        case = entries[of - first][1].get(6)
        rows: list[list[Any]] = []
        shown: set[int] = set()
        for number, (encoded, body) in enumerate(entries, first):
            mine = number == of or (case is not None and body.get(6) == case)
            mine = mine or (body.get(2) == "outcome" and body.get(3) in shown)
            shown |= {number} if mine else set()
            rows.append([hashlib.sha256(encoded).digest(), encoded if mine else None])
        return [self._public(Use.LOG), log.head(), first, before, rows]

    def certify(self, access: dict[str, Any], body: dict[int, Any]) -> list[Any]:
        """Sign what a bag holds: `[the root's word for the key, the certificate]`.

        Raises:
            VaultError: The export it names is not on record for this user and case, or the root
                has not certified the key.
        """
        log = self._vault.log
        record, key_statement = body.get(8), self._vault.keyring.certificate(Use.EVIDENCE, "1")
        if key_statement is None:
            raise VaultError("the root has not certified the key", fix="run `alpr-city init`")
        if type(record) is not int or not 0 <= record < len(log):
            raise VaultError("a certificate names the access record of its export")
        _, entries = log.from_entry(record)
        said = entries[0][1]
        if [said.get(3), said.get(6)] != [access.get("user"), access.get("case")]:
            raise VaultError("this export is on record for somebody else, or for another case")
        self._append(access)
        signed = body | {4: time.time_ns() // 1000, 5: self._public(Use.LOG)}
        key = Ed25519PrivateKey.from_private_bytes(self._vault.keyring.secret(Use.EVIDENCE, "1"))
        return [key_statement, statements.sign(key, "evidence", signed)]

    def _append(self, access: dict[str, Any]) -> int:
        try:
            wanted = Access(**access)
        except TypeError as error:
            raise VaultError("an access says who, why and what; nothing was opened") from error
        return self._vault.log.append(wanted)

    def _public(self, use: Use) -> bytes:
        private = Ed25519PrivateKey.from_private_bytes(self._vault.keyring.secret(use, "1"))
        return private.public_key().public_bytes_raw()


def _sealed(kind: int, data: bytes) -> SealedPicture:
    return SealedPicture(kind=Picture(kind), data=data)
