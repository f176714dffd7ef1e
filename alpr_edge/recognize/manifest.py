"""What a shipped model is and how it is fed, read from the TOML file beside it."""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alpr_edge.errors import ModelError


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """A model's manifest, checked against the file it describes."""

    name: str
    version: str
    file: Path
    sha256: str
    input_shape: tuple[int, ...]
    outputs: dict[str, tuple[int, ...]]
    """Name of each output and its shape; shapes are distinct, so they identify outputs."""
    settings: dict[str, Any]
    """What only this kind of model has: thresholds, alphabet, margins."""

    @property
    def label(self) -> str:
        """Name and short hash, as recorded with every read."""
        return f"{self.name}@{self.sha256[:12]}"

    def number(self, key: str) -> float:
        """A setting that must be a number.

        Raises:
            ModelError: It is missing or of another kind.
        """
        value = self.settings.get(key)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ModelError(
                f"{self.file.name}: its manifest has no number '{key}'", fix=_REINSTALL
            )
        return float(value)

    def words(self, key: str) -> tuple[str, ...]:
        """A setting that must be a list of strings.

        Raises:
            ModelError: It is missing or of another kind.
        """
        value = self.settings.get(key)
        if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
            raise ModelError(f"{self.file.name}: its manifest has no list '{key}'", fix=_REINSTALL)
        return tuple(value)


SECOND = "plate_ocr_two.toml"
"""Manifest of a second reader, for plates from abroad; a folder of models may go without."""
_REINSTALL = "reinstall the package, or restore the model and its manifest together"


def manifests_of(folder: Path) -> list[Manifest]:
    """Those of a folder of models, each checked.

    Raises:
        ModelError: As `load_manifest`.
    """
    second = [SECOND] if (folder / SECOND).exists() else []
    return [load_manifest(folder / n) for n in ("plate_detector.toml", "plate_ocr.toml", *second)]


def load_manifest(path: Path) -> Manifest:
    """Read a manifest and check the model file's hash.

    Raises:
        ModelError: Either file is missing, the manifest is malformed, or the hash differs.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror})", fix=_REINSTALL) from error
    try:
        table = tomllib.loads(text)
        manifest = Manifest(
            name=str(table["name"]),
            version=str(table["version"]),
            file=path.parent / str(table["file"]),
            sha256=str(table["sha256"]),
            input_shape=tuple(int(n) for n in table["input"]["shape"]),
            outputs={str(o["name"]): tuple(int(n) for n in o["shape"]) for o in table["output"]},
            settings=dict(table["settings"]),
        )
    except (tomllib.TOMLDecodeError, KeyError, TypeError, ValueError) as error:
        raise ModelError(f"{path}: is not a model manifest ({error})", fix=_REINSTALL) from error
    try:
        found = hashlib.sha256(manifest.file.read_bytes()).hexdigest()
    except OSError as error:
        raise ModelError(
            f"{manifest.file}: cannot be read ({error.strerror})", fix=_REINSTALL
        ) from error
    if found != manifest.sha256:
        raise ModelError(
            f"{manifest.file}: its SHA-256 is {found[:12]}..., {path.name} says "
            f"{manifest.sha256[:12]}...",
            fix=_REINSTALL,
        )
    return manifest
