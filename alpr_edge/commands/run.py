"""Run every process of the camera in one terminal, for a desk or a demonstration.

On a pole systemd runs them instead, each in a cage of its own. Ends when one of them ends, or on
Ctrl-C; the others are then drained.
"""

from __future__ import annotations

import argparse
import subprocess
import threading
from pathlib import Path

from alpr_edge.errors import EXIT_OK

NAME = "run"
HELP = "run all processes of the camera in one terminal"

TICK_S = 0.2
# As TimeoutStopSec of the units.
DRAIN_S = 45.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument(
        "--config", type=Path, default=Path("/etc/alpr-edge/edge.toml"), metavar="FILE"
    )


def run(args: argparse.Namespace) -> int:
    """Run until one process ends, or until asked to stop."""
    from alpr_edge.asked import AskedToStop
    from alpr_edge.config import load
    from alpr_edge.succession import own_command

    config = load(args.config)  # one complaint about a bad file, not one from each process
    names = ["capture"]
    if (config.outbox.identity / "city-root.pub").exists():
        names.append("sync")
    if config.camera.source == "rtsp":
        names.append("grab")
    asked = AskedToStop()
    processes = [
        subprocess.Popen(own_command(name, "--config", str(args.config)))  # noqa: S603
        for name in names
    ]
    never = threading.Event()
    while not asked and all(process.poll() is None for process in processes):
        never.wait(TICK_S)
    ended = [process.returncode for process in processes if process.returncode is not None]
    for process in processes:  # in data order: capture drains before anything else goes
        process.terminate()
        try:
            process.wait(DRAIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    return next((code for code in ended if code != EXIT_OK), EXIT_OK)
