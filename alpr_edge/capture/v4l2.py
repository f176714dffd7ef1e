"""Frames of a Video4Linux camera, through OpenCV."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from alpr_edge.capture.exposure import shutter_limit_s
from alpr_edge.capture.shot import Shot, small_luma, take
from alpr_edge.config import CameraConfig, SceneConfig, V4l2Config
from alpr_edge.errors import CameraError
from alpr_edge.seams import Image

MANUAL_EXPOSURE = 1  # V4L2_EXPOSURE_MANUAL
EXPOSURE_STEP_S = 1e-4  # unit of V4L2_CID_EXPOSURE_ABSOLUTE

Opener = Callable[[Path, float], Any]
"""Gives what `cv2.VideoCapture` gives; a test gives a camera of its own."""


class V4l2Source:
    """An open Video4Linux device."""

    def __init__(
        self,
        camera: CameraConfig,
        v4l2: V4l2Config,
        scene: SceneConfig,
        *,
        opener: Opener | None = None,
    ) -> None:
        self._camera = camera
        self._format = v4l2.format.upper()
        self._sequence = 0
        self._exposure_s: float | None = None
        self._device = (opener or _opened)(v4l2.device, camera.stall_s)
        if not self._device.isOpened():
            self._device.release()
            raise CameraError(
                f"{v4l2.device}: cannot be opened as a camera",
                fix="close what uses it, or add this user to group video",
            )
        self._configure(v4l2, scene)

    def read(self) -> Shot:
        """Wait for the next shot."""
        if not self._device.grab():
            raise CameraError(f"no frame for {self._camera.stall_s:g} s")
        good, raw = self._device.retrieve()
        if not good or raw is None or not raw.size:
            raise CameraError("the device gave an empty frame")
        self._sequence += 1
        luma, develop = self._pictures(np.asarray(raw, np.uint8))
        return take(
            luma,
            develop,
            monotonic_s=self._captured_s(),
            sequence=self._sequence,
            source=self._camera.name,
            exposure_s=self._exposure_s,
        )

    def close(self) -> None:
        """Let go of the device."""
        self._device.release()

    def _configure(self, v4l2: V4l2Config, scene: SceneConfig) -> None:
        device = self._device
        device.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*self._format))
        device.set(cv2.CAP_PROP_FRAME_WIDTH, self._camera.width_px)
        device.set(cv2.CAP_PROP_FRAME_HEIGHT, self._camera.height_px)
        device.set(cv2.CAP_PROP_FPS, self._camera.frames_per_s)
        # The device's own bytes: a frame nobody asks for is never decoded whole.
        device.set(cv2.CAP_PROP_CONVERT_RGB, 0)
        if v4l2.limit_shutter:
            limit_s = shutter_limit_s(scene.max_mph)
            device.set(cv2.CAP_PROP_AUTO_EXPOSURE, MANUAL_EXPOSURE)
            if device.set(cv2.CAP_PROP_EXPOSURE, max(1, int(limit_s / EXPOSURE_STEP_S))):
                self._exposure_s = device.get(cv2.CAP_PROP_EXPOSURE) * EXPOSURE_STEP_S

    def _pictures(self, raw: Image) -> tuple[Image, Callable[[], Image]]:
        """The small grey picture, and how to make the whole one."""
        if raw.ndim == 3 and raw.shape[2] == 3:  # a driver that converts whatever it is told
            return small_luma(raw), lambda: raw
        if raw.ndim == 3 and raw.shape[2] == 2:
            return small_luma(raw[:, :, 0]), lambda: np.asarray(
                cv2.cvtColor(raw, cv2.COLOR_YUV2BGR_YUYV), np.uint8
            )
        # A third of the time of the whole decoding: only the mean of each 8 x 8 block is made.
        return small_luma(_decoded(raw, cv2.IMREAD_REDUCED_GRAYSCALE_8)), lambda: _decoded(
            raw, cv2.IMREAD_COLOR
        )

    def _captured_s(self) -> float:
        """When the driver says the frame was taken, where it says so by our clock."""
        now_s = time.monotonic()
        stamp_s = float(self._device.get(cv2.CAP_PROP_POS_MSEC)) / 1000
        return stamp_s if 0 <= now_s - stamp_s < self._camera.stall_s else now_s


def _decoded(jpeg: Image, how: int) -> Image:
    image = cv2.imdecode(jpeg.ravel(), how)
    if image is None:
        raise CameraError("the device gave a frame that is no JPEG")
    return np.asarray(image, np.uint8)


def _opened(device: Path, stall_s: float) -> cv2.VideoCapture:
    if not device.exists():
        raise CameraError(
            f"{device}: no such device",
            fix="plug the camera in, or set v4l2.device; see v4l2-ctl --list-devices",
            permanent=True,
        )
    # OpenCV's own limit on waiting for a frame is 10 s.
    os.environ["OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT"] = str(math.ceil(stall_s))
    return cv2.VideoCapture(str(device), cv2.CAP_V4L2)
