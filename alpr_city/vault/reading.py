"""The access log for its auditor: without queries, or one query, and that is on record first."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from alpr_city.errors import VaultError
from alpr_city.vault.access_log import verify

if TYPE_CHECKING:
    from alpr_city.vault.vault import Vault

MOST_ENTRIES, MOST_FAULTS = 20_000, 50


class Reading:
    """What the console may ask of the log."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def log_entries(self, access: dict[str, Any], after: int, limit: int) -> list[Any]:
        """`[record, entries]` after a number; each `[seq, body]`, queries sealed."""
        record = self._vault._put_on_record(access)
        return [record, [list(e) for e in self._vault.log.entries(after, min(limit, MOST_ENTRIES))]]

    def log_check(self, access: dict[str, Any]) -> list[Any]:
        """`[record, faults]`: the log held against its own chain."""
        record = self._vault._put_on_record(access)
        faults = list(itertools.islice(verify(self._vault.log.path), MOST_FAULTS))
        self._vault.log.outcome(record, len(faults), [])
        return [record, faults]

    def log_query(self, access: dict[str, Any], seq: int) -> list[Any]:
        """`[record, query]`: what one access asked for, in the clear.

        Raises:
            VaultError: No reason is given, it is not there, or it has expired.
        """
        if not str(access.get("reason", "")).strip():
            raise VaultError("unmasking needs a reason; nothing was opened")
        record = self._vault._put_on_record(access)
        query = self._vault.log.query(seq)
        self._vault.log.outcome(record, 1, [])
        return [record, query]
