"""Reads that must outlive their day: wrapped again under the key of a case, on record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cbor2
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from alpr_city.errors import VaultError
from alpr_city.vault.arrivals import place, read_keys, unwrap, wrap
from alpr_city.vault.keyring import Use
from alpr_city.vault.revisions import about
from alpr_wire.errors import SealError, WireError
from alpr_wire.records import Picture, decode_record
from alpr_wire.sealing import SealedPicture, open_picture, open_read

if TYPE_CHECKING:
    from alpr_city.vault.vault import Vault


class Holding:
    """Case keys: made with a hold, destroyed with its release."""

    def __init__(self, vault: Vault) -> None:
        self._vault, self._keyring, self._log = vault, vault.keyring, vault.log

    def hold(self, access: dict[str, Any], case: str, reads: list[list[Any]]) -> list[Any]:
        """Wrap reads' keys under a case's key; nothing is shown.

        Args:
            access: The fields of `Access`.
            case: The label of the case's key; made where there is none yet.
            reads: `[camera, day, encoding, wrapped]`.

        Returns:
            `[record, [wrapped again, ...]]`.

        Raises:
            VaultError: It could not be put on record, a day is dead, or a read was changed.
        """
        record = self._vault._put_on_record(access)
        key = self._keyring.make(Use.CASE, case, AESGCM.generate_key(256))
        found, names = [], []
        for camera, day, encoding, wrapped in reads:
            read = _decoded(encoding)
            at = place(camera, read.stream, read.seq, day)
            plain = unwrap(self._keyring.secret(Use.DAY, day), wrapped, at)
            found.append(wrap(key, plain, place(camera, read.stream, read.seq, _case(case))))
            names.append(read.stream + read.seq.to_bytes(8, "big"))
        self._log.outcome(record, len(found), names)
        return [record, found]

    def look_held(self, access: dict[str, Any], case: str, reads: list[list[Any]]) -> list[Any]:
        """Open held reads, `[camera, encoding, wrapped again, [[kind, sealed picture], ...]]`.

        Returns:
            `[record, rows]` as `look` does.

        Raises:
            VaultError: It could not be put on record, the case is released, or a read was changed.
        """
        record = self._vault._put_on_record(access)
        key = self._keyring.secret(Use.CASE, case)
        rows, names = [], []
        for camera, encoding, wrapped, pictures in reads:
            read = _decoded(encoding)
            at = place(camera, read.stream, read.seq, _case(case))
            keys = read_keys(unwrap(key, wrapped, at))
            try:
                shown = [
                    [
                        kind,
                        open_picture(
                            camera, read, SealedPicture(kind=Picture(kind), data=data), keys[kind]
                        ),
                    ]
                    for kind, data in pictures
                ]
                rows.append([open_read(camera, read, keys[0]), shown])
            except (WireError, SealError) as error:
                raise VaultError(f"a held read was changed: {error}") from error
            names.append(read.stream + read.seq.to_bytes(8, "big"))
        self._log.outcome(record, len(rows), names)
        return [record, rows]

    def hold_revisions(self, access: dict[str, Any], case: str, rows: list[list[Any]]) -> list[Any]:
        """Wrap corrected texts under a case's key, so that they outlive their day.

        Args:
            access: The fields of `Access`.
            case: The label of the case's key.
            rows: `[camera, stream, seq, day, number, sealed]`, as `revise` gave them.

        Returns:
            `[record, [sealed again, ...]]`, with nothing for one whose day is dead already.

        Raises:
            VaultError: It could not be put on record, or the case is released.
        """
        record = self._vault._put_on_record(access)
        key = self._keyring.secret(Use.CASE, case)
        found: list[bytes | None] = []
        names = []
        for camera, stream, seq, day, number, sealed in rows:
            if not self._keyring.has(Use.DAY, day):
                found.append(None)
                continue
            plain = unwrap(
                self._keyring.secret(Use.DAY, day), sealed, about(camera, stream, seq, day, number)
            )
            found.append(wrap(key, plain, about(camera, stream, seq, _case(case), number)))
            names.append(stream + seq.to_bytes(8, "big"))
        self._log.outcome(record, len(found), names)
        return [record, found]

    def held_revisions(self, access: dict[str, Any], case: str, rows: list[list[Any]]) -> list[Any]:
        """Open corrected texts of held reads, `[camera, stream, seq, number, sealed again]`.

        Returns:
            `[record, [[text, region], ...]]`.

        Raises:
            VaultError: It could not be put on record, or the case is released.
        """
        record = self._vault._put_on_record(access)
        key = self._keyring.secret(Use.CASE, case)
        found, names = [], []
        for camera, stream, seq, number, sealed in rows:
            at = about(camera, stream, seq, _case(case), number)
            found.append(cbor2.loads(unwrap(key, sealed, at)))
            names.append(stream + seq.to_bytes(8, "big"))
        self._log.outcome(record, len(found), names)
        return [record, found]

    def release(self, access: dict[str, Any], case: str) -> int:
        """Destroy a case's key, on record; a second time changes nothing. The record's number."""
        record = self._vault._put_on_record(access)
        if self._keyring.has(Use.CASE, case):
            self._keyring.destroy(Use.CASE, case, f"released, access record {record}")
            self._log.note("case-key-destroyed", {1: case, 2: record})
        self._keyring.rotate()
        return record


def _case(case: str) -> str:
    return f"case/{case}"


def _decoded(encoding: bytes) -> Any:
    try:
        return decode_record(encoding)
    except WireError as error:
        raise VaultError(f"a stored read was changed: {error}") from error
