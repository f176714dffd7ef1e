"""The Video4Linux source against a fake device: what OpenCV would give is drawn here."""

from __future__ import annotations

import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from alpr_edge.capture.v4l2 import V4l2Source
from alpr_edge.config import build
from alpr_edge.errors import CameraError
from alpr_edge.seams import Image


class FakeDevice:
    """What `cv2.VideoCapture` is to the source, with pictures drawn beforehand."""

    def __init__(self, frames: list[Image | None], *, opens: bool = True) -> None:
        self.frames = frames
        self.opens = opens
        self.settings: dict[int, float] = {}
        self.released = False

    def isOpened(self) -> bool:  # noqa: N802 - OpenCV's name
        return self.opens

    def set(self, prop: int, value: float) -> bool:
        self.settings[prop] = value
        return True

    def get(self, prop: int) -> float:
        if prop == cv2.CAP_PROP_POS_MSEC:
            return (time.monotonic() - 0.04) * 1000  # the driver's stamp
        return self.settings.get(prop, 0.0)

    def grab(self) -> bool:
        return bool(self.frames)

    def retrieve(self) -> tuple[bool, Image | None]:
        frame = self.frames.pop(0)
        return frame is not None, frame

    def release(self) -> None:
        self.released = True


def a_source(device: FakeDevice, **v4l2: object) -> V4l2Source:
    config = build(
        {
            "camera": {"source": "v4l2", "width_px": 320, "height_px": 240},
            "scene": {"max_mph": 50.0},
            "v4l2": v4l2,
        }
    )
    return V4l2Source(config.camera, config.v4l2, config.scene, opener=lambda _path, _s: device)


def halves() -> Image:
    """Dark on the left, orange on the right."""
    image = np.full((240, 320, 3), 20, np.uint8)
    image[:, 160:] = (20, 120, 230)
    return image


def jpeg() -> Image:
    return np.asarray(cv2.imencode(".jpg", halves(), [cv2.IMWRITE_JPEG_QUALITY, 95])[1])


def yuyv() -> Image:
    return np.asarray(cv2.cvtColor(halves(), cv2.COLOR_BGR2YUV_YUYV))


def test_a_missing_device_is_refused_for_good(tmp_path: Path) -> None:
    config = build({"v4l2": {"device": str(tmp_path / "video9")}})
    with pytest.raises(CameraError, match=r"video9: no such device. Fix: plug") as refused:
        V4l2Source(config.camera, config.v4l2, config.scene)
    assert refused.value.permanent


def test_a_device_that_is_no_camera_is_refused() -> None:
    config = build({"v4l2": {"device": "/dev/null"}})
    with pytest.raises(CameraError, match="cannot be opened as a camera"):
        V4l2Source(config.camera, config.v4l2, config.scene)


@pytest.mark.parametrize("frame", [None, np.empty((0, 0), np.uint8), np.full((1, 50), 7, np.uint8)])
def test_a_spoilt_frame_is_told_apart_from_a_picture(frame: Image | None) -> None:
    with pytest.raises(CameraError):
        a_source(FakeDevice([frame])).read()


def test_a_device_that_gives_no_frame_is_noticed() -> None:
    with pytest.raises(CameraError, match="no frame for 3 s"):
        a_source(FakeDevice([])).read()


@pytest.mark.parametrize("raw", [jpeg(), yuyv(), halves()], ids=["MJPG", "YUYV", "converted"])
def test_every_format_gives_the_same_picture(raw: Image) -> None:
    shot = a_source(FakeDevice([raw])).read()
    image = shot.develop()
    assert image.shape == (240, 320, 3)
    assert np.abs(image[120, 40].astype(int) - (20, 20, 20)).max() < 10
    assert np.abs(image[120, 280].astype(int) - (20, 120, 230)).max() < 14
    assert shot.luma.shape == (120, 160)
    assert int(shot.luma[60, 20]) < 40 < 110 < int(shot.luma[60, 140])
    assert time.monotonic() - shot.monotonic_s == pytest.approx(0.04, abs=0.03)


def test_the_shutter_is_held_at_the_limit_of_the_lane() -> None:
    device = FakeDevice([jpeg()])
    shot = a_source(device).read()
    assert device.settings[cv2.CAP_PROP_AUTO_EXPOSURE] == 1
    assert device.settings[cv2.CAP_PROP_EXPOSURE] == 11  # 1/(18 x 50) s is 11.1 units of 100 us
    assert shot.exposure_s == pytest.approx(0.0011)


def test_the_shutter_may_be_left_to_the_camera() -> None:
    device = FakeDevice([jpeg()])
    assert a_source(device, limit_shutter=False).read().exposure_s is None
    assert cv2.CAP_PROP_EXPOSURE not in device.settings


def test_closing_lets_go_of_the_device() -> None:
    device = FakeDevice([])
    a_source(device).close()
    assert device.released
