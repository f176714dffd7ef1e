"""Notes of the console: sign-ins, refusals, permissions. Only these; a note opens nothing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from alpr_city.errors import VaultError

if TYPE_CHECKING:
    from alpr_city.vault.vault import Vault

_ACTION = re.compile(
    r"(people|door|web|hold|camera|list|"
    r"hit|audit|misuse|release|purge|aggregate|evidence)\.[a-z_-]+"
)
_MOST = 300


class Journal:
    """Writes what happened in the console into the access log."""

    def __init__(self, vault: Vault) -> None:
        self._log = vault.log

    def note(self, action: str, who: str, what: str, address: str, policy: str = "") -> int:
        """Append one, with the version of the policy in force; its number.

        Raises:
            VaultError: It is no note of the console's, or could not be written.
        """
        if not isinstance(action, str) or not _ACTION.fullmatch(action):
            raise VaultError("the console notes no such thing")
        for value in (who, what, address, policy):
            if not isinstance(value, str) or len(value) > _MOST:
                raise VaultError(f"a note is text of at most {_MOST} characters")
        return self._log.note(action, {1: who, 2: what, 3: address, 4: policy})
