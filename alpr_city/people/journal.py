"""Puts sign-ins, refusals and changes of permission on record, in the vault's access log."""

from __future__ import annotations

import threading

from django.conf import settings

from alpr_city.errors import ConfigError
from alpr_city.policy.store import adopted
from alpr_city.vault.client import VaultClient

_clients: dict[str, VaultClient] = {}
_lock = threading.Lock()


def vault() -> VaultClient:
    """This process's connection to the city's vault."""
    file = settings.CITY.files.socket
    with _lock:
        if str(file) not in _clients:
            _clients[str(file)] = VaultClient(file)
        return _clients[str(file)]


def hang_up() -> None:
    """Close the connection, for a vault that is about to end."""
    with _lock:
        client = _clients.pop(str(settings.CITY.files.socket), None)
    if client is not None:
        client.close()


def note(action: str, who: str, what: str, *, address: str = "") -> int:
    """One line of record, under the policy in force.

    `what` never holds a plate, nor anything typed into a search.

    Raises:
        VaultError: It could not be put on record. Nothing that needs it may go on.
    """
    return int(vault().call("note", action, who[:64], what[:300], address[:64], version()))


def version() -> str:
    """Of the policy, for a record; that there is none must not keep a refusal off it."""
    try:
        return adopted().version
    except ConfigError:
        return "none"
