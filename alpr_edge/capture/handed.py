"""How a grabber hands frames to capture: a named pipe of headed I420 pictures.

A named pipe and not a socket: nothing listens, the reader can answer nothing, and the file's
rights say who may read. What comes out of it was parsed from the network by someone else, so the
header is checked and the rest can only ever be pixels.
"""

from __future__ import annotations

import os
import stat
import struct
from dataclasses import dataclass
from pathlib import Path

from alpr_edge.errors import CameraError

MAGIC = b"AEF1"
_HEADER = struct.Struct("<4sHHdQ")
HEADER_BYTES = _HEADER.size
LARGEST_WH = (7680, 4320)


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What stands before each picture."""

    width_px: int
    height_px: int
    monotonic_s: float
    """`time.monotonic()` counts alike in every process of a machine."""
    sequence: int

    def pack(self) -> bytes:
        """The header as bytes."""
        return _HEADER.pack(MAGIC, self.width_px, self.height_px, self.monotonic_s, self.sequence)

    @classmethod
    def parse(cls, raw: bytes | bytearray, *, now_s: float) -> Header:
        """Check and read a header.

        Raises:
            CameraError: It is not one, or says what no frame can be.
        """
        magic, width_px, height_px, monotonic_s, sequence = _HEADER.unpack(raw)
        sound = (
            magic == MAGIC
            and 16 <= width_px <= LARGEST_WH[0]
            and 16 <= height_px <= LARGEST_WH[1]
            and width_px % 2 == height_px % 2 == 0
            and now_s - 60 <= monotonic_s <= now_s
        )
        if not sound:
            raise CameraError("the grabber sent something that is no frame")
        return cls(
            width_px=width_px, height_px=height_px, monotonic_s=monotonic_s, sequence=sequence
        )


def make_fifo(path: Path) -> None:
    """Make the named pipe, readable by the group; keep it when it is there.

    Raises:
        CameraError: Something else stands there, or its folder cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            os.mkfifo(path, 0o640)
        right = stat.S_ISFIFO(path.stat().st_mode)
    except OSError as error:
        raise CameraError(
            f"{path}: {error.strerror}",
            fix="give the grabber its folder, or set rtsp.fifo",
            permanent=True,
        ) from None
    if not right:
        raise CameraError(f"{path}: is not a named pipe", fix="remove it", permanent=True)
