"""Made-up reads for the tests of the contract. No plate here is anybody's."""

from __future__ import annotations

from typing import Any

from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from alpr_wire.reads import ReadBody

CAMERA = "cam-0001"
STREAM = bytes(range(16))


def seal_key(fill: int = 7) -> hpke.MLKEM768X25519PrivateKey:
    """A city's seal key that is the same every run."""
    return hpke.MLKEM768X25519PrivateKey(
        MLKEM768PrivateKey.from_seed_bytes(bytes([fill]) * 64),
        X25519PrivateKey.from_private_bytes(bytes([fill]) * 32),
    )


def signing_key(fill: int = 9) -> Ed25519PrivateKey:
    """A camera's signing key that is the same every run."""
    return Ed25519PrivateKey.from_private_bytes(bytes([fill]) * 32)


def read(text: str = "0TEST00", **changes: Any) -> ReadBody:
    """A plausible read."""
    fields: dict[str, Any] = {
        "text": text,
        "raw_text": text,
        "lattice": tuple(((c, 0.97), ("B" if c != "B" else "8", 0.02)) for c in text),
        "confidence": 0.9,
        "region": "us-ca",
        "region_confidence": 0.8,
        "captured_us": 1_795_500_000_000_000,
        "clock_synchronised": True,
        "clock_error_us": 2500,
        "monotonic_us": 12_345_678,
        "dwell_us": 800_000,
        "direction": "approaching",
        "looks": 11,
        "readings": 4,
        "corners": ((100.0, 200.0), (190.5, 201.0), (190.0, 245.0), (99.9, 244.0)),
        "frame_size_wh": (1280, 720),
        "mode": "full",
        "source": "picamera",
        "models": ("plate_detector@0123456789ab", "plate_ocr@0123456789ab"),
    }
    return ReadBody(**{**fields, **changes})
