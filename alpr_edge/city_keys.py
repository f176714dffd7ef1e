"""The keys of the city as this camera knows them: its root, and what that certified."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from alpr_edge import successor_key
from alpr_edge.errors import EnrollError
from alpr_wire.errors import WireError
from alpr_wire.keys import Purpose, open_key

_ENROL = "run `sudo alpr-edge enroll`"


@dataclass(frozen=True, slots=True, kw_only=True)
class CityKeys:
    """Whose word counts."""

    receipt: Ed25519PublicKey
    command: Ed25519PublicKey
    root: Ed25519PublicKey
    """What certifies the others, and every seal key."""
    seal_from_us: int = 0
    """Since when the seal key of enrolment is in use; no older one is ever taken."""


def load_city_keys(folder: Path) -> CityKeys:
    """Read `city-root.pub`, `receipt.key` and `command.key` from the identity folder.

    Raises:
        EnrollError: A file is missing, or is not certified by the root for its purpose, now.
    """
    root = _public(_read(folder / "city-root.pub"), folder / "city-root.pub")
    keys = {}
    for purpose in (Purpose.RECEIPT, Purpose.COMMAND):
        path = folder / f"{purpose}.key"
        try:
            certified = open_key(
                _read(path), purpose=purpose, root=root, now_us=time.time_ns() // 1000
            )
        except WireError as error:
            raise EnrollError(f"{path}: not a key of this city ({error})", fix=_ENROL) from error
        keys[purpose] = _public(certified.public, path)
    seal = successor_key.kept(folder, root)
    return CityKeys(
        receipt=keys[Purpose.RECEIPT],
        command=keys[Purpose.COMMAND],
        root=root,
        seal_from_us=0 if seal is None else seal.not_before_us,
    )


def _public(raw: bytes, path: Path) -> Ed25519PublicKey:
    try:
        return Ed25519PublicKey.from_public_bytes(raw)
    except ValueError as error:
        raise EnrollError(f"{path}: not an Ed25519 key", fix=_ENROL) from error


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise EnrollError(f"{path}: cannot be read ({error.strerror})", fix=_ENROL) from error
