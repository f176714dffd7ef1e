"""What `alpr-edge read` prints and writes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from alpr_edge.cli import main
from alpr_edge.pictures.load import load_picture

PICTURES = Path(__file__).parent.parent / "pictures"
TRUTH: list[dict[str, Any]] = [
    json.loads(line) for line in (PICTURES / "truth.jsonl").read_text().splitlines()
]


def test_json_has_one_documented_object_per_picture(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["read", "--json", str(PICTURES)]) == 0
    out, err = capfd.readouterr()
    assert err == ""
    rows = [json.loads(line) for line in out.splitlines()]
    assert [Path(r["image"]).name for r in rows] == sorted(t["image"] for t in TRUTH)
    for row in rows:
        assert list(row) == ["image", "width", "height", "ms", "plates"]
        assert (row["width"], row["height"]) == (1280, 720)
        assert row["ms"] > 0
        for plate in row["plates"]:
            assert np.array(plate["corners"]).shape == (4, 2)
            assert 0 <= plate["confidence"] <= 1
            assert len(plate["characters"]) == len(plate["text"])
            for position in plate["characters"]:
                assert all(isinstance(c, str) and 0 <= p <= 1 for c, p in position)
            assert plate["region"] is None or isinstance(plate["region"], str)


def test_the_table_shows_every_plate_without_colour_in_a_pipe(
    capfd: pytest.CaptureFixture[str],
) -> None:
    assert main(["read", str(PICTURES)]) == 0
    out = capfd.readouterr().out
    assert "\033" not in out
    for row in TRUTH:
        for plate in row["plates"]:
            assert any(plate["text"] in line and row["image"] in line for line in out.splitlines())


def test_annotated_pictures_differ_only_near_plates(tmp_path: Path) -> None:
    row = next(r for r in TRUTH if r["plates"])
    assert main(["read", "--annotate", str(tmp_path / "out"), str(PICTURES / row["image"])]) == 0
    (written,) = (tmp_path / "out").iterdir()
    before, after = load_picture(PICTURES / row["image"]), load_picture(written)
    changed = np.argwhere(np.abs(before.astype(int) - after).max(2) > 90)
    assert len(changed)
    corners = np.array([p["corners"] for p in row["plates"]]).reshape(-1, 2)
    low, high = corners.min(0) - 120, corners.max(0) + 120
    assert ((changed[:, ::-1] >= low) & (changed[:, ::-1] <= high)).all()


def test_a_video_gives_each_frame_its_time(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    row = next(r for r in TRUTH if len(r["plates"]) == 1)
    image = load_picture(PICTURES / row["image"])
    path = tmp_path / "clip.avi"
    video = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10, (1280, 720))
    for _ in range(4):
        video.write(image)
    video.release()
    assert main(["read", "--json", "--every", "2", str(path)]) == 0
    rows = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    assert [(r["frame"], r["time_s"]) for r in rows] == [(0, 0.0), (2, 0.2)]
    assert [p["text"] for p in rows[0]["plates"]] == [row["plates"][0]["text"]]


def test_a_zero_step_is_a_usage_error(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["read", "--every", "0", "x.jpg"])
    assert stop.value.code == 2
    assert "must be 1 or more, got 0" in capfd.readouterr().err


def test_altered_models_stop_with_one_line(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["read", "--models", str(tmp_path), str(PICTURES)]) == 1
    err = capfd.readouterr().err
    assert err.startswith(f"alpr-edge: {tmp_path}/plate_syntax.toml: cannot be read (No such")
    assert err.count("\n") == 1
