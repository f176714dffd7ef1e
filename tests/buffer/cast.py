"""Who and what the outbox's tests are about. No plate here is anybody's."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from alpr_edge.buffer.identity import Identity
from alpr_edge.seams import Character, Clock, Passage, PlateBox, PlateText
from tests.wire.samples import CAMERA, seal_key

CITY = seal_key()
DEVICE = Identity(
    camera=CAMERA,
    signing_key=Ed25519PrivateKey.from_private_bytes(b"\x09" * 32),
    seal_key=CITY.public_key(),
    seal_key_id=bytes(16),
)


def passage(text: str = "0TEST00", at: datetime | None = None) -> Passage:
    """A vehicle that passed."""
    characters = tuple(Character(alternatives=((c, 0.98), ("8", 0.01))) for c in text)
    return Passage(
        text=PlateText(text=text, raw_text=text, confidence=0.95, characters=characters),
        captured_at=at or datetime(2026, 11, 24, 12, 0, tzinfo=UTC),
        monotonic_s=100.0,
        clock=Clock(synchronised=True, error_s=0.01),
        first_seen_s=99.0,
        last_seen_s=101.0,
        direction="approaching",
        looks=9,
        readings=3,
        box=PlateBox(corners=((1.0, 1.0), (90.0, 1.0), (90.0, 40.0), (1.0, 40.0)), score=0.9),
        frame_size_wh=(1280, 720),
        crop=np.zeros((64, 192, 3), np.uint8),
        mode="full",
        source="test",
        models=("plate_detector@0", "plate_ocr@0"),
    )
