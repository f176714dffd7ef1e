"""Partial search: one access record, then column after column; only places leave the vault.

A search is begun once, on record, and goes on in pieces, so that the vault serves others between
two and a page can show how far it is. What matches is named, never shown: to see a read one looks
at it, which is an access of its own.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from alpr_city.errors import VaultError
from alpr_city.vault.columns import WHOLE_DAY, open_column, seal
from alpr_city.vault.keyring import Use
from alpr_city.vault.patterns import Asked

if TYPE_CHECKING:
    from alpr_city.vault.vault import Vault

MOST_FOUND = 2000
MOST_SEARCHES = 64
"""Under way at once; the oldest is given up."""


@dataclass(slots=True)
class _Search:
    asked: Asked
    first_us: int
    last_us: int
    names: list[bytes] = field(default_factory=list)


class Finding:
    """Searches under way, by the number of their access record."""

    def __init__(self, vault: Vault) -> None:
        self._vault, self._keyring, self._log = vault, vault.keyring, vault.log
        self._searches: OrderedDict[int, _Search] = OrderedDict()

    def partial_begin(
        self, access: dict[str, Any], text: str, alike: bool, first_us: int, last_us: int
    ) -> int:
        """Begin a search; the number of its access record.

        Args:
            access: The fields of `Access`.
            text: The pattern.
            alike: Whether characters that look alike count as the same.
            first_us: Earliest capture time.
            last_us: Latest.

        Raises:
            VaultError: It is no pattern, or could not be put on record.
        """
        asked = Asked(text, alike=bool(alike))
        record = self._vault._put_on_record(access)
        self._searches[record] = _Search(asked, first_us, last_us)
        if len(self._searches) > MOST_SEARCHES:
            self._searches.popitem(last=False)
        return record

    def partial_match(self, record: int, columns: list[list[Any]]) -> list[list[Any]]:
        """Go over some columns, `[day, camera, slot, sealed]`.

        Returns:
            `[day, camera, stream, seq, captured_us, likelihood]` of each read that may be it.

        Raises:
            VaultError: The search is over, or finds more than anybody can look at.
        """
        search = self._searches.get(record)
        if search is None:
            raise VaultError("this search is over", fix="begin it again")
        rows: list[list[Any]] = []
        for day, camera, slot, sealed in columns:
            if not self._keyring.has(Use.INDEX, day):
                continue  # purged while the search went on
            column = open_column(self._keyring.secret(Use.INDEX, day), camera, slot, sealed)
            number = last = 0
            for match in search.asked.lines.finditer(column.texts):
                number += column.texts.count("\n", last, match.start())
                last = match.start()
                stream, seq, captured_us = column.row(number)
                if not search.first_us <= captured_us <= search.last_us:
                    continue
                likelihood = search.asked.likelihood(match.group())
                rows.append([day, camera, stream, seq, captured_us, likelihood])
                search.names.append(stream + seq.to_bytes(8, "big"))
            if len(search.names) > MOST_FOUND:
                self.partial_end(record)
                raise VaultError(
                    f"more than {MOST_FOUND} reads match", fix="give more characters or fewer days"
                )
        return rows

    def partial_end(self, record: int) -> int:
        """Put on record what a search found; how many."""
        search = self._searches.pop(record, None)
        if search is None:
            return 0
        self._log.outcome(record, len(search.names), search.names)
        return len(search.names)

    def merge_patterns(self, day: str, camera: str, columns: list[list[Any]]) -> bytes:
        """One column of the day for many, `[slot, sealed]`. Nothing is shown."""
        key = self._keyring.secret(Use.INDEX, day)
        rows = [
            row for slot, data in columns for row in open_column(key, camera, slot, data).rows()
        ]
        return seal(key, camera, WHOLE_DAY, sorted(rows, key=lambda row: row[2]))
