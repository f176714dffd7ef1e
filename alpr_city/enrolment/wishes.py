"""Settings that are wanted on cameras, signed by the vault, and what became of each."""

from __future__ import annotations

import hashlib
import json
import time
from pathlib import Path
from typing import Any

from alpr_wire.topics import check_camera

OUTCOMES = ("applied", "unchanged", "refused", "rolled-back")
MOST_BYTES = 2000


class Wishes:
    """Two small files for each camera."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def want(self, camera: str, statement: bytes) -> None:
        """Put a signed wish in place of the last one."""
        path = self._path(camera, "desired")
        self._folder.mkdir(mode=0o2770, parents=True, exist_ok=True)
        half = path.with_suffix(".new")
        half.write_bytes(statement)
        half.replace(path)

    def wanted(self, camera: str) -> bytes:
        """The wish; empty for none."""
        path = self._path(camera, "desired")
        return path.read_bytes() if path.exists() else b""

    def keep(self, bundle: bytes) -> bytes:
        """Keep a bundle of models for cameras to fetch; its SHA-256, which names it."""
        digest = hashlib.sha256(bundle).digest()
        path = self._folder / f"{digest.hex()}.models"
        self._folder.mkdir(mode=0o2770, parents=True, exist_ok=True)
        half = path.with_suffix(".new")
        half.write_bytes(bundle)
        half.replace(path)
        return digest

    def bundle(self, digest: bytes) -> bytes | None:
        """A bundle that was kept."""
        path = self._folder / f"{digest.hex()}.models"
        return path.read_bytes() if path.exists() else None

    def report(self, camera: str, data: bytes) -> None:
        """Keep what a camera says became of it.

        Raises:
            ValueError: It is no report.
        """
        found = json.loads(data[:MOST_BYTES])
        if not isinstance(found, dict) or found.get("outcome") not in OUTCOMES:
            raise ValueError("no outcome")
        kept = {
            "number": int(found["number"]) if type(found.get("number")) is int else -1,
            "outcome": found["outcome"],
            "why": "".join(c for c in str(found.get("why", ""))[:200] if c.isprintable()),
            "at_s": int(time.time()),
        }
        self._folder.mkdir(mode=0o2770, parents=True, exist_ok=True)
        self._path(camera, "report").write_text(json.dumps(kept))

    def outcome(self, camera: str) -> dict[str, Any] | None:
        """What became of the last wish; None while nothing was heard."""
        path = self._path(camera, "report")
        return dict(json.loads(path.read_text())) if path.exists() else None

    def _path(self, camera: str, kind: str) -> Path:
        check_camera(camera)
        return self._folder / f"{camera}.{kind}"
