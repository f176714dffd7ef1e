"""What every source of light does, and which one the settings name."""

from __future__ import annotations

from typing import Protocol

from alpr_edge.capture.shot import Shot
from alpr_edge.config import EdgeConfig


class Source(Protocol):
    """An open camera or recording."""

    def read(self) -> Shot | None:
        """Wait for the next shot; None at the end of a recording.

        Raises:
            CameraError: Nothing came within the stall limit, or the source failed.
        """

    def close(self) -> None:
        """Let go of the device; safe to call twice, and from another thread."""


def is_live(config: EdgeConfig) -> bool:
    """Whether the source goes on without us; a recording at full speed waits."""
    return not (config.camera.source == "playback" and config.playback.speed == "full")


def open_source(config: EdgeConfig) -> Source:
    """Open what [camera] names. Imports only what that source needs.

    Raises:
        CameraError: It cannot be opened; permanent when trying again cannot help.
    """
    match config.camera.source:
        case "picamera2":
            from alpr_edge.capture.picamera import PicameraSource

            return PicameraSource(config.camera, config.picamera2, config.scene)
        case "v4l2":
            from alpr_edge.capture.v4l2 import V4l2Source

            return V4l2Source(config.camera, config.v4l2, config.scene)
        case "gstreamer":
            from alpr_edge.capture.gstreamer import GstreamerSource

            return GstreamerSource(config.camera, config.gstreamer)
        case "rtsp":
            from alpr_edge.capture.grabbed import GrabbedSource

            return GrabbedSource(config.camera, config.rtsp)
        case "playback":
            from alpr_edge.capture.playback import open_playback

            return open_playback(config.camera, config.playback)
