"""Does what a checked command says, and keeps what became of it for the city to hear."""

from __future__ import annotations

import json
import logging
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

from alpr_edge import successor_key
from alpr_edge.city_keys import CityKeys
from alpr_edge.enrolment import write_whole
from alpr_edge.errors import OutboxError, ReceiptError
from alpr_wire import seal_keys
from alpr_wire.batches import take_seq
from alpr_wire.commands import Action, Command
from alpr_wire.desired import open_desired
from alpr_wire.errors import WireError
from alpr_wire.records import STREAM_BYTES, Picture, take, take_bytes
from alpr_wire.sealing import SealPublicKey
from alpr_wire.statements import StatementError

log = logging.getLogger(__name__)

FILE = "last-orders.json"
KEPT = 8
"""Outcomes kept: more than the city sends between two reports."""
SETTINGS = "wanted-settings"
"""The city's signed settings, for `alpr-edge settle` to put into force."""


class Pulls(Protocol):
    """An outbox, as far as a command reaches."""

    def pull(self, number: int, stream: bytes, after_seq: int) -> None:
        """Have everything after a record sent again."""

    def pull_picture(self, stream: bytes, seq: int, kind: int) -> None:
        """Have one picture sent next."""

    def seal_to(self, key: SealPublicKey, key_id: bytes) -> None:
        """Seal to another key from the next epoch on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of the last command."""

    number: int
    action: str
    outcome: str
    """`obeyed` or `refused`."""
    why: str = ""


class Obeying:
    """One camera's obedience. One thread uses it."""

    def __init__(self, folder: Path, camera: str, keys: CityKeys) -> None:
        self._folder, self._camera, self._keys = folder, camera, keys

    def obey(self, command: Command, outbox: Pulls) -> Outcome:
        """Do it; what became of it is on disk before this returns.

        Raises:
            OutboxError: The disk failed.
        """
        said = {"number": command.number, "action": str(command.action)}
        try:
            self._do(command, outbox)
        except (WireError, ReceiptError) as error:
            outcome = Outcome(**said, outcome="refused", why=str(error)[:200])  # type: ignore[arg-type]
            log.error("a command was not obeyed: %s", error, extra=said)
        else:
            outcome = Outcome(**said, outcome="obeyed")  # type: ignore[arg-type]
            log.info("a command was obeyed", extra=said)
        try:
            kept = [*_kept(self._folder), asdict(outcome)][-KEPT:]
            write_whole(self._folder / FILE, json.dumps(kept).encode(), mode=0o640)
        except OSError as error:
            raise OutboxError(f"{FILE}: cannot be written ({error.strerror})") from error
        return outcome

    def _do(self, command: Command, outbox: Pulls) -> None:
        wanted = command.arguments
        if command.action is Action.PULL:
            stream = take_bytes(wanted, 1, STREAM_BYTES, "the stream")
            outbox.pull(command.number, stream, take_seq(wanted, 2) - 1)
        elif command.action is Action.PULL_PICTURE:
            stream = take_bytes(wanted, 1, STREAM_BYTES, "the stream")
            kind = take(wanted, 3, int, "the kind of picture")
            if kind not in Picture._value2member_map_:
                raise WireError("a picture of an unknown kind")
            outbox.pull_picture(stream, take_seq(wanted, 2), kind)
        elif command.action is Action.SEAL_KEY:
            self._seal_to(take(wanted, 1, bytes, "the key"), outbox)
        elif command.action is Action.CONFIG:
            self._settle(take(wanted, 1, bytes, "the settings"))
        elif command.action is not Action.PING:
            # Renewal has a timer, and revocation may not hang on the revoked camera's obedience.
            raise StatementError(f"this camera does not take {command.action} as a command")

    def _seal_to(self, statement: bytes, outbox: Pulls) -> None:
        key = successor_key.install(
            self._folder,
            statement,
            root=self._keys.root,
            not_older_us=self._keys.seal_from_us,
            now_us=time.time_ns() // 1000,
        )
        outbox.seal_to(seal_keys.from_raw(key.public), seal_keys.key_id(key.public))

    def _settle(self, statement: bytes) -> None:
        open_desired(statement, camera=self._camera, key=self._keys.command, last_number=-1)
        try:
            write_whole(self._folder / SETTINGS, statement, mode=0o640)
        except OSError as error:
            raise OutboxError(f"{SETTINGS}: cannot be written ({error.strerror})") from error


def told(outbox: Path, identity: Path) -> dict[str, Any]:
    """What sync tells the city: the last orders, and what became of settings. No secrets."""
    said: dict[str, Any] = {"orders": _kept(outbox)}
    try:
        settings = json.loads((identity / "desired.json").read_bytes()[:2000])
    except (OSError, ValueError):
        return said
    return {**said, "settings": settings} if isinstance(settings, dict) else said


def _kept(folder: Path) -> list[dict[str, Any]]:
    try:
        found = json.loads((folder / FILE).read_bytes())
    except (OSError, ValueError):
        return []
    return found[-KEPT:] if isinstance(found, list) else []
