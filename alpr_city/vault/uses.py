"""What the misuse detector sees of the access log: who, when and why, and a token for each plate.

The same plate has the same token in one round of answers and another, and no token says a plate:
the key is the vault's, and a round draws its own from that key and a salt that the caller gives.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, Any

from alpr_city.errors import VaultError
from alpr_city.vault.index import fold

if TYPE_CHECKING:
    from alpr_city.vault.vault import Vault

MOST = 20_000
PLATE = "plate"
"""The element of a query that names one."""


class Uses:
    """Reads the log for the detector."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def uses(self, access: dict[str, Any], after: int, limit: int, salt: bytes) -> list[Any]:
        """`[record, rows, next]`: rows of `[seq, at_us, action, user, case, reason, target, own]`.

        `target` is empty where no plate was asked for, or where the query has expired; `own` says
        whether it is a plate of the user's own or household. `next` is where to go on, or None.
        """
        record = self._vault._put_on_record(access)
        entries = self._vault.log.entries(after, min(limit, MOST))
        rows = []
        for seq, body in entries:
            if 9 not in body:
                continue  # what the vault itself put down
            user = body[3]
            token = self._target(seq)
            target = hmac.digest(token, salt, "sha256")[:8] if token else b""
            own = bool(token) and user in self._vault.watched.owners(token)
            rows.append([seq, body[1], body[2], user, body[6], body[7], target, own])
        self._vault.log.outcome(record, len(rows), [])
        return [record, rows, entries[-1][0] if len(entries) == min(limit, MOST) else None]

    def _target(self, seq: int) -> bytes:
        try:
            query = self._vault.log.query(seq)
        except VaultError:
            return b""  # its key died with its month
        plate = query.get(PLATE)
        if not isinstance(plate, str) or not plate:
            return b""
        return self._vault.watched.token(fold(plate.upper()))
