"""Frames of a GStreamer pipeline, run by gst-launch-1.0 and read from a pipe.

A process of its own rather than Python bindings: those exist only for the system's Python, and
a vendor's driver that crashes then takes its own process with it and not the frame loop.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import time
from fractions import Fraction

from alpr_edge.capture.pipe import PipeReader, widen
from alpr_edge.capture.shot import Shot, bgr_of_i420, small_luma, take
from alpr_edge.config import CameraConfig, GstreamerConfig
from alpr_edge.errors import CameraError

# A Jetson's camera daemon takes this long to give the first frame.
OPEN_S = 10.0
STOP_S = 1.0
SAID_BYTES = 2000


class GstreamerSource:
    """An open pipeline that ends in raw video."""

    def __init__(self, camera: CameraConfig, gstreamer: GstreamerConfig) -> None:
        self._camera = camera
        self._sequence = 0
        self._limit_s = OPEN_S
        program = shutil.which("gst-launch-1.0")
        if program is None:
            raise CameraError(
                "gst-launch-1.0 is not installed",
                fix="apt install gstreamer1.0-tools gstreamer1.0-plugins-base",
                permanent=True,
            )
        reading, writing = os.pipe()
        widen(reading)
        self._reading: int | None = reading
        self._reader = PipeReader(reading)
        self._said = b""
        try:
            self._process = subprocess.Popen(  # noqa: S603
                [program, "-q", *elements(camera, gstreamer, writing)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,  # drivers print there: frames go elsewhere
                stderr=subprocess.PIPE,
                pass_fds=(writing,),
            )
        finally:
            os.close(writing)
        assert self._process.stderr is not None
        self._errors = self._process.stderr.fileno()
        os.set_blocking(self._errors, False)

    @property
    def process_id(self) -> int:
        """Of gst-launch-1.0."""
        return self._process.pid

    def read(self) -> Shot:
        """Wait for the next shot."""
        camera = self._camera
        self._listen()
        try:
            planes = self._reader.planes(camera.width_px, camera.height_px, within_s=self._limit_s)
        except CameraError as error:
            raise self._explained(error) from None
        self._limit_s = camera.stall_s
        self._sequence += 1
        return take(
            small_luma(planes[: camera.height_px]),
            lambda: bgr_of_i420(planes, camera.width_px),
            monotonic_s=time.monotonic(),
            sequence=self._sequence,
            source=camera.name,
        )

    def close(self) -> None:
        """Stop the pipeline and wait until it let go of the camera."""
        if self._reading is None:
            return
        reading, self._reading = self._reading, None
        self._process.terminate()
        try:
            self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(reading)
        assert self._process.stderr is not None
        self._process.stderr.close()

    def _listen(self) -> None:
        """Keep the start of what gst-launch says and throw the rest away, so it can go on."""
        try:
            heard = os.read(self._errors, 65536)
        except BlockingIOError:
            return
        self._said = (self._said + heard)[:SAID_BYTES]

    def _explained(self, error: CameraError) -> CameraError:
        """The error with what gst-launch said; a pipeline it cannot build stays that way."""
        self._listen()
        lines = self._said.decode(errors="replace").splitlines()
        said = next((line for line in lines if "erroneous pipeline" in line), None)
        if said:
            return CameraError(
                said.removeprefix("WARNING: "), fix="mend gstreamer.pipeline", permanent=True
            )
        said = next((line for line in lines if line.startswith("ERROR")), "")
        return CameraError(f"{error.message}: {said}" if said else error.message)


def elements(camera: CameraConfig, gstreamer: GstreamerConfig, fd: int) -> list[str]:
    """The pipeline's words: the configured elements, then raw frames of one size into `fd`.

    The leaky queue drops old frames, so a reader that is late never holds up the camera.
    """
    rate = Fraction(camera.frames_per_s).limit_denominator(1001)
    return shlex.split(
        f"{gstreamer.pipeline} ! videoscale ! videoconvert ! videorate drop-only=true"
        f" ! video/x-raw,format=I420,width={camera.width_px},height={camera.height_px}"
        f",framerate={rate.numerator}/{rate.denominator}"
        " ! queue leaky=downstream max-size-buffers=2 max-size-bytes=0 max-size-time=0"
        f" ! fdsink fd={fd} sync=false"
    )
