"""Who this camera is: its name, its signing key, and the city's key that reads are sealed to."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from alpr_edge.errors import EnrollError
from alpr_wire import seal_keys
from alpr_wire.errors import SealError
from alpr_wire.sealing import SealPublicKey

_ENROL = "run `sudo alpr-edge enroll`"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What a camera signs with and seals to."""

    camera: str
    signing_key: Ed25519PrivateKey = field(repr=False)
    seal_key: SealPublicKey = field(repr=False)
    seal_key_id: bytes


def load_identity(folder: Path) -> Identity:
    """Read `camera-id`, `signing.pem` and `seal.pub` from the identity folder.

    `seal.pub` is the ML-KEM-768 public key followed by the X25519 one, raw.

    Raises:
        EnrollError: A file is missing or is not what it should be.
    """
    camera = _read(folder / "camera-id").decode("ascii", "replace").strip()
    if not 1 <= len(camera) <= 64 or not all(c.isalnum() or c == "-" for c in camera):
        raise EnrollError(f"{folder / 'camera-id'}: not a camera's name", fix=_ENROL)
    try:
        signing_key = load_pem_private_key(_read(folder / "signing.pem"), password=None)
    except (ValueError, TypeError) as error:
        raise EnrollError(f"{folder / 'signing.pem'}: not a private key", fix=_ENROL) from error
    if not isinstance(signing_key, Ed25519PrivateKey):
        raise EnrollError(f"{folder / 'signing.pem'}: not an Ed25519 key", fix=_ENROL)
    raw = _read(folder / "seal.pub")
    try:
        seal_key = seal_keys.from_raw(raw)
    except SealError as error:
        raise EnrollError(f"{folder / 'seal.pub'}: not a seal key", fix=_ENROL) from error
    return Identity(
        camera=camera,
        signing_key=signing_key,
        seal_key=seal_key,
        seal_key_id=seal_keys.key_id(raw),
    )


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise EnrollError(f"{path}: cannot be read ({error.strerror})", fix=_ENROL) from error
