"""Recorded videos and folders of pictures."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from alpr_edge.capture.shot import Shot
from alpr_edge.capture.source import Source, is_live, open_source
from alpr_edge.config import EdgeConfig, build
from alpr_edge.errors import CameraError

FRAMES = 12
RATE = 20


def settings(path: Path, **playback: object) -> EdgeConfig:
    return build(
        {
            "camera": {"source": "playback", "frames_per_s": RATE},
            "playback": {"path": str(path), "speed": "full"} | playback,
        }
    )


def picture(number: int) -> np.ndarray:
    image = np.full((96, 128, 3), 40, np.uint8)
    image[:, : 8 * (number + 1)] = 220
    return image


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    path = tmp_path / "clip.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), RATE, (128, 96))
    for number in range(FRAMES):
        writer.write(picture(number))
    writer.release()
    return path


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(FRAMES):
        cv2.imwrite(str(folder / f"{number:04}.png"), picture(number))
    return folder


def all_of(source: Source) -> list[Shot]:
    shots = []
    while (shot := source.read()) is not None:
        shots.append(shot)
    source.close()
    return shots


def bright_columns(shot: Shot) -> int:
    return int((shot.develop()[48, :, 1] > 128).sum())


@pytest.mark.parametrize("content", [None, b"", b"this is no video"])
def test_a_recording_that_cannot_be_read_is_refused_for_good(
    tmp_path: Path, content: bytes | None
) -> None:
    path = tmp_path / "clip.mp4"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CameraError) as refused:
        open_source(settings(path))
    assert refused.value.permanent
    assert str(path) in str(refused.value)
    assert "Fix: set playback.path" in str(refused.value)


def test_an_empty_folder_is_refused_for_good(tmp_path: Path) -> None:
    with pytest.raises(CameraError, match="no picture") as refused:
        open_source(settings(tmp_path))
    assert refused.value.permanent


@pytest.mark.parametrize("kind", ["clip", "pictures"])
def test_every_frame_comes_once_in_order_at_its_recorded_time(
    kind: str, request: pytest.FixtureRequest
) -> None:
    shots = all_of(open_source(settings(request.getfixturevalue(kind))))
    assert [bright_columns(shot) for shot in shots] == [8 * (n + 1) for n in range(FRAMES)]
    assert [shot.sequence for shot in shots] == list(range(1, FRAMES + 1))
    times = np.diff([shot.monotonic_s for shot in shots])
    assert times == pytest.approx([1 / RATE] * (FRAMES - 1), abs=0.002)
    dates = np.diff([shot.captured_at.timestamp() for shot in shots])
    assert dates == pytest.approx(times, abs=0.02)
    assert all(shot.luma.shape == (120, 160) for shot in shots)


def test_an_unreadable_picture_is_named_and_passed_over(
    pictures: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (pictures / "0003.png").write_bytes(b"not a picture")
    shots = all_of(open_source(settings(pictures)))
    assert len(shots) == FRAMES - 1
    (record,) = caplog.records
    assert record.__dict__["file"].endswith("0003.png")


def test_recorded_speed_takes_the_recorded_time(clip: Path) -> None:
    config = settings(clip, speed="recorded")
    assert is_live(config)
    source = open_source(config)
    began_s = time.monotonic()
    shots = all_of(source)
    took_s = time.monotonic() - began_s
    assert took_s >= (FRAMES - 2) / RATE
    assert shots[-1].monotonic_s <= time.monotonic()


def test_closing_ends_a_recording_that_is_being_waited_for(pictures: Path) -> None:
    source = open_source(
        build(
            {
                "camera": {"source": "playback", "frames_per_s": 1},
                "playback": {"path": str(pictures)},
            }
        )
    )
    source.read()
    closing = threading.Timer(0.05, source.close)
    closing.start()
    began_s = time.monotonic()
    source.read()
    assert time.monotonic() - began_s < 0.9
    assert source.read() is None


def test_a_repeated_recording_goes_on_with_later_times(clip: Path) -> None:
    source = open_source(settings(clip, repeat=True))
    shots = [source.read() for _ in range(FRAMES * 2 + 3)]
    source.close()
    times = [shot.monotonic_s for shot in shots if shot]
    assert len(times) == FRAMES * 2 + 3
    assert np.diff(times) == pytest.approx([1 / RATE] * (len(times) - 1), abs=0.002)
    assert not is_live(settings(clip))
