"""What the frame loop costs on an empty and on a busy road, at two sizes, on one core and two."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from typing import Any

SIZES = {"1280x720": (1280, 720), "1920x1080": (1920, 1080)}
FPS = 15.0
EMPTY_S, BUSY_S = 20, 7


def measure() -> dict[str, Any]:
    """Each thread count in a process of its own, held to as many cores."""
    results = {}
    for threads in (1, 2):
        command = [sys.executable, "-m", "bench.road", str(threads)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        results[f"cores_{threads}"] = json.loads(done.stdout)
    return results


def print_table(results: dict[str, Any]) -> None:
    """For people."""
    print("\nthe frame loop on a drawn road at 15 frames/s; stage times are medians")
    for cores, rows in results.items():
        for name, row in rows.items():
            stages = ", ".join(f"{k} {v:.2f}" for k, v in row["stages_ms"].items())
            print(
                f"  {cores.replace('_', ' ')}, {name:<16} {row['frames_per_s']:>7.1f} frames/s, "
                f"{100 * row['core_at_15']:>5.1f} % of a core at 15; ms: {stages}"
            )


def _run(threads: int) -> dict[str, Any]:
    import os

    import cv2

    from bench.playing import Player, spent
    from models.training.clip import demo_clip

    os.sched_setaffinity(0, set(sorted(os.sched_getaffinity(0))[:threads]))
    cv2.setNumThreads(threads)
    roads = {}
    for size, wh in SIZES.items():
        clip = demo_clip(size_wh=wh)
        empty = replace(clip, movers=(), count=30)
        drawn = [image for image, _ in empty.frames()]
        busy = [image for image, _ in replace(clip, count=int(BUSY_S * FPS)).frames()]
        for name, images in (("empty", drawn * (EMPTY_S // 2)), ("busy", busy)):
            player = Player(threads=threads)
            wall, cpu = spent(player.show(image, index / FPS) for index, image in enumerate(images))
            roads[f"{size} {name}"] = {
                "frames_per_s": len(images) / wall,
                "core_at_15": cpu / len(images) * FPS,
                "stages_ms": {
                    stage: row["p50_ms"] for stage, row in player.stages.summary().items()
                },
            }
    return roads


if __name__ == "__main__":
    print(json.dumps(_run(int(sys.argv[1]))))
