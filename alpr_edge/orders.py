"""The city's commands: each is checked, and counts once, whatever becomes of it afterwards."""

from __future__ import annotations

import os
import time
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from alpr_edge.errors import OutboxError
from alpr_wire.commands import Command, open_command

FILE = "last-command"


class Orders:
    """Remembers the last command's number beside the outbox, so that none is taken twice."""

    def __init__(self, folder: Path, camera: str, key: Ed25519PublicKey) -> None:
        self._file, self._camera, self._key = folder / FILE, camera, key

    def take(self, payload: bytes, now_us: int | None = None) -> Command:
        """A command that is the city's, for this camera, for now, and was not taken before.

        Raises:
            WireError: It is not; nothing is done.
            OutboxError: Its number cannot be kept; it must not be obeyed.
        """
        command = open_command(
            payload,
            camera=self._camera,
            key=self._key,
            last_number=self._last(),
            now_us=time.time_ns() // 1000 if now_us is None else now_us,
        )
        self._keep(command.number)
        return command

    def _last(self) -> int:
        try:
            return int(self._file.read_text(encoding="ascii"))
        except FileNotFoundError:
            return -1
        except (OSError, ValueError) as error:
            raise OutboxError(
                f"{self._file}: cannot be read, so no command is taken", fix="remove the file"
            ) from error

    def _keep(self, number: int) -> None:
        half = self._file.with_suffix(".new")
        try:
            with half.open("w", encoding="ascii") as file:
                file.write(str(number))
                file.flush()
                os.fsync(file.fileno())
            half.replace(self._file)
        except OSError as error:
            raise OutboxError(f"{self._file}: cannot be written ({error.strerror})") from error
