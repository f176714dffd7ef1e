"""Corrected readings: sealed under the day's key, so that they die with the read they correct."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cbor2

from alpr_city.errors import VaultError
from alpr_city.vault import columns, index
from alpr_city.vault.arrivals import place, unwrap, wrap
from alpr_city.vault.keyring import Use
from alpr_city.vault.patterns import weigh
from alpr_wire.reads import CHARACTERS, MOST_CHARACTERS, MOST_NAME

if TYPE_CHECKING:
    from alpr_city.vault.vault import Vault


class Revisions:
    """Seals and opens what people say a read should have been."""

    def __init__(self, vault: Vault) -> None:
        self._vault, self._keyring, self._log = vault, vault.keyring, vault.log

    def revise(
        self, access: dict[str, Any], read: list[Any], number: int, text: str, region: str
    ) -> list[Any]:
        """Seal revision `number` of a read, `[camera, stream, seq, day, captured_us]`.

        Returns:
            `[record, sealed, token, slot, column]`: the last three let exact and partial search
            find the read by its corrected text as well, on its day.

        Raises:
            VaultError: It is no plate text, the day is dead, or it could not be put on record.
        """
        if not text or len(text) > MOST_CHARACTERS or not set(text) <= CHARACTERS - {"?"}:
            raise VaultError(f"a plate is 1 to {MOST_CHARACTERS} of A-Z and 0-9")
        if len(region) > MOST_NAME:
            raise VaultError(f"a state is at most {MOST_NAME} characters")
        record = self._vault._put_on_record(access)
        camera, stream, seq, day, captured_us = read
        key = self._keyring.secret(Use.DAY, day)
        sealed = wrap(key, cbor2.dumps([text, region]), about(camera, stream, seq, day, number))
        self._log.outcome(record, 1, [stream + seq.to_bytes(8, "big")])
        index_key, slot = self._keyring.secret(Use.INDEX, day), captured_us // index.SLOT_US
        line = f"{text}\t{weigh(1.0) * len(text)}"
        column = columns.seal(index_key, camera, slot, [(stream, seq, captured_us, line)])
        return [record, sealed, index.token(index_key, index.fold(text)), slot, column]

    def revisions(self, access: dict[str, Any], rows: list[list[Any]]) -> list[Any]:
        """Open revisions, `[camera, stream, seq, day, number, sealed]`.

        Returns:
            `[record, [[text, region], ...]]`.
        """
        record = self._vault._put_on_record(access)
        found, names = [], []
        for camera, stream, seq, day, number, sealed in rows:
            key = self._keyring.secret(Use.DAY, day)
            found.append(cbor2.loads(unwrap(key, sealed, about(camera, stream, seq, day, number))))
            names.append(stream + seq.to_bytes(8, "big"))
        self._log.outcome(record, len(found), names)
        return [record, found]


def about(camera: str, stream: bytes, seq: int, day: str, number: int) -> bytes:
    """What a sealed revision is bound to; for a held one the case stands in the day's place."""
    return place(camera, stream, seq, day) + b"/revision/%d" % number
