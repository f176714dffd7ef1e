"""Clips: the same by seed, truth that the frames show, and no need of training packages."""

from __future__ import annotations

import json
import subprocess
import sys

import cv2
import numpy as np
import pytest

from models.training.clip import demo_clip, frames, truth_rows, write_clip
from models.training.drives import SPEEDS_MPH, drive_by, drive_by_set


@pytest.fixture(scope="module")
def demo():
    return demo_clip()


def test_clips_need_neither_torch_nor_a_data_folder():
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "from models.training.clip import frames\n"
        "image, at = next(frames(2)); assert image.shape == (720, 1280, 3) and at == 0"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_an_unknown_light_is_refused():
    with pytest.raises(ValueError, match="unknown mode 'noon'; known: day, dusk, infrared"):
        drive_by(1, mode="noon")


def test_the_demo_has_every_kind_of_passage(demo):
    truth = demo.truth()
    assert [p.kind for p in truth].count("parked") == 1
    assert {"approaching", "receding", "crossing", "parked"} == {p.kind for p in truth}
    assert len(truth) == len(demo.movers)
    assert len({p.text for p in truth}) == len(truth)
    moving = [p for p in truth if p.kind != "parked"]
    assert any(
        a.first_frame <= b.last_frame and b.first_frame <= a.last_frame
        for i, a in enumerate(moving)
        for b in moving[i + 1 :]
    )
    assert min(len(p.corners) for p in truth) >= 5


def test_frames_repeat_by_seed_and_in_any_order(demo):
    again = demo_clip()
    assert np.array_equal(demo.frame(200), again.frame(200))
    assert np.array_equal(demo.frame(60), again.frame(60))
    image, time_s = next(frames(1))
    assert np.array_equal(image, demo.frame(0))
    assert time_s == 0


def test_a_visible_plate_stands_at_its_corners(demo):
    for passage in demo.truth():
        index = sorted(passage.corners)[len(passage.corners) // 2]
        corners = passage.corners[index]
        flat = np.array([[0, 0], [96, 0], [96, 48], [0, 48]], np.float32)
        matrix = cv2.getPerspectiveTransform(corners.astype(np.float32), flat)
        crop = cv2.warpPerspective(demo.frame(index), matrix, (96, 48))
        assert crop.std() > 10, passage.kind


def test_dusk_falls(demo):
    assert demo.frame(demo.count - 1).mean() < 0.65 * demo.frame(0).mean()


def test_corners_in_the_truth_lie_inside_the_frame(demo):
    for passage in demo.truth():
        for corners in passage.corners.values():
            assert (corners >= 0).all()
            assert (corners <= (1280, 720)).all()


@pytest.mark.parametrize("speed_mph", SPEEDS_MPH)
def test_a_vehicle_moves_at_the_speed_that_the_truth_names(speed_mph):
    clip = drive_by(3, speed_mph=speed_mph)
    mover = clip.movers[0]
    run = mover.place(mover.from_s + 1).z_m - mover.start.z_m
    assert abs(run) == pytest.approx(mover.speed_mph * 0.44704, rel=1e-6)
    assert 0.9 * speed_mph < mover.speed_mph <= speed_mph


def test_the_drive_by_set_shows_every_vehicle_in_every_light():
    clips = list(drive_by_set(1, 30))
    assert {c.mode for c in clips} == {"day", "dusk", "infrared"}
    assert any(c.pole_x_m is not None for c in clips)
    assert {round(max(m.speed_mph for m in c.movers), -1) for c in clips} >= {10, 30, 60, 90}
    for clip in clips:
        seen = {p.text for p in clip.truth() if len(p.corners) >= 3}
        assert seen == {m.text for m in clip.movers}


def test_a_post_hides_a_plate_for_a_while():
    free, hidden = (drive_by(6, speed_mph=15, occluded=o).truth()[0].corners for o in (False, True))
    assert set(hidden) < set(free)


def test_infrared_frames_are_grey_and_the_plate_is_the_brightest():
    clip = drive_by(4, mode="infrared", speed_mph=25)
    passage = clip.truth()[0]
    index = sorted(passage.corners)[-3]
    frame = clip.frame(index)
    assert np.abs(frame[..., 0].astype(int) - frame[..., 2]).max() == 0
    x, y = passage.corners[index].mean(0).astype(int)
    assert np.percentile(frame[y - 12 : y + 12, x - 20 : x + 20], 90) > 3 * np.median(frame)


def test_a_clip_is_written_with_its_truth(tmp_path):
    clip = drive_by(2, speed_mph=100)
    write_clip(clip, tmp_path / "pictures")
    write_clip(clip, tmp_path / "clip.avi")
    assert len(list((tmp_path / "pictures").glob("*.jpg"))) == clip.count
    video = cv2.VideoCapture(str(tmp_path / "clip.avi"))
    assert video.get(cv2.CAP_PROP_FRAME_COUNT) == clip.count
    video.release()
    rows = [json.loads(line) for line in (tmp_path / "clip.truth.jsonl").read_text().splitlines()]
    assert rows == truth_rows(clip)
    assert rows[0]["first_frame"] <= rows[0]["last_frame"]
