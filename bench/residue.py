"""What stays in a running camera's memory of the reads it has sealed: `python -m bench.residue`.

Plays the demonstration clip at its own speed through the real process (`alpr-edge capture`), stops
it near the end, copies all of its memory, and looks for the plates that have passed and for keys.
A key counts when it opens a stored read: as its own key, or as the ratchet's state before it.
"""

from __future__ import annotations

import argparse
import hmac
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np

from alpr_wire.errors import SealError
from alpr_wire.records import Kind, Record
from alpr_wire.sealing import KEY_BYTES, EpochOpener, open_read
from models.training.clip import demo_clip, write_clip
from tests.daemon.camera import FILL, Camera
from tests.wire.samples import CAMERA, seal_key

WATCH_S = 23.0
DISTINCT = 24  # of 32 random bytes all but one in a hundred thousand have so many different ones
STRIDE = 8
CHUNK = 4 << 20


def memory(process: int) -> list[bytes]:
    """Every private region that can be written to, as it is now."""
    regions = []
    with open(f"/proc/{process}/maps") as maps, open(f"/proc/{process}/mem", "rb", 0) as mem:
        for line in maps:
            span, rights, *_ = line.split()
            first, last = (int(x, 16) for x in span.split("-"))
            if rights.startswith("rw") and rights.endswith("p"):
                try:
                    regions.append(os.pread(mem.fileno(), last - first, first))
                except OSError:
                    continue  # a region that the kernel keeps to itself
    return regions


def candidates(regions: list[bytes]) -> set[bytes]:
    """Every 32 bytes at a multiple of 8 that look random."""
    found: set[bytes] = set()
    for region in regions:
        for at in range(0, len(region), CHUNK):
            piece = np.frombuffer(region[at : at + CHUNK + KEY_BYTES], np.uint8)
            if len(piece) < KEY_BYTES:
                continue
            windows = np.lib.stride_tricks.sliding_window_view(piece, KEY_BYTES)[::STRIDE]
            ordered = np.sort(windows, axis=1)
            distinct = 1 + (ordered[:, 1:] != ordered[:, :-1]).sum(axis=1)
            found |= {w.tobytes() for w in windows[distinct >= DISTINCT]}
    return found


def opens(read: Record, key: bytes) -> bool:
    """Whether a key opens a read."""
    try:
        open_read(CAMERA, read, key)
    except SealError:
        return False
    return True


def measure() -> dict[str, Any]:
    """Watch, stop, copy, search."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        camera = Camera(folder)
        write_clip(demo_clip(), folder / "clip.mp4")
        settings = camera.configure(
            camera={"source": "playback", "name": "residue"},
            playback={"path": str(folder / "clip.mp4"), "speed": "recorded"},
        )
        process = subprocess.Popen(
            [sys.executable, "-m", "alpr_edge.cli", "capture", "--config", str(settings)],
            stderr=subprocess.DEVNULL,
        )
        began_s = time.monotonic()
        while not (camera.health / "capture.json").exists() and time.monotonic() - began_s < 60:
            threading.Event().wait(0.1)
        threading.Event().wait(WATCH_S)
        process.send_signal(signal.SIGSTOP)
        records, regions = camera.records(), memory(process.pid)
        texts = [r.raw_text for r in camera.reads()]
        process.send_signal(signal.SIGCONT)
        process.terminate()
        process.wait(60)
    reads = [r for r in records if r.kind is Kind.READ]
    epochs = {
        r.seq: EpochOpener(CAMERA, r, seal_key(FILL)) for r in records if r.kind is Kind.EPOCH
    }
    keys = [epochs[r.body[1]].keys(r)[0] for r in reads]
    assert all(opens(r, k) for r, k in zip(reads, keys, strict=True))
    looked = candidates(regions)
    opened = set()
    for found in looked:
        ahead = hmac.digest(found, b"alpr/1/key\0", "sha256")
        for index, key in enumerate(keys):
            if found == key or ahead == key:
                opened.add(index)
    return {
        "memory_mb": round(sum(map(len, regions)) / 1e6, 1),
        "reads_sealed": len(reads),
        "texts_in_memory": [sum(r.count(t.encode()) for r in regions) for t in texts],
        "candidate_keys": len(looked),
        "reads_whose_key_is_in_memory": sorted(opened),
        # What the camera must have, to seal the next read with: shows that the search finds.
        "state_of_the_next_read_found": _next_state(epochs[reads[-1].body[1]]) in looked,
    }


def _next_state(epoch: EpochOpener) -> bytes:
    return hmac.digest(epoch._states[-1], b"alpr/1/next\0", "sha256")


def main() -> int:
    """Measure and print."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    print(json.dumps(measure(), indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
