"""Frames of a Raspberry Pi camera module, through picamera2.

The main stream becomes the picture that plates are cut from; the low-resolution stream, which
the image processor makes for nothing, becomes the small grey one that the motion gate looks at.
"""

from __future__ import annotations

import time
from concurrent.futures import TimeoutError as FutureTimeoutError
from types import ModuleType
from typing import Any

import numpy as np

from alpr_edge.capture.exposure import Exposure, shutter_limit_s
from alpr_edge.capture.shot import Shot, bgr_of_i420, small_luma, take
from alpr_edge.config import CameraConfig, Picamera2Config, SceneConfig
from alpr_edge.errors import CameraError

# 512 is a whole number of the widest alignment (128 on a Pi 5), so rows have no padding.
LORES_WIDTH_PX = 512
MOST_GAIN = 8.0
ADJUST_S = 0.25


class PicameraSource:
    """An open camera module."""

    def __init__(
        self,
        camera: CameraConfig,
        picamera2: Picamera2Config,
        scene: SceneConfig,
        *,
        module: ModuleType | Any = None,
    ) -> None:
        self._camera = camera
        self._limit_s = min(shutter_limit_s(scene.max_mph), 1 / camera.frames_per_s)
        self._exposure = Exposure(shutter_s=self._limit_s, gain=1.0)
        self._adjusted_s = 0.0
        self._sequence = 0
        self._last_s: float | None = None
        self._library = module or _library()
        try:
            self._picam2 = self._library.Picamera2(camera_num=picamera2.number)
        except (RuntimeError, IndexError):
            raise CameraError(
                f"no camera module number {picamera2.number}",
                fix="check the ribbon cable, or set picamera2.number; see rpicam-hello"
                " --list-cameras",
                permanent=True,
            ) from None
        try:
            self._start(picamera2)
        except (RuntimeError, OSError) as error:
            self._picam2.close()
            raise CameraError(f"the camera module did not start: {error}") from None

    def read(self) -> Shot:
        """Wait for the next shot, copy its planes and give the buffer back."""
        try:
            request = self._picam2.capture_request(wait=self._camera.stall_s)
        except (TimeoutError, FutureTimeoutError):
            self._picam2.cancel_all_and_flush()
            raise CameraError(f"no frame for {self._camera.stall_s:g} s") from None
        try:
            metadata = request.get_metadata()
            with self._library.MappedArray(request, "lores", write=False) as mapped:
                width, height = self._lores_wh
                luma = small_luma(mapped.array[:height, :width])
            # The copy is the price for holding no buffer of the camera's four.
            with self._library.MappedArray(request, "main", write=False) as mapped:
                planes = np.array(mapped.array)
        finally:
            request.release()
        captured_s = self._captured_s(metadata)
        self._count(captured_s, metadata)
        self._adjust(luma, metadata)
        width_px = self._main_wh[0]
        return take(
            luma,
            lambda: bgr_of_i420(planes, width_px),
            monotonic_s=captured_s,
            sequence=self._sequence,
            source=self._camera.name,
            exposure_s=_scaled(metadata.get("ExposureTime"), 1e-6),
            gain=_scaled(metadata.get("AnalogueGain"), 1.0),
            focus=_scaled(metadata.get("FocusFoM"), 1.0),
        )

    def close(self) -> None:
        """Stop the sensor and let go of the device."""
        self._picam2.close()

    def _start(self, picamera2: Picamera2Config) -> None:
        camera, picam2 = self._camera, self._picam2
        frame_us = round(1e6 / camera.frames_per_s)
        lores_height = round(LORES_WIDTH_PX * camera.height_px / camera.width_px / 2) * 2
        controls: dict[str, Any] = {
            "FrameDurationLimits": (frame_us, frame_us),
            **self._exposure_controls(),
        }
        if picamera2.lens_m and "LensPosition" in picam2.camera_controls:
            # AfModeEnum.Manual is 0; LensPosition is in dioptres.
            controls |= {"AfMode": 0, "LensPosition": 1 / picamera2.lens_m}
        configuration = picam2.create_video_configuration(
            main={"size": (camera.width_px, camera.height_px), "format": "YUV420"},
            lores={"size": (LORES_WIDTH_PX, lores_height), "format": "YUV420"},
            raw=None,  # else memory is set aside for a raw stream that nobody reads
            display=None,
            encode=None,
            buffer_count=4,
            queue=False,  # always the next frame, never one that waited
            controls=controls,
        )
        self._library.Picamera2.align_configuration(configuration)
        picam2.configure(configuration)
        settled = picam2.camera_configuration()
        self._main_wh: tuple[int, int] = settled["main"]["size"]
        self._lores_wh: tuple[int, int] = settled["lores"]["size"]
        picam2.start(show_preview=False)

    def _captured_s(self, metadata: dict[str, Any]) -> float:
        """Start of exposure by our clock; the sensor's stamp counts from boot as ours does."""
        now_s = time.monotonic()
        stamp_s = float(metadata.get("SensorTimestamp", 0)) / 1e9
        # A board that was suspended would tell another time: then arrival is the best we have.
        return stamp_s if 0 <= now_s - stamp_s < self._camera.stall_s else now_s

    def _count(self, captured_s: float, metadata: dict[str, Any]) -> None:
        """Count the frames that the camera dropped because nobody asked for them."""
        frame_s = metadata.get("FrameDuration", 1e6 / self._camera.frames_per_s) / 1e6
        since_s = captured_s - self._last_s if self._last_s is not None else frame_s
        self._sequence += max(1, round(since_s / frame_s))
        self._last_s = captured_s

    def _adjust(self, luma: Any, metadata: dict[str, Any]) -> None:
        """Expose by our own rule: the camera's own would open the shutter past the limit."""
        now_s = time.monotonic()
        if now_s - self._adjusted_s < ADJUST_S:
            return
        self._adjusted_s = now_s
        used = Exposure(
            shutter_s=metadata.get("ExposureTime", self._exposure.shutter_s * 1e6) / 1e6,
            gain=metadata.get("AnalogueGain", self._exposure.gain),
        )
        wanted = used.next(float(luma.mean()), limit_s=self._limit_s, most_gain=MOST_GAIN)
        if wanted != used:
            self._exposure = wanted
            self._picam2.set_controls(self._exposure_controls())

    def _exposure_controls(self) -> dict[str, Any]:
        return {
            # Rounded down: the limit is a limit. 0 would mean automatic.
            "ExposureTime": max(1, int(self._exposure.shutter_s * 1e6)),
            "AnalogueGain": self._exposure.gain,
        }


def _library() -> Any:
    try:
        import picamera2
    except ImportError as error:
        raise CameraError(
            f"picamera2 cannot be imported ({error.name or error})",
            fix="apt install python3-picamera2, in an environment with --system-site-packages",
            permanent=True,
        ) from None
    return picamera2


def _scaled(value: float | None, factor: float) -> float | None:
    return None if value is None else float(value) * factor
