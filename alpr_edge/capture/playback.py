"""A recorded video or a folder of pictures, at its recorded speed or as fast as it is taken."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from alpr_edge.capture.shot import Shot, small_luma, take
from alpr_edge.config import CameraConfig, PlaybackConfig
from alpr_edge.errors import CameraError
from alpr_edge.seams import Image

log = logging.getLogger(__name__)

PICTURES = {".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff"}

Timed = tuple[float, Image]
"""Seconds since the start of the recording, and the picture."""


class PlaybackSource:
    """An open recording. Its clock starts when it is opened and runs as the recording's does."""

    def __init__(self, camera: CameraConfig, playback: PlaybackConfig) -> None:
        self._camera = camera
        self._playback = playback
        self._closed = threading.Event()
        self._start_s = time.monotonic()
        self._sequence = 0
        self._last_s = 0.0
        self._pictures = self._open()
        self._first: Timed | None = next(self._pictures, None)
        if self._first is None:
            raise CameraError(
                f"{playback.path}: no picture in it can be read",
                fix="set playback.path to a video file or a folder of pictures",
                permanent=True,
            )

    def read(self) -> Shot | None:
        """The next picture, at its time; None at the end."""
        timed = self._next()
        if timed is None or self._closed.is_set():
            return None
        at_s, image = timed
        if self._playback.speed == "recorded":
            self._closed.wait(max(0.0, self._start_s + at_s - time.monotonic()))
        self._last_s = at_s
        self._sequence += 1
        return take(
            small_luma(image),
            lambda: image,
            monotonic_s=self._start_s + at_s,
            sequence=self._sequence,
            source=self._camera.name,
        )

    def close(self) -> None:
        """End the recording where it is."""
        self._closed.set()

    def _next(self) -> Timed | None:
        timed, self._first = self._first, None
        if timed is None:
            timed = next(self._pictures, None)
        if timed is None and self._playback.repeat:
            self._start_s += self._last_s + 1 / self._camera.frames_per_s
            self._pictures = self._open()
            timed = next(self._pictures, None)
        return timed

    def _open(self) -> Iterator[Timed]:
        path = self._playback.path
        if path.is_dir():
            return folder(path, self._camera.frames_per_s)
        return video(path, self._camera.frames_per_s)


def open_playback(camera: CameraConfig, playback: PlaybackConfig) -> PlaybackSource:
    """Open a recording.

    Raises:
        CameraError: It is not there, or nothing in it is a picture; always permanent.
    """
    if not playback.path.exists():
        raise CameraError(
            f"{playback.path}: no such file or folder", fix="set playback.path", permanent=True
        )
    return PlaybackSource(camera, playback)


def video(path: Path, frames_per_s: float) -> Iterator[Timed]:
    """The frames of a video file at the times written in it."""
    reader = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    try:
        at_s = -1.0
        while True:
            good, image = reader.read()
            if not good:
                return
            stamp_s = reader.get(cv2.CAP_PROP_POS_MSEC) / 1000
            # Some containers carry no times, or the same one twice.
            at_s = stamp_s if stamp_s > at_s else at_s + 1 / frames_per_s
            yield at_s, np.asarray(image, np.uint8)
    finally:
        reader.release()


def folder(path: Path, frames_per_s: float) -> Iterator[Timed]:
    """The pictures of a folder in the order of their names; a bad one is named and passed over."""
    files = sorted(file for file in path.iterdir() if file.suffix.lower() in PICTURES)
    for number, file in enumerate(files):
        image = cv2.imread(str(file), cv2.IMREAD_COLOR)
        if image is None:
            log.warning("picture passed over", extra={"file": str(file)})
            continue
        yield number / frames_per_s, np.asarray(image, np.uint8)
