"""A drawn road with known vehicles, and an enrolled camera."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from models.training.clip import demo_clip, write_clip
from tests.daemon.camera import Camera, Clip

SECONDS = 7


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Clip:
    """The first seconds of the demo clip: three vehicles that pass and one that is parked."""
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    drawn = replace(demo_clip(), count=SECONDS * 15)
    write_clip(drawn, path)
    passages = drawn.truth()
    return Clip(
        path=path,
        frames=drawn.count,
        passed={p.text for p in passages if p.kind != "parked"},
        parked={p.text for p in passages if p.kind == "parked"},
    )


@pytest.fixture
def camera(tmp_path: Path) -> Camera:
    """Enrolled with the tests' city."""
    return Camera(tmp_path)
