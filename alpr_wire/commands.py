"""Signed commands from the city, each for one camera, for a short time, and once."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from alpr_wire import statements
from alpr_wire.batches import take_seq
from alpr_wire.errors import WireError
from alpr_wire.records import take
from alpr_wire.topics import check_camera

MOST_LIFE_US = 24 * 3600 * 1_000_000
AHEAD_US = 120 * 1_000_000
"""A camera's clock may be behind the city's by this much."""


class Action(StrEnum):
    """What a camera can be told."""

    PULL = "pull"
    PULL_PICTURE = "pull-picture"
    CONFIG = "config"
    SEAL_KEY = "seal-key"
    CERTIFICATE = "certificate"
    REVOKE = "revoke"
    PING = "ping"


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One command."""

    camera: str
    number: int
    """Counts the commands to this camera; one that is not higher than the last is a replay."""
    issued_us: int
    expires_us: int
    action: Action
    arguments: dict[int, Any] = field(default_factory=dict)

    def sign(self, key: Ed25519PrivateKey) -> bytes:
        """The payload of a `cmd` message."""
        body = {
            1: self.camera,
            2: self.number,
            3: self.issued_us,
            4: self.expires_us,
            5: str(self.action),
            6: self.arguments,
        }
        return statements.sign(key, "command", body)


def open_command(
    data: bytes, *, camera: str, key: Ed25519PublicKey, last_number: int, now_us: int
) -> Command:
    """A command, checked: the city's, for this camera, fresh, and not seen before.

    Raises:
        StatementError: Forged, for another camera, too early, expired, or a replay.
        WireError: Malformed.
    """
    statement = statements.decode_statement(data, "command")
    statement.verify(key)
    body = statement.body
    named = take(body, 1, str, "the camera")
    check_camera(named)
    action = take(body, 5, str, "the action")
    if action not in Action._value2member_map_:
        raise WireError("a command of an unknown kind")
    arguments = take(body, 6, dict, "the arguments")
    if not all(type(k) is int for k in arguments):
        raise WireError("a command's arguments are malformed")
    command = Command(
        camera=named,
        number=take_seq(body, 2),
        issued_us=take_seq(body, 3),
        expires_us=take_seq(body, 4),
        action=Action(action),
        arguments=arguments,
    )
    if named != camera:
        raise statements.StatementError("the command is for another camera")
    if command.expires_us - command.issued_us > MOST_LIFE_US:
        raise statements.StatementError("the command lives too long")
    if not command.issued_us - AHEAD_US <= now_us <= command.expires_us:
        raise statements.StatementError("the command is not valid now")
    if command.number <= last_number:
        raise statements.StatementError("the command was seen before")
    return command
