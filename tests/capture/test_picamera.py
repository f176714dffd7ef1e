"""The camera module source: its calls fit the published picamera2, and a fake camera drives it.

The library itself imports only on Raspberry Pi OS, so its source is read, not run: every call
that ours makes is bound against the signature found there. The fake camera stands in for light.
"""

from __future__ import annotations

import ast
import importlib.util
import inspect
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from alpr_edge.capture import picamera
from alpr_edge.capture.picamera import PicameraSource
from alpr_edge.config import EdgeConfig, build
from alpr_edge.errors import CameraError
from alpr_edge.seams import Image

WIDTH, HEIGHT, STRIDE = 640, 480, 704
SETTINGS = {
    "camera": {"width_px": WIDTH, "height_px": HEIGHT, "frames_per_s": 20.0, "stall_s": 0.5},
    "scene": {"max_mph": 50.0},
    "picamera2": {"number": 0, "lens_m": 8.0},
}
LIMIT_US = 1111  # 1/(18 x 50) s


def signatures() -> dict[str, inspect.Signature]:
    """Every method of the published classes that we use, by "Class.method"."""
    found = {}
    spec = importlib.util.find_spec("picamera2")
    assert spec is not None, "picamera2's source is not installed"
    assert spec.origin is not None
    for module in ("picamera2.py", "request.py"):
        tree = ast.parse(Path(spec.origin).with_name(module).read_text())
        for cls in (node for node in tree.body if isinstance(node, ast.ClassDef)):
            for method in (node for node in cls.body if isinstance(node, ast.FunctionDef)):
                found[f"{cls.name}.{method.name}"] = signature(method)
    return found


def signature(method: ast.FunctionDef) -> inspect.Signature:
    declared = method.args
    optional = len(declared.defaults)
    parameters = [
        inspect.Parameter(
            argument.arg,
            inspect.Parameter.POSITIONAL_OR_KEYWORD,
            default=None if number >= len(declared.args) - optional else inspect.Parameter.empty,
        )
        for number, argument in enumerate(declared.args)
    ]
    static = any(isinstance(d, ast.Name) and d.id == "staticmethod" for d in method.decorator_list)
    return inspect.Signature(parameters if static else parameters[1:])


PUBLISHED = signatures()


def checked(name: str, *args: Any, **kwargs: Any) -> None:
    """The call that is about to be faked must bind to what picamera2 publishes."""
    PUBLISHED[name].bind(*args, **kwargs)


class FakeRequest:
    """One completed request: planes, metadata, and whether it was given back."""

    def __init__(self, camera: FakeCamera) -> None:
        self.camera = camera
        self.released = 0
        level = camera.light * camera.controls["ExposureTime"] * camera.controls["AnalogueGain"]
        self.level = int(min(255, level))

    def get_metadata(self) -> dict[str, Any]:
        checked("CompletedRequest.get_metadata")
        return {
            "SensorTimestamp": self.camera.stamp_ns(),
            "ExposureTime": self.camera.controls["ExposureTime"],
            "AnalogueGain": self.camera.controls["AnalogueGain"],
            "FrameDuration": 10000,
            "FocusFoM": 1234,
        }

    def release(self) -> None:
        checked("CompletedRequest.release")
        self.released += 1
        self.camera.held -= 1


class FakeMappedArray:
    """Shows a stream's planes and blanks them afterwards, as the camera reuses its buffers."""

    def __init__(self, request: FakeRequest, stream: str, reshape: bool = True, write: bool = True):
        checked("MappedArray.__init__", request, stream, reshape=reshape, write=write)
        assert not request.released, "a view of a buffer that was given back"
        size = request.camera.configuration[stream]["size"]
        stride = STRIDE if stream == "main" else size[0]
        self.array: Image = np.full((size[1] * 3 // 2, stride), 128, np.uint8)
        self.array[: size[1]] = request.level

    def __enter__(self) -> FakeMappedArray:
        return self

    def __exit__(self, *failure: object) -> None:
        self.array[:] = 0


class FakeCamera:
    """Stands in for `picamera2.Picamera2` and the light that falls on its sensor."""

    camera_controls: ClassVar = {"LensPosition": (0, 32, 1), "AfMode": (0, 2, 0)}
    alive = 1  # how many cameras are there

    def __init__(self, camera_num: int = 0) -> None:
        checked("Picamera2.__init__", camera_num=camera_num)
        if camera_num >= FakeCamera.alive:
            raise IndexError("list index out of range")
        self.controls: dict[str, Any] = {}
        self.stalled = self.closed = self.started = self.flushed = False
        self.held = 0
        self.light = 0.08
        self.skipped = 0
        self.requests: list[FakeRequest] = []
        self.frame = 0
        self.began_ns = time.monotonic_ns()

    def stamp_ns(self) -> int:
        return self.began_ns - 450_000_000 + self.frame * 1000

    def create_video_configuration(self, **given: Any) -> dict[str, Any]:
        checked("Picamera2.create_video_configuration", **given)
        return given

    @staticmethod
    def align_configuration(config: dict[str, Any]) -> None:
        checked("Picamera2.align_configuration", config)
        for stream in (config["main"], config["lores"]):
            width, height = stream["size"]
            stream["size"] = (width - width % 128, height - height % 2)

    def configure(self, config: dict[str, Any]) -> None:
        checked("Picamera2.configure", config)
        self.configuration = config
        self.controls |= config["controls"]

    def camera_configuration(self) -> dict[str, Any]:
        checked("Picamera2.camera_configuration")
        return self.configuration

    def start(self, show_preview: bool) -> None:
        checked("Picamera2.start", show_preview=show_preview)
        self.started = True

    def set_controls(self, controls: dict[str, Any]) -> None:
        checked("Picamera2.set_controls", controls)
        self.controls |= controls

    def capture_request(self, wait: float) -> FakeRequest:
        checked("Picamera2.capture_request", wait=wait)
        assert wait is not True, "would wait for ever"
        if self.stalled:
            raise TimeoutError
        self.frame += 10_000 * (1 + self.skipped)
        self.held += 1
        self.requests.append(FakeRequest(self))
        return self.requests[-1]

    def cancel_all_and_flush(self) -> None:
        checked("Picamera2.cancel_all_and_flush")
        self.flushed = True

    def close(self) -> None:
        checked("Picamera2.close")
        self.closed = True


class FakeLibrary:
    """Stands in for the module `picamera2`."""

    Picamera2 = FakeCamera
    MappedArray = FakeMappedArray


@pytest.fixture
def config() -> EdgeConfig:
    return build(SETTINGS)


@pytest.fixture
def source(config: EdgeConfig, monkeypatch: pytest.MonkeyPatch) -> Iterator[PicameraSource]:
    monkeypatch.setattr(picamera, "ADJUST_S", 0.0)
    made = PicameraSource(config.camera, config.picamera2, config.scene, module=FakeLibrary)
    yield made
    made.close()


def camera_of(source: PicameraSource) -> FakeCamera:
    camera = source._picam2
    assert isinstance(camera, FakeCamera)
    return camera


def test_without_the_library_the_fix_is_told(config: EdgeConfig) -> None:
    with pytest.raises(CameraError, match="apt install python3-picamera2") as refused:
        PicameraSource(config.camera, config.picamera2, config.scene)
    assert refused.value.permanent


def test_a_missing_camera_module_is_refused_for_good(
    config: EdgeConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FakeCamera, "alive", 0)
    with pytest.raises(CameraError, match=r"no camera module number 0\. Fix: check") as refused:
        PicameraSource(config.camera, config.picamera2, config.scene, module=FakeLibrary)
    assert refused.value.permanent


def test_a_dead_cable_is_noticed_and_the_queue_flushed(source: PicameraSource) -> None:
    source.read()
    camera_of(source).stalled = True
    with pytest.raises(CameraError, match=r"no frame for 0\.5 s"):
        source.read()
    assert camera_of(source).flushed


def test_two_streams_are_asked_for_and_no_third(source: PicameraSource) -> None:
    given = camera_of(source).configuration
    assert given["main"] == {"size": (640, 480), "format": "YUV420"}
    assert given["lores"] == {"size": (512, 384), "format": "YUV420"}
    assert given["raw"] is given["display"] is given["encode"] is None
    assert (given["buffer_count"], given["queue"]) == (4, False)
    assert given["controls"]["FrameDurationLimits"] == (50000, 50000)
    assert given["controls"]["LensPosition"] == 1 / 8


def test_a_shot_carries_what_the_sensor_said(source: PicameraSource) -> None:
    shot = source.read()
    assert shot.exposure_s == pytest.approx(LIMIT_US / 1e6)
    assert (shot.gain, shot.focus) == (1.0, 1234.0)
    assert time.monotonic() - shot.monotonic_s == pytest.approx(0.44, abs=0.05)


def test_every_buffer_goes_back_once_and_the_picture_outlives_it(source: PicameraSource) -> None:
    shots = [source.read() for _ in range(8)]
    camera = camera_of(source)
    assert [request.released for request in camera.requests] == [1] * 8
    assert camera.held == 0
    image = shots[0].develop()
    assert image.shape == (HEIGHT, WIDTH, 3)  # the padding of each row is cut off
    assert image.min() > 50
    assert shots[0].luma.shape == (120, 160)


def test_frames_that_the_camera_dropped_leave_holes_in_the_count(source: PicameraSource) -> None:
    first = source.read().sequence
    camera_of(source).skipped = 3
    assert source.read().sequence == first + 4


@pytest.mark.parametrize("light", [0.001, 0.02, 0.2, 1.0])
def test_the_shutter_stays_within_the_limit_of_the_lane(
    source: PicameraSource, light: float
) -> None:
    camera = camera_of(source)
    camera.light = light
    for _ in range(30):
        source.read()
        assert 1 <= camera.controls["ExposureTime"] <= LIMIT_US
        assert 1.0 <= camera.controls["AnalogueGain"] <= 8.0
    level = light * camera.controls["ExposureTime"] * camera.controls["AnalogueGain"]
    if light >= 0.02:
        assert level == pytest.approx(95, rel=0.2)


def test_a_camera_that_does_not_start_is_closed(
    config: EdgeConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = []

    def fail(_camera: FakeCamera, **_given: object) -> None:
        raise RuntimeError("Failed to allocate")

    monkeypatch.setattr(FakeCamera, "start", fail)
    monkeypatch.setattr(FakeCamera, "close", lambda camera: closed.append(camera))
    with pytest.raises(CameraError, match="did not start: Failed to allocate"):
        PicameraSource(config.camera, config.picamera2, config.scene, module=FakeLibrary)
    assert len(closed) == 1
