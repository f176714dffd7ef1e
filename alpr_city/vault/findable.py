"""How reads should be found, for whoever proves that a search finds them. Nothing is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alpr_city.errors import VaultError
from alpr_city.vault import index
from alpr_city.vault.columns import Row, open_column
from alpr_city.vault.keyring import Use
from alpr_wire.errors import WireError
from alpr_wire.hmacs import Keyed
from alpr_wire.read_fields import fields_of

if TYPE_CHECKING:
    from alpr_city.vault.vault import Vault


class Findable:
    """Opens reads to say by what they are found; no text leaves, and no place that is not asked."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def findable(
        self, day: str, camera: str, reads: list[list[Any]], found_by: list[list[Any]]
    ) -> list[list[Any]]:
        """Hold some reads of a camera and day against what is stored beside them.

        Args:
            day: Of first receipt.
            camera: Its name.
            reads: `[stream, seq, encoding, wrapped keys, captured_us]` each, as stored.
            found_by: The columns that they should be in, `[slot, sealed]`.

        Returns:
            For each read `[tokens, fault]`: the tokens that must be stored of it, and what is wrong
            with the rest, or nothing.

        Raises:
            VaultError: The day's keys are gone.
        """
        key = self._vault.keyring.secret(Use.INDEX, day)
        tokens, there = Keyed(key), set[Row]()
        for slot, sealed in found_by:
            try:
                there.update(open_column(key, camera, slot, sealed).rows())
            except VaultError:
                continue  # its rows are missing then
        told: list[list[Any]] = []
        for stream, seq, encoding, wrapped, captured_us in reads:
            try:
                _, (plain, _) = self._vault._open(camera, day, encoding, wrapped, [])
                read = fields_of(plain)
            except (VaultError, WireError):
                told.append([[], "does not open with what is stored beside it"])
                continue
            readings, pattern = index.index_of(read)
            fault = ""
            if read.captured_us != captured_us:
                fault = "is stored under another time than its own"
            elif (stream, seq, max(captured_us, 0), pattern) not in there:
                fault = "is not in the column that a partial search goes over"
            told.append([index.tokens(tokens, readings), fault])
        return told
