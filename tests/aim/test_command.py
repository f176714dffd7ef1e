"""`alpr-edge aim` on a drawn road: what it says, and all that it leaves behind."""

from __future__ import annotations

import contextlib
import io
import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from alpr_edge.aim.session import Session
from alpr_edge.capture.playback import open_playback
from alpr_edge.cli import main
from alpr_edge.config import CameraConfig, PlaybackConfig
from alpr_edge.recognize.recognizer import Recognizer
from tests.daemon.camera import Camera, Clip
from tests.daemon.conftest import clip as clip


@dataclass(frozen=True)
class Aimed:
    """A camera that was aimed and commissioned, and what the command said."""

    camera: Camera
    settings: Path
    said: str


@pytest.fixture(scope="module")
def aimed(clip: Clip, tmp_path_factory: pytest.TempPathFactory) -> Aimed:
    camera = Camera(tmp_path_factory.mktemp("aimed"))
    settings = camera.configure(
        camera={"source": "playback"}, playback={"path": str(clip.path), "speed": "full"}
    )
    sheet = camera.folder / "sheet"
    command = ["aim", "--config", str(settings), "--by", "A. Person", "--sheet", str(sheet)]
    with contextlib.redirect_stdout(io.StringIO()) as said:
        assert main(command) == 1, "the drawn road's plates are too small to pass"
    return Aimed(camera, settings, said.getvalue())


def test_a_lane_that_does_not_pass_says_what_to_do_and_no_plate(aimed: Aimed, clip: Clip) -> None:
    assert "lane 1: not yet" in aimed.said
    assert "next: zoom in" in aimed.said
    left = aimed.said + "".join(
        (aimed.camera.folder / name).read_bytes().decode("latin-1")
        for name in ("sheet.json", "sheet.pdf", "baseline.json")
    )
    assert not any(text in left for text in clip.passed | clip.parked)


def test_what_no_meter_judged_is_said_on_screen_and_sheet(aimed: Aimed) -> None:
    sheet = json.loads((aimed.camera.folder / "sheet.json").read_text())["sheet"]
    (what,) = sheet["unmeasured"]  # the drawn road ends in the dark, with infra-red light
    assert what == "shutter, motion blur: this source does not tell its exposure"
    assert f"not measured: {what}\n" in aimed.said


def test_nothing_is_left_but_sheet_and_baseline(aimed: Aimed) -> None:
    names = {p.name for p in aimed.camera.folder.iterdir()}
    left = {"baseline.json", "baseline.png", "sheet.json", "sheet.pdf"}
    assert names == {"edge.toml", "identity"} | left


def test_the_sheet_is_signed_and_a_changed_one_is_found_out(
    aimed: Aimed, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sheet = aimed.camera.folder / "sheet.json"
    assert main(["aim", "--verify", str(sheet)]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert (shown["passes"], shown["technician"]) == (False, "A. Person")
    assert (aimed.camera.folder / "sheet.pdf").read_bytes().startswith(b"%PDF-")
    changed = tmp_path / "changed.json"
    changed.write_text(sheet.read_text().replace('"passes": false', '"passes": true'))
    assert main(["aim", "--verify", str(changed)]) == 1
    assert "was changed after it was signed" in capsys.readouterr().err


def test_health_knows_a_commissioned_camera(aimed: Aimed) -> None:
    assert main(["health", "--config", str(aimed.settings), "--check", "commissioned"]) == 0


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"sheet": 1}', '{"sheet": {}, "x": 2}'])
def test_what_is_no_sheet_is_refused(
    content: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "x.json"
    file.write_text(content)
    assert main(["aim", "--verify", str(file)]) == 1
    assert "is no commissioning sheet" in capsys.readouterr().err


def test_a_session_ends_by_itself(clip: Clip) -> None:
    source = open_playback(
        CameraConfig(source="playback"),
        PlaybackConfig(path=clip.path, speed="full", repeat=True),
    )
    session = Session(source, Recognizer.load().detector, lanes=1, mph=45, most_s=0.5)
    while session.step():
        pass
    source.close()
    assert session.left_s == 0
