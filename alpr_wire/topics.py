"""MQTT topics. A camera's name is the last part of each, so the broker can hold it to its own."""

from __future__ import annotations

import re
from enum import StrEnum

from alpr_wire.errors import WireError

PREFIX = "alpr/v1"
CAMERA_NAME = re.compile(r"[a-z0-9][a-z0-9-]{1,62}[a-z0-9]")
"""What a camera may be called; also the CN of its certificate and its MQTT user name."""


class Channel(StrEnum):
    """What a topic carries."""

    UP = "up"
    PICTURE = "img"
    ACK = "ack"
    HEALTH = "health"
    COMMAND = "cmd"
    RENEWAL = "csr"


FROM_CAMERA = frozenset({Channel.UP, Channel.PICTURE, Channel.HEALTH, Channel.RENEWAL})
TO_CAMERA = frozenset({Channel.ACK, Channel.COMMAND})


def topic(channel: Channel, camera: str) -> str:
    """The topic of a channel of one camera.

    Raises:
        WireError: Not a camera's name.
    """
    check_camera(camera)
    return f"{PREFIX}/{channel}/{camera}"


def parse(name: str) -> tuple[Channel, str]:
    """Channel and camera of a topic.

    Raises:
        WireError: Not one of ours.
    """
    parts = name.split("/")
    if len(parts) != 4 or "/".join(parts[:2]) != PREFIX:
        raise WireError("not a topic of this contract")
    try:
        channel = Channel(parts[2])
    except ValueError as error:
        raise WireError("not a topic of this contract") from error
    check_camera(parts[3])
    return channel, parts[3]


def check_camera(name: object) -> None:
    """Refuse what cannot be a camera's name.

    Raises:
        WireError: It is not one.
    """
    if not isinstance(name, str) or not CAMERA_NAME.fullmatch(name):
        raise WireError("not a camera's name: 3 to 64 of a-z, 0-9 and inner hyphens")
