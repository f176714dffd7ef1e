"""`alpr-edge default-config` and `alpr-edge check-config`, as a person runs them."""

from __future__ import annotations

from pathlib import Path

import pytest

from alpr_edge.cli import main


def test_a_faulty_file_exits_78_with_one_line_for_each_fault(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "edge.toml"
    path.write_text("[camera]\nstall = 3\nframes_per_s = 0\n")
    assert main(["check-config", str(path)]) == 78
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.splitlines() == [
        "alpr-edge: camera.stall: unknown setting. Fix: rename it to stall_s.",
        "alpr-edge: camera.frames_per_s: must be at least 1, got 0.0. Fix: set it between 1 and"
        " 120.",
    ]


def test_a_missing_file_exits_78(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check-config", str(tmp_path / "none.toml")]) == 78
    assert "no such file. Fix: alpr-edge default-config" in capsys.readouterr().err


def test_what_default_config_prints_passes_check_config(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["default-config"]) == 0
    path = tmp_path / "edge.toml"
    path.write_text(capsys.readouterr().out)
    assert main(["check-config", str(path)]) == 0
    assert capsys.readouterr().out == f"{path}: good\n"


def test_a_grabber_that_is_not_needed_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "edge.toml"
    path.write_text("[camera]\nsource = 'v4l2'\n")
    assert main(["grab", "--config", str(path)]) == 78
    assert capsys.readouterr().err == (
        'alpr-edge: camera.source is "v4l2", which needs no grabber. Fix: set camera.source ='
        ' "rtsp", or stop alpr-edge-grab\n'
    )
