"""Rooms do not know each other: each imports the records between them, never its neighbour."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SHARED = {"seams", "errors", "config", "quiet"}
ROOMS = sorted(
    p.name
    for p in (ROOT / "alpr_edge").iterdir()
    if p.is_dir()
    and (p / "__init__.py").exists()
    and p.name not in SHARED | {"aim", "commands", "health", "pictures"}
)
"""Those are the wiring of `alpr-edge aim`, `health`, `read` and their like."""


def imports(file: Path) -> set[str]:
    """Full names of the modules a file imports, lazily or not."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{file}: relative import"
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_no_other_room(room: str) -> None:
    for file in (ROOT / "alpr_edge" / room).rglob("*.py"):
        for name in imports(file):
            if name.startswith("alpr_edge."):
                assert name.split(".")[1] in SHARED | {room}, f"{file.name} imports {name}"
            assert not name.startswith("alpr_city"), f"{file.name} imports {name}"


def test_there_are_rooms_to_check() -> None:
    assert "recognize" in ROOMS


def test_the_contract_needs_only_cbor_and_cryptography() -> None:
    allowed = {"cbor2", "cryptography", "alpr_wire"}
    import sys

    for file in (ROOT / "alpr_wire").rglob("*.py"):
        for name in imports(file):
            top = name.split(".")[0]
            assert top in allowed or top in sys.stdlib_module_names, f"{file.name} imports {name}"


def test_the_city_knows_nothing_of_the_camera() -> None:
    for file in (ROOT / "alpr_city").rglob("*.py"):
        for name in imports(file):
            assert name.split(".")[0] not in {"alpr_edge", "cv2", "numpy"}, f"{file.name}: {name}"


def test_no_module_is_longer_than_300_lines() -> None:
    for package in ("alpr_wire", "alpr_edge", "alpr_city"):
        for file in (ROOT / package).rglob("*.py"):
            assert len(file.read_text(encoding="utf-8").splitlines()) <= 300, file
