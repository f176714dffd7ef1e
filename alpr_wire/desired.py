"""The settings that a city wants on a camera: signed, numbered, for one camera."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from alpr_wire import statements
from alpr_wire.batches import take_seq
from alpr_wire.bundles import HASH_BYTES
from alpr_wire.records import take, take_bytes
from alpr_wire.topics import check_camera


@dataclass(frozen=True, slots=True, kw_only=True)
class Desired:
    """One wish. A higher number supersedes a lower one, which then counts no more."""

    camera: str
    number: int
    settings: str
    """A whole settings file, TOML."""
    models: bytes = b""
    """SHA-256 of a bundle of models; empty for those of the package."""
    farewell: bool = False
    """Whether the camera is to deliver what it holds, and then destroy keys and outbox."""

    def sign(self, key: Ed25519PrivateKey) -> bytes:
        """The statement's bytes, by the city's command key."""
        body: dict[int, Any] = {1: self.camera, 2: self.number, 3: self.settings}
        if self.models:
            body[4] = self.models
        if self.farewell:
            body[5] = True
        return statements.sign(key, "desired", body)


def open_desired(data: bytes, *, camera: str, key: Ed25519PublicKey, last_number: int) -> Desired:
    """A wish, checked: the city's, for this camera, and newer than the last.

    Raises:
        StatementError: Forged, for another camera, or seen before.
        WireError: Malformed.
    """
    statement = statements.decode_statement(data, "desired")
    statement.verify(key)
    said_models = 4 in statement.body
    found = Desired(
        camera=take(statement.body, 1, str, "the camera"),
        number=take_seq(statement.body, 2),
        settings=take(statement.body, 3, str, "the settings"),
        models=take_bytes(statement.body, 4, HASH_BYTES, "the models") if said_models else b"",
        farewell=statement.body.get(5) is True,
    )
    check_camera(found.camera)
    if found.camera != camera:
        raise statements.StatementError("the settings are for another camera")
    if found.number <= last_number:
        raise statements.StatementError("the settings were seen before, or newer ones were")
    return found
