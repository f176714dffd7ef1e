"""The settings of one appliance: one file, read once, every fault told with its fix."""

from alpr_edge.config.printing import default_text, text
from alpr_edge.config.reading import build, load
from alpr_edge.config.sections import (
    CameraConfig,
    EdgeConfig,
    GateConfig,
    GstreamerConfig,
    HealthConfig,
    LogConfig,
    OutboxConfig,
    PaceConfig,
    Picamera2Config,
    PlaybackConfig,
    Polygon,
    RecognizeConfig,
    RtspConfig,
    SceneConfig,
    TokenConfig,
    V4l2Config,
)

__all__ = [
    "CameraConfig",
    "EdgeConfig",
    "GateConfig",
    "GstreamerConfig",
    "HealthConfig",
    "LogConfig",
    "OutboxConfig",
    "PaceConfig",
    "Picamera2Config",
    "PlaybackConfig",
    "Polygon",
    "RecognizeConfig",
    "RtspConfig",
    "SceneConfig",
    "TokenConfig",
    "V4l2Config",
    "build",
    "default_text",
    "load",
    "text",
]
