"""The folder through which sync hands the city's words to capture, which checks and obeys them."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

from alpr_wire.topics import Channel

FOLDER = "inbox"
MOST_FILES = 2000
"""More than this capture cannot be behind by; the city says it again."""


def put(outbox: Path, channel: Channel, payload: bytes) -> bool:
    """Leave one message; whether there was room."""
    folder = outbox / FOLDER
    folder.mkdir(mode=0o770, exist_ok=True)
    if len(os.listdir(folder)) >= MOST_FILES:
        return False
    name = f"{time.time_ns():020}.{channel}"
    half = folder / f".{name}"
    half.write_bytes(payload)
    half.rename(folder / name)
    return True


def taken(outbox: Path) -> Iterator[tuple[Channel, bytes]]:
    """Every message, oldest first; each is gone once the next is asked for."""
    folder = outbox / FOLDER
    if not folder.is_dir():
        return
    for name in sorted(os.listdir(folder)):
        path = folder / name
        if name.startswith("."):
            continue
        suffix = path.suffix[1:]
        if suffix in (Channel.ACK, Channel.COMMAND):
            yield Channel(suffix), path.read_bytes()
        path.unlink(missing_ok=True)
