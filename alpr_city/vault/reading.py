"""The access log for its auditor: without queries, or one query, and that is on record first."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from alpr_city.errors import VaultError
from alpr_city.vault.access_log import verify

if TYPE_CHECKING:
    from alpr_city.vault.vault import Vault

MOST_ENTRIES, MOST_FAULTS = 20_000, 50
OUTCOMES_WITHIN = 200


class Reading:
    """What the console may ask of the log."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def log_entries(self, access: dict[str, Any], after: int, limit: int) -> list[Any]:
        """`[record, entries]` after a number; each `[seq, body]`, queries sealed."""
        record = self._vault._put_on_record(access)
        return [record, [list(e) for e in self._vault.log.entries(after, min(limit, MOST_ENTRIES))]]

    def log_page(
        self, access: dict[str, Any], before: int, first_us: int, last_us: int, limit: int
    ) -> list[Any]:
        """The newest entries before a number and within two times, queries sealed.

        Args:
            access: The fields of `Access`.
            before: A number; the newest are wanted where it is beyond the log's end.
            first_us: Earliest time, of the log's own clock.
            last_us: Latest.
            limit: How many at most; `MOST_ENTRIES` at the very most.

        Returns:
            `[record, entries, outcomes, older]`: entries as `[seq, body]`, oldest first; rows that
            accesses among them returned, `[seq of the access, rows]`; and the number to go on
            before, or nothing where no older entry lies within the times.
        """
        record = self._vault._put_on_record(access)
        log = self._vault.log
        start = log.first_from(first_us)
        end = min(before, log.first_from(last_us + 1), record + 1)
        first = max(start, end - max(1, min(limit, MOST_ENTRIES)))
        if first >= end:
            return [record, [], [], None]
        entries = log.entries(first - 1, end - first)
        # What an access returned is written right after it; others may have come between.
        following = log.entries(end - 1, OUTCOMES_WITHIN)
        outcomes = [
            [body[3], body[4]] for _, body in entries + following if body.get(2) == "outcome"
        ]
        return [record, [list(e) for e in entries], outcomes, first if first > start else None]

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
