"""Frames of a network camera, as its grabber process hands them over."""

from __future__ import annotations

import os
import time

from alpr_edge.capture.handed import HEADER_BYTES, Header
from alpr_edge.capture.pipe import PipeReader, widen
from alpr_edge.capture.shot import Shot, bgr_of_i420, small_luma, take
from alpr_edge.config import CameraConfig, RtspConfig
from alpr_edge.errors import CameraError


class GrabbedSource:
    """The reading end of the grabber's named pipe."""

    def __init__(self, camera: CameraConfig, rtsp: RtspConfig) -> None:
        self._camera = camera
        try:
            # Non-blocking, or opening would wait for the grabber without a limit.
            fd = os.open(rtsp.fifo, os.O_RDONLY | os.O_NONBLOCK)
        except OSError as error:
            raise CameraError(
                f"{rtsp.fifo}: {error.strerror}", fix="start `alpr-edge grab`"
            ) from None
        self._fd: int | None = fd
        widen(fd)
        self._reader = PipeReader(fd)

    def read(self) -> Shot:
        """Wait for the next shot."""
        raw = bytearray(HEADER_BYTES)
        self._reader.fill(memoryview(raw), within_s=self._camera.stall_s)
        header = Header.parse(raw, now_s=time.monotonic())
        planes = self._reader.planes(
            header.width_px, header.height_px, within_s=self._camera.stall_s
        )
        return take(
            small_luma(planes[: header.height_px]),
            lambda: bgr_of_i420(planes, header.width_px),
            monotonic_s=header.monotonic_s,
            sequence=header.sequence,
            source=self._camera.name,
        )

    def close(self) -> None:
        """Close the pipe; the grabber notices and starts anew with the next reader."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None
