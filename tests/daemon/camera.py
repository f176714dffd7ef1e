"""A camera that is enrolled with the tests' city, and how the city opens what it stored."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from alpr_edge.config import build as settings
from alpr_edge.config import text
from alpr_wire.reads import ReadBody, decode_read
from alpr_wire.records import Kind, Record, decode_record
from alpr_wire.sealing import EpochOpener, open_read
from tests.wire.samples import CAMERA, seal_key, signing_key

FILL = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """A drawn recording and the vehicles in it."""

    path: Path
    frames: int
    passed: set[str]
    parked: set[str]


class Camera:
    """Everything that one appliance has on its disk, under one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.identity = folder / "identity"
        self.outbox = folder / "outbox"
        self.health = folder / "run"
        self.identity.mkdir()
        (self.identity / "camera-id").write_text(CAMERA)
        (self.identity / "signing.pem").write_bytes(
            signing_key().private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        lattice = MLKEM768PrivateKey.from_seed_bytes(bytes([FILL]) * 64).public_key()
        curve = X25519PrivateKey.from_private_bytes(bytes([FILL]) * 32).public_key()
        (self.identity / "seal.pub").write_bytes(
            lattice.public_bytes_raw() + curve.public_bytes_raw()
        )

    def configure(self, **sections: dict[str, Any]) -> Path:
        """Write a settings file; what is not given is this camera's own."""
        own: dict[str, dict[str, Any]] = {
            "outbox": {"folder": str(self.outbox), "identity": str(self.identity)},
            "health": {
                "folder": str(self.health),
                "every_s": 0.2,
                "baseline": str(self.folder / "baseline.png"),
            },
        }
        for name, section in sections.items():
            own[name] = own.get(name, {}) | section
        path = self.folder / "edge.toml"
        path.write_text(text(settings(own)))
        return path

    def state(self) -> dict[str, Any]:
        """The health state as it was written last."""
        found: dict[str, Any] = json.loads((self.health / "capture.json").read_text())
        return found

    def records(self) -> list[Record]:
        """Every record on disk, while the camera runs or not."""
        database = sqlite3.connect(f"file:{self.outbox / 'outbox.db'}?mode=ro", uri=True)
        try:
            rows = database.execute("SELECT encoding FROM records ORDER BY seq").fetchall()
        finally:
            database.close()
        return [decode_record(encoding) for (encoding,) in rows]

    def reads(self) -> list[ReadBody]:
        """Every read, opened with the city's key."""
        openers: dict[int, EpochOpener] = {}
        bodies = []
        for record in self.records():
            if record.kind is Kind.EPOCH:
                openers[record.seq] = EpochOpener(CAMERA, record, seal_key(FILL))
            if record.kind is Kind.READ:
                key = openers[record.body[1]].keys(record)[0]
                bodies.append(decode_read(open_read(CAMERA, record, key)))
        return bodies
