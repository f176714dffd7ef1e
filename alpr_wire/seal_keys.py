"""Public seal keys in their raw form: ML-KEM-768 first, X25519 behind it."""

from __future__ import annotations

import hashlib

from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from cryptography.hazmat.primitives.hpke import MLKEM768X25519PublicKey

from alpr_wire.errors import SealError
from alpr_wire.sealing import KEY_ID_BYTES, SealPublicKey

_MLKEM_BYTES, _X25519_BYTES = 1184, 32
RAW_BYTES = _MLKEM_BYTES + _X25519_BYTES


def from_raw(raw: bytes) -> SealPublicKey:
    """The key.

    Raises:
        SealError: The bytes are none.
    """
    if len(raw) != RAW_BYTES:
        raise SealError(f"a seal key is {RAW_BYTES} bytes")
    try:
        return MLKEM768X25519PublicKey(
            MLKEM768PublicKey.from_public_bytes(raw[:_MLKEM_BYTES]),
            X25519PublicKey.from_public_bytes(raw[_MLKEM_BYTES:]),
        )
    except ValueError as error:
        raise SealError("not a seal key") from error


def key_id(raw: bytes) -> bytes:
    """What names a seal key in epoch records."""
    return hashlib.sha256(raw).digest()[:KEY_ID_BYTES]
