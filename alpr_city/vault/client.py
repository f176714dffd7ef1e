"""How the other rooms speak to the vault."""

from __future__ import annotations

import socket
import threading
from pathlib import Path
from typing import Any

import cbor2

from alpr_city.errors import VaultError
from alpr_city.vault.service import receive, send

TIMEOUT_S = 60.0


class VaultClient:
    """One connection, made when first needed and again after it broke. Threads may share it."""

    def __init__(self, socket_file: Path) -> None:
        self._file = socket_file
        self._lock = threading.Lock()
        self._connection: socket.socket | None = None

    def call(self, operation: str, *arguments: Any) -> Any:
        """Ask for one operation.

        Raises:
            VaultError: The vault refused, or is not there.
        """
        with self._lock:
            try:
                if self._connection is None:
                    self._connection = self._connect()
                send(self._connection, [operation, list(arguments)])
                verdict, result = cbor2.loads(receive(self._connection))
            except (OSError, EOFError) as error:
                self.close()
                raise VaultError(
                    f"the vault does not answer ({type(error).__name__})",
                    fix="start `alpr-city vault`, and look at its log",
                ) from error
        if verdict != "ok":
            raise VaultError(str(result))
        return result

    def close(self) -> None:
        """Hang up."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _connect(self) -> socket.socket:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(TIMEOUT_S)
        try:
            connection.connect(str(self._file))
        except OSError:
            connection.close()
            raise
        return connection
