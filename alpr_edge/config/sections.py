"""Every setting of the appliance: one frozen section for each room."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from alpr_edge.config.setting import Fault, polygon_fault, polygons_fault, setting

Polygon = tuple[tuple[float, float], ...]
"""Corners as fractions of the picture's width and height, in order."""

SourceKind = Literal["picamera2", "v4l2", "gstreamer", "rtsp", "playback"]


def _four_letters(value: object) -> Fault | None:
    if len(str(value)) == 4:
        return None
    return f"must be four letters, got {len(str(value))}", 'set it to "MJPG" or "YUYV"'


def _name(value: object) -> Fault | None:
    if 1 <= len(str(value)) <= 64 and str(value).isprintable():
        return None
    return "must be 1 to 64 printable characters", 'set it to a short name, such as "north"'


def _of_eight(value: object) -> Fault | None:
    # Rows of I420 pictures are packed without padding only at such widths.
    if int(str(value)) % 8 == 0:
        return None
    return f"must be a multiple of 8, got {value}", f"set it to {round(int(str(value)) / 8) * 8}"


def _even(value: object) -> Fault | None:
    if int(str(value)) % 2 == 0:
        return None
    return f"must be even, got {value}", f"set it to {int(str(value)) + 1}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraConfig:
    """Where the light comes from. The section named after the source holds its details."""

    source: SourceKind = setting(
        "picamera2", 'One of "picamera2", "v4l2", "gstreamer", "rtsp", "playback".'
    )
    name: str = setting("camera", "What logs and reads call this source.", check=_name)
    width_px: int = setting(1920, "Width of a frame.", least=64, most=7680, check=_of_eight)
    height_px: int = setting(1080, "Height of a frame.", least=64, most=4320, check=_even)
    frames_per_s: float = setting(15.0, "Frames a second.", least=1, most=120)
    stall_s: float = setting(
        3.0, "A camera silent for this long has stalled and is opened again.", least=0.5, most=4.0
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Picamera2Config:
    """A camera module on a Raspberry Pi."""

    number: int = setting(0, "Which camera, as `rpicam-hello --list-cameras` counts.", least=0)
    lens_m: float = setting(
        0.0, "Distance to focus at, in metres, for lenses that move. 0 leaves the lens.", least=0
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class V4l2Config:
    """A USB camera or any other Video4Linux device."""

    device: Path = setting(Path("/dev/video0"), "The device file.")
    format: str = setting("MJPG", "Pixel format asked of the device.", check=_four_letters)
    limit_shutter: bool = setting(
        True, "Hold the shutter at the limit that [scene] max_mph gives; gain stays automatic."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class GstreamerConfig:
    """Any GStreamer pipeline that ends in raw video, such as a Jetson's CSI camera."""

    pipeline: str = setting(
        "nvarguscamerasrc ! nvvidconv",
        "Elements up to raw video, as for gst-launch-1.0; size and rate come from [camera].",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RtspConfig:
    """A network camera, read by its own process (`alpr-edge grab`)."""

    url: str = setting("", "rtsp://address:port/path, without a password.")
    user: str = setting("", "User name, where the camera asks for one.")
    password_file: Path | None = setting(None, "File that holds the password and nothing else.")
    fifo: Path = setting(
        Path("/run/alpr-edge-grab/frames"), "Where the grabber hands its frames to capture."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaybackConfig:
    """A recorded video, or a folder of pictures in the order of their names."""

    path: Path = setting(Path("clip.mp4"), "Video file or folder.")
    speed: Literal["recorded", "full"] = setting(
        "recorded", '"recorded" keeps the pace and drops frames; "full" waits for each frame.'
    )
    repeat: bool = setting(False, "Start again at the end.")


@dataclass(frozen=True, slots=True, kw_only=True)
class SceneConfig:
    """What the camera looks at."""

    max_mph: float = setting(
        45.0,
        "Fastest traffic to read. The shutter stays at or under 1/(18 x max_mph) s.",
        least=5,
        most=120,
    )
    roi: Polygon = setting(
        (), "Read plates only inside this polygon; empty reads everywhere.", check=polygon_fault
    )
    masks: tuple[Polygon, ...] = setting(
        (), "Polygons painted black before anything looks or is stored.", check=polygons_fault
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class GateConfig:
    """The motion gate, which keeps an empty road cheap."""

    full_look_s: float = setting(
        2.0, "Look at the whole picture this often, moved or not.", least=0.1, most=60
    )
    hold_s: float = setting(1.0, "Keep looking this long after the last motion.", least=0, most=30)
    min_area: float = setting(
        0.0006, "Smallest moving patch, as a part of the picture.", least=0.0001, most=0.5
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RecognizeConfig:
    """The models that find and read plates."""

    models: Path | None = setting(
        None, "Folder of other model files; without it, those of the package."
    )
    threads: int = setting(
        1, "Threads for each network; one is best where cores are shared.", least=1, most=16
    )
    delegate: str = setting("", "TFLite delegate library of an accelerator; empty for the CPU.")
    use_syntax: bool = setting(
        True, "Prefer readings that are shaped like a known series; the raw reading is kept."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxConfig:
    """Where sealed reads wait for the city."""

    folder: Path = setting(Path("/var/lib/alpr-edge/outbox"), "The outbox's folder.")
    identity: Path = setting(
        Path("/etc/alpr-edge/identity"), "The camera's identity, as enrolment wrote it."
    )
    most_gb: float = setting(8.0, "The most the outbox may hold.", least=0.05, most=4096)
    picture_gb: float = setting(
        6.0, "The most its pictures may hold; the oldest go first.", least=0, most=4096
    )


def _plain_path(value: object) -> Fault | None:
    # They stand in OpenSSL's settings, whose syntax gives other characters a meaning.
    if re.fullmatch(r"/[\w./-]+", str(value)):
        return None
    return "must be a whole path of letters, digits and . _ - /", "move the file"


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenConfig:
    """A PKCS#11 token that makes and keeps the TLS key; looked at when this camera enrols."""

    module: Path | None = setting(
        None,
        "The token's PKCS#11 module. Without it, the key is the TPM's, or in a file.",
        check=_plain_path,
    )
    label: str = setting("camera", "The token's label.", check=_name)
    pin_file: Path = setting(
        Path("/etc/alpr-edge/token-pin"),
        "File that holds its PIN and nothing else.",
        check=_plain_path,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class CityConfig:
    """The city that the reads go to."""

    host: str = setting("city.invalid", "The city's broker, as its certificate names it.")
    port: int = setting(8883, "Its port for cameras.", least=1, most=65535)
    most_kbit_s: float = setting(
        0.0, "The most to send, in kilobits a second; 0 is no limit.", least=0, most=1e6
    )
    grace_days: float = setting(
        7.0,
        "How long a read is kept after the city's receipt, so that a city restored from a backup"
        " can ask again.",
        least=0,
        most=90,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PaceConfig:
    """How the frame loop gives way when the board is hot or behind."""

    hot_c: float = setting(78.0, "Slow down above this temperature.", least=30, most=110)
    cool_c: float = setting(73.0, "Full rate again below this temperature.", least=20, most=109)
    hot_frames_per_s: float = setting(4.0, "Frames a second looked at while hot.", least=1, most=30)
    replace_h: float = setting(
        1.0,
        "Replace the capture process this often, in a quiet moment, so that what lies in its"
        " memory does not pile up. 0 never does.",
        least=0,
        most=168,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthConfig:
    """The health state that `alpr-edge health` reads."""

    folder: Path = setting(Path("/run/alpr-edge"), "Where each process keeps its state file.")
    every_s: float = setting(2.0, "How often it is written.", least=0.2, most=60)
    baseline: Path = setting(
        Path("/var/lib/alpr-edge/baseline.png"),
        "The empty road as it was commissioned; a view that moved is told by it.",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class LogConfig:
    """What the journal hears."""

    level: Literal["debug", "info", "warning", "error"] = setting("info", "Least level to log.")


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeConfig:
    """All settings of one appliance."""

    camera: CameraConfig = field(default_factory=CameraConfig)
    picamera2: Picamera2Config = field(default_factory=Picamera2Config)
    v4l2: V4l2Config = field(default_factory=V4l2Config)
    gstreamer: GstreamerConfig = field(default_factory=GstreamerConfig)
    rtsp: RtspConfig = field(default_factory=RtspConfig)
    playback: PlaybackConfig = field(default_factory=PlaybackConfig)
    scene: SceneConfig = field(default_factory=SceneConfig)
    gate: GateConfig = field(default_factory=GateConfig)
    recognize: RecognizeConfig = field(default_factory=RecognizeConfig)
    outbox: OutboxConfig = field(default_factory=OutboxConfig)
    token: TokenConfig = field(default_factory=TokenConfig)
    city: CityConfig = field(default_factory=CityConfig)
    pace: PaceConfig = field(default_factory=PaceConfig)
    health: HealthConfig = field(default_factory=HealthConfig)
    log: LogConfig = field(default_factory=LogConfig)

    def faults(self) -> dict[str, Fault]:
        """Faults that only show when several settings are seen together, by key."""
        found: dict[str, Fault] = {}
        if self.pace.cool_c >= self.pace.hot_c:
            found["pace.cool_c"] = (
                f"must be under pace.hot_c ({self.pace.hot_c}), got {self.pace.cool_c}",
                f"set cool_c = {self.pace.hot_c - 5}",
            )
        if self.outbox.picture_gb >= self.outbox.most_gb:
            found["outbox.picture_gb"] = (
                f"must be under outbox.most_gb ({self.outbox.most_gb}),"
                f" got {self.outbox.picture_gb}",
                f"set picture_gb = {round(self.outbox.most_gb * 0.75, 3)}; reads need room too",
            )
        if self.camera.source == "rtsp":
            if not self.rtsp.url.startswith("rtsp://"):
                found["rtsp.url"] = (
                    "must start with rtsp://",
                    'set url = "rtsp://<the camera\'s address>/<its path>"',
                )
            elif "@" in self.rtsp.url:
                found["rtsp.url"] = (
                    "holds a user name or password",
                    "move them to user and password_file; a settings file holds no secret",
                )
        if self.camera.source == "gstreamer" and not self.gstreamer.pipeline.strip():
            found["gstreamer.pipeline"] = ("is empty", 'set pipeline = "<elements>"')
        return found
