"""The access log for its auditor: without queries, or one query, and that is on record first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alpr_city.errors import VaultError

if TYPE_CHECKING:
    from alpr_city.vault.vault import Vault

MOST_ENTRIES = 20_000


class Reading:
    """What the console may ask of the log."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def log_entries(self, access: dict[str, Any], after: int, limit: int) -> list[Any]:
        """`[record, entries]` after a number; each `[seq, body]`, queries sealed."""
        record = self._vault._put_on_record(access)
        return [record, [list(e) for e in self._vault.log.entries(after, min(limit, MOST_ENTRIES))]]

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
