"""The commands that README.md shows do what it says."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import cv2
import pytest

from alpr_edge.cli import main

ROOT = Path(__file__).parents[2]
PICTURES = ROOT / "tests" / "pictures"
README = (ROOT / "README.md").read_text()
SHOWN = [
    line.split("#")[0].strip()
    for block in re.findall(r"(?ms)^```(?:sh)?\n(.*?)^```", README)
    for line in block.splitlines()
]
READS = [line for line in SHOWN if "alpr-edge read" in line]
TARGETS = sorted(set(re.findall(r"`?make ([a-z][a-z-]*)", "\n".join(SHOWN) + README)))


@pytest.fixture
def pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that holds what the commands name, to stand in."""
    shutil.copy(PICTURES / "california.jpg", tmp_path / "photo.jpg")
    (tmp_path / "folder").mkdir()
    shutil.copy(PICTURES / "brazil.jpg", tmp_path / "folder")
    image = cv2.imread(str(PICTURES / "california.jpg"))
    assert image is not None
    clip = cv2.VideoWriter(
        str(tmp_path / "clip.mp4"), cv2.VideoWriter.fourcc(*"mp4v"), 5, image.shape[1::-1]
    )
    for _ in range(2):
        clip.write(image)
    clip.release()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_readme_shows_how_to_read_pictures() -> None:
    assert len(READS) >= 3


@pytest.mark.parametrize("line", READS)
def test_a_read_command_of_the_readme_succeeds(
    pictures: Path, line: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(shlex.split(line)[1:]) == 0
    assert capfd.readouterr().out
    if "--annotate" in line:
        assert list((pictures / "out").iterdir())


@pytest.mark.parametrize("target", TARGETS)
def test_a_make_target_of_the_readme_exists(target: str) -> None:
    assert re.search(rf"(?m)^{target}:", (ROOT / "Makefile").read_text())
