"""The settings that a city wants on a camera: signed, numbered, for one camera."""

from __future__ import annotations

from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from alpr_wire import statements
from alpr_wire.batches import take_seq
from alpr_wire.records import take
from alpr_wire.topics import check_camera


@dataclass(frozen=True, slots=True, kw_only=True)
class Desired:
    """One wish. A higher number supersedes a lower one, which then counts no more."""

    camera: str
    number: int
    settings: str
    """A whole settings file, TOML."""

    def sign(self, key: Ed25519PrivateKey) -> bytes:
        """The statement's bytes, by the city's command key."""
        return statements.sign(key, "desired", {1: self.camera, 2: self.number, 3: self.settings})


def open_desired(data: bytes, *, camera: str, key: Ed25519PublicKey, last_number: int) -> Desired:
    """A wish, checked: the city's, for this camera, and newer than the last.

    Raises:
        StatementError: Forged, for another camera, or seen before.
        WireError: Malformed.
    """
    statement = statements.decode_statement(data, "desired")
    statement.verify(key)
    found = Desired(
        camera=take(statement.body, 1, str, "the camera"),
        number=take_seq(statement.body, 2),
        settings=take(statement.body, 3, str, "the settings"),
    )
    check_camera(found.camera)
    if found.camera != camera:
        raise statements.StatementError("the settings are for another camera")
    if found.number <= last_number:
        raise statements.StatementError("the settings were seen before, or newer ones were")
    return found
