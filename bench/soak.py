"""`make soak`: the capture process at full speed for hours; what grows over it.

Plays the demonstration clip round and round through the real process (`alpr-edge capture`) and
samples /proc. Says whether anything grew after the first fifth of the run.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from models.training.clip import demo_clip, write_clip
from tests.daemon.camera import Camera

SAMPLE_S = 5.0
COLUMNS = "s", "mb", "descriptors", "threads"


def sample(process: int) -> dict[str, float]:
    """Resident memory of the process and its children in MB, its descriptors and threads."""
    memory = descriptors = threads = 0
    for pid in [process, *children(process)]:
        try:
            fields = dict(
                line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines()
            )
            memory += int(fields["VmRSS"].split()[0])
            threads += int(fields["Threads"])
            descriptors += len(os.listdir(f"/proc/{pid}/fd"))
        except (OSError, KeyError):
            continue  # it ended while we looked
    return {"mb": memory / 1024, "descriptors": descriptors, "threads": threads}


def children(process: int) -> list[int]:
    """Every descendant."""
    try:
        direct = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    except OSError:
        return []
    return [d for child in direct for d in (int(child), *children(int(child)))]


def measure(minutes: float, seed: int, rows: Path | None = None) -> dict[str, Any]:
    """Run, sample (one line each to `rows`), stop as systemd would, and verify the outbox."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        camera = Camera(folder)
        clip = folder / "clip.mp4"
        write_clip(demo_clip(seed), clip)
        settings = camera.configure(
            camera={"source": "playback", "name": "soak"},
            playback={"path": str(clip), "speed": "full", "repeat": True},
        )
        process = subprocess.Popen(
            [sys.executable, "-m", "alpr_edge.cli", "capture", "--config", str(settings)],
            stderr=subprocess.DEVNULL,
        )
        samples, began = [], time.monotonic()
        while time.monotonic() - began < 60 * minutes and process.poll() is None:
            time.sleep(SAMPLE_S)
            samples.append({"s": time.monotonic() - began} | sample(process.pid))
            if rows is not None:
                with rows.open("a") as out:
                    print(",".join(f"{samples[-1][name]:.1f}" for name in COLUMNS), file=out)
            if sys.stderr.isatty():
                print(
                    f"\r{samples[-1]['s']:6.0f} s {samples[-1]['mb']:6.1f} MB",
                    end="",
                    file=sys.stderr,
                )
        early = process.poll()
        process.send_signal(signal.SIGTERM)
        code = process.wait(60)
        reads = len(camera.reads())
    settled = samples[len(samples) // 5 :]
    first, last = settled[: len(settled) // 4], settled[-(len(settled) // 4) :]
    return {
        "minutes": minutes,
        "ended_early": early is not None,
        "exit": code,
        "reads": reads,
        "peak_mb": max(s["mb"] for s in samples),
        **{
            f"{key}_{when}": sum(s[key] for s in part) / len(part)
            for key in ("mb", "descriptors", "threads")
            for when, part in (("early", first), ("late", last))
        },
    }


def main() -> int:
    """Measure and print; 1 where something grew."""
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--csv", type=Path, help=f"put every sample down: {', '.join(COLUMNS)}")
    args = parser.parse_args()
    result = measure(args.minutes, args.seed, args.csv)
    if args.json:
        print(json.dumps(result, indent=1))
    else:
        for name, value in result.items():
            print(f"{name:<18} {value:.1f}" if isinstance(value, float) else f"{name:<18} {value}")
    grew = (
        result["mb_late"] > result["mb_early"] + 10
        or result["descriptors_late"] > result["descriptors_early"] + 2
        or result["threads_late"] > result["threads_early"] + 2
    )
    return int(grew or result["ended_early"])


if __name__ == "__main__":
    sys.exit(main())
