"""Whole frames out of a pipe, never waited for longer than a limit."""

from __future__ import annotations

import fcntl
import os
import select
import time

import numpy as np

from alpr_edge.errors import CameraError
from alpr_edge.seams import Image

# The most an unprivileged process may ask for (pipe(7)); fewer wake-ups for each frame.
PIPE_BYTES = 1 << 20


def widen(fd: int) -> None:
    """Make room in a pipe; where the kernel's limit is lower, the pipe stays as it is."""
    try:
        fcntl.fcntl(fd, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
    except PermissionError:
        return


class PipeReader:
    """Reads exact amounts from the reading end of a pipe, which it makes non-blocking."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        os.set_blocking(fd, False)
        self._poll = select.poll()
        self._poll.register(fd, select.POLLIN)

    def planes(self, width_px: int, height_px: int, *, within_s: float) -> Image:
        """One I420 picture, uint8 (H * 3 / 2, W).

        Raises:
            CameraError: The pipe ended, or the picture was not there in time.
        """
        planes = np.empty((height_px * 3 // 2, width_px), np.uint8)
        self.fill(planes.data.cast("B"), within_s=within_s)
        return planes

    def fill(self, view: memoryview, *, within_s: float) -> None:
        """Fill a buffer from the pipe.

        Raises:
            CameraError: The pipe ended, or the bytes were not there in time.
        """
        until_s = time.monotonic() + within_s
        while view:
            left_s = until_s - time.monotonic()
            if left_s <= 0 or not self._poll.poll(left_s * 1000):
                raise CameraError(f"no frame for {within_s:g} s")
            try:
                count = os.readv(self._fd, [view])
            except BlockingIOError:
                continue
            if count == 0:
                raise CameraError("the frames ended")
            view = view[count:]
