"""Days that have had their time: their keys die here, on record, and no backup outlives 35 days."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from alpr_city.errors import VaultError
from alpr_city.vault.backup import LIFE_S
from alpr_city.vault.keyring import Use
from alpr_wire import statements

if TYPE_CHECKING:
    from alpr_city.vault.vault import Vault

US = 1_000_000


class Purging:
    """Destroys the keys of whole days, and says so under the vault's signature."""

    def __init__(self, vault: Vault) -> None:
        self._vault, self._keyring, self._log = vault, vault.keyring, vault.log

    def destroy_day(self, access: dict[str, Any], day: str, kept_days: int) -> dict[str, Any]:
        """Destroy both keys of a day and wrap the living ones anew. Again changes nothing.

        Args:
            access: The fields of `Access`.
            day: ISO date of first receipt.
            kept_days: The policy's retention; a day that is younger is refused.

        Returns:
            The access record's number, when the keys died, when the last backup that holds them
            expires, and how many living keys were wrapped anew.

        Raises:
            VaultError: It could not be put on record, or the day has not had its time.
        """
        record = self._vault._put_on_record(access)
        if type(kept_days) is not int or kept_days < 1:
            raise VaultError("a retention is a number of whole days; nothing was destroyed")
        if date.fromisoformat(day) + timedelta(kept_days) >= datetime.now(UTC).date():
            raise VaultError(f"{day} is younger than {kept_days} days; nothing was destroyed")
        gone = []
        self._vault.day = None  # may hold them still where nothing arrived since
        for use in (Use.INDEX, Use.DAY):
            if self._keyring.has(use, day):
                self._keyring.destroy(use, day, f"retention, access record {record}")
                gone.append(str(use))
        if gone:
            self._log.note("day-keys-destroyed", {1: day, 2: gone, 3: record})
        rewrapped = self._keyring.rotate()
        times = [self._keyring.destroyed_at(use, day) for use in (Use.INDEX, Use.DAY)]
        died_us = max((t for t in times if t is not None), default=time.time_ns() // 1000)
        return {
            "record": record,
            "destroyed_us": died_us,
            "backups_until_us": died_us + LIFE_S * US,
            "rewrapped": rewrapped,
        }

    def log_key(self) -> bytes:
        """The public key by which purges and the log's heads are signed."""
        return self._vault._signing_key(Use.LOG).public_key().public_bytes_raw()

    def certify_purge(self, day: str, digest: bytes, counts: list[list[Any]]) -> bytes:
        """Sign for a purged day: SHA-256 of its document, reads by camera, and the log's head.

        Raises:
            VaultError: A key of the day lives.
        """
        if any(self._keyring.has(use, day) for use in (Use.DAY, Use.INDEX)):
            raise VaultError(f"the keys of {day} live; there is nothing to certify")
        number = self._log.note("purge-certified", {1: day, 2: digest, 3: counts})
        body = {1: day, 2: digest, 3: number, 4: self._log._head, 5: time.time_ns() // 1000}
        return statements.sign(self._vault._signing_key(Use.LOG), "purge", body)

    def expire_queries(self, access: dict[str, Any], kept_days: int) -> list[str]:
        """Destroy the query keys of months that ended so many days ago; their names."""
        record = self._vault._put_on_record(access)
        if type(kept_days) is not int or kept_days < 1:
            raise VaultError("a retention is a number of whole days; nothing was destroyed")
        oldest = datetime.now(UTC).date() - timedelta(kept_days)
        gone = []
        for month, *_ in self._keyring.labels(Use.QUERY):
            year, number = (int(part) for part in month.split("-"))
            ended = date(year + number // 12, number % 12 + 1, 1)
            if ended <= oldest:
                self._keyring.destroy(Use.QUERY, month, f"retention, access record {record}")
                self._log.note("query-key-destroyed", {1: month, 2: record})
                gone.append(month)
        if gone:
            self._keyring.rotate()
        return gone
