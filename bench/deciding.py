"""How long a decided passage takes to be a committed, sealed read, while the loop goes on working.

One core for everything; the frames come as fast as the loop takes them, which is the worst case.
"""

from __future__ import annotations

import json
import os
import queue
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

ROUNDS = 8
APART_S = 40.0


def measure() -> dict[str, Any]:
    """In a process of its own, held to one core."""
    command = [sys.executable, "-m", "bench.deciding"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def print_table(results: dict[str, Any]) -> None:
    """For people."""
    print("\nfrom a decided passage to a committed read with its pictures, on one busy core")
    for name, value in results.items():
        print(f"  {name:<24}{value:>10.2f}")


def _run() -> dict[str, Any]:
    import cv2

    from alpr_edge.buffer.outbox import Outbox
    from alpr_edge.keeper import Keeper
    from alpr_edge.seams import Passage
    from bench.playing import Player
    from models.training.clip import demo_clip
    from tests.buffer.cast import DEVICE

    os.sched_setaffinity(0, set(sorted(os.sched_getaffinity(0))[:1]))
    cv2.setNumThreads(1)
    frames = list(demo_clip().frames())
    player = Player()
    took_s: list[float] = []
    decided_s: dict[int, float] = {}

    class Stamped(queue.Queue[Passage]):
        def put(self, item: Passage, block: bool = True, timeout: float | None = None) -> None:
            decided_s[id(item)] = time.perf_counter()
            super().put(item, block, timeout)

    passages = Stamped()
    player.loop._passages = passages
    with tempfile.TemporaryDirectory(dir=".") as folder:
        outbox = Outbox.open(Path(folder), DEVICE)
        keeper = Keeper(passages, outbox, player.stages)
        store = outbox.store

        def timed(passage: Passage, pictures: dict[str, bytes]) -> int:
            sequence = store(passage, pictures)
            took_s.append(time.perf_counter() - decided_s.pop(id(passage)))
            return sequence

        outbox.store = timed  # type: ignore[method-assign]
        over = threading.Event()

        def keep() -> None:
            while not over.is_set():
                keeper.step()

        keeping = threading.Thread(target=keep)
        keeping.start()
        for round_ in range(ROUNDS):
            for image, time_s in frames:
                player.show(image, round_ * APART_S + time_s)
        player.loop.finish()
        over.set()
        keeping.join()
        keeper.finish()
        outbox.close()
    took_ms = sorted(1000 * s for s in took_s)
    return {
        "reads": len(took_ms),
        "p50_ms": statistics.median(took_ms),
        "p99_ms": took_ms[int(0.99 * len(took_ms))],
        "worst_ms": took_ms[-1],
    }


if __name__ == "__main__":
    print(json.dumps(_run()))
