"""The grabber process: RTSP in, frames out to capture, and nothing else in its reach.

It is the only process that parses what a network camera sends; it holds no key, no model and no
read, and its unit lets it talk to that one address.
"""

from __future__ import annotations

import logging
import os
import select
import threading
import time
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

import cv2
import numpy as np

from alpr_edge.capture.backoff import Backoff
from alpr_edge.capture.handed import Header, make_fifo
from alpr_edge.capture.pipe import widen
from alpr_edge.config import CameraConfig, RtspConfig
from alpr_edge.errors import CameraError
from alpr_edge.seams import Image

log = logging.getLogger(__name__)

OPEN_S = 5.0


class Grabber:
    """Reads one network camera and writes its newest frames to the named pipe."""

    def __init__(self, camera: CameraConfig, rtsp: RtspConfig, stop: threading.Event) -> None:
        """Make the pipe and read the password.

        Raises:
            CameraError: One of them cannot be had; always permanent.
        """
        self._camera = camera
        self._rtsp = rtsp
        self._stop = stop
        self._sequence = 0
        self._writing: int | None = None
        self._reader: cv2.VideoCapture | None = None
        self._backoff = Backoff()
        self._address = address_of(rtsp)
        make_fifo(rtsp.fifo)

    def step(self) -> bool:
        """Hand over one frame, or try once to connect."""
        try:
            if self._reader is None:
                self._reader = open_rtsp(self._address, self._camera.stall_s)
            self._grab(self._reader)
        except CameraError as error:
            wait_s = self._backoff.next_s()
            log.warning("network camera lost", extra={"reason": error.message, "retry_s": wait_s})
            self._hang_up()
            self._stop.wait(wait_s)
            return True
        self._backoff.reset()
        return True

    def close(self) -> None:
        """Leave the camera and the pipe."""
        self._hang_up()
        self._drop_reader()

    def _grab(self, reader: cv2.VideoCapture) -> None:
        if not reader.grab():
            raise CameraError(f"no frame for {self._camera.stall_s:g} s, or the end")
        grabbed_s = time.monotonic()
        self._sequence += 1
        # Without a reader decoding goes on, so that the next one gets a whole picture at once.
        if self._connect():
            good, image = reader.retrieve()
            if not good:
                raise CameraError("a frame could not be decoded")
            self._hand_over(np.asarray(image, np.uint8), grabbed_s)

    def _hang_up(self) -> None:
        if self._reader is not None:
            self._reader.release()
            self._reader = None

    def _connect(self) -> bool:
        """Whether somebody reads the pipe."""
        if self._writing is None:
            try:
                self._writing = os.open(self._rtsp.fifo, os.O_WRONLY | os.O_NONBLOCK)
            except OSError:  # ENXIO: no reader yet
                return False
            widen(self._writing)
        return True

    def _hand_over(self, image: Image, grabbed_s: float) -> None:
        """Write one frame, or none of it when the reader is still busy with the last one."""
        assert self._writing is not None
        height, width = image.shape[0] // 2 * 2, image.shape[1] // 2 * 2
        planes = cv2.cvtColor(image[:height, :width], cv2.COLOR_BGR2YUV_I420)
        header = Header(
            width_px=width, height_px=height, monotonic_s=grabbed_s, sequence=self._sequence
        )
        poll = select.poll()
        poll.register(self._writing, select.POLLOUT)
        until_s = time.monotonic() + self._camera.stall_s
        for view in (memoryview(header.pack()), np.asarray(planes).data.cast("B")):
            left = view
            while left:
                if self._stop.is_set() or time.monotonic() > until_s:
                    self._drop_reader()  # half a frame is of no use to it
                    return
                poll.poll(100)
                try:
                    left = left[os.write(self._writing, left) :]
                except BlockingIOError:
                    continue
                except BrokenPipeError:
                    self._drop_reader()
                    return

    def _drop_reader(self) -> None:
        if self._writing is not None:
            os.close(self._writing)
            self._writing = None


def open_rtsp(address: str, stall_s: float) -> cv2.VideoCapture:
    """Open a stream over TCP, with limits on how long anything may take.

    Raises:
        CameraError: No stream came. The message holds no address: it may hold a password.
    """
    # TCP: a lost datagram smears a plate until the next key frame.
    os.environ["OPENCV_FFMPEG_CAPTURE_OPTIONS"] = "rtsp_transport;tcp|fflags;nobuffer"
    reader = cv2.VideoCapture(
        address,
        cv2.CAP_FFMPEG,
        [
            cv2.CAP_PROP_OPEN_TIMEOUT_MSEC,
            int(OPEN_S * 1000),
            cv2.CAP_PROP_READ_TIMEOUT_MSEC,
            int(stall_s * 1000),
            cv2.CAP_PROP_N_THREADS,
            1,
        ],
    )
    if not reader.isOpened():
        reader.release()
        raise CameraError("the network camera gave no stream")
    return reader


def address_of(rtsp: RtspConfig) -> str:
    """The URL with its credentials, which stay in this process.

    Raises:
        CameraError: The password file cannot be read.
    """
    if not rtsp.user:
        return rtsp.url
    password = _password(rtsp.password_file) if rtsp.password_file else ""
    parts = urlsplit(rtsp.url)
    netloc = f"{quote(rtsp.user, safe='')}:{quote(password, safe='')}@{parts.netloc}"
    return urlunsplit(parts._replace(netloc=netloc))


def _password(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError as error:
        raise CameraError(
            f"{path}: {error.strerror}",
            fix="write the camera's password there, readable by the grabber only",
            permanent=True,
        ) from None
