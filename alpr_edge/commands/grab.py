"""Read a network camera and hand its frames to capture.

Runs as a process of its own, because it alone parses what comes from the network: no key, no model
and no read is within its reach. Needed only where [camera] source is "rtsp".
"""

from __future__ import annotations

import argparse
import threading
from pathlib import Path

from alpr_edge.errors import EXIT_FAILED, EXIT_OK, ConfigError

NAME = "grab"
HELP = "read a network camera for capture"

TICK_S = 0.25
STOP_S = 8.0
# Connecting, the wait after a failure, and a frame that never comes.
BEAT_S = 30.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("--config", type=Path, default=Path("/etc/alpr-edge/edge.toml"))


def run(args: argparse.Namespace) -> int:
    """Grab until SIGTERM."""
    from alpr_edge.asked import AskedToStop
    from alpr_edge.capture.grabber import Grabber
    from alpr_edge.config import load
    from alpr_edge.systemd import log_to_journal, notify
    from alpr_edge.worker import Worker

    config = load(args.config)
    if config.camera.source != "rtsp":
        raise ConfigError(
            f'camera.source is "{config.camera.source}", which needs no grabber',
            fix='set camera.source = "rtsp", or stop alpr-edge-grab',
        )
    log_to_journal(config.log.level)
    asked, stop = AskedToStop(), threading.Event()
    grabber = Grabber(config.camera, config.rtsp, stop)
    worker = Worker("grabber", grabber.step, stop=stop, beat_limit_s=BEAT_S, finish=grabber.close)
    worker.start()
    notify("READY=1")
    while worker.alive and worker.heartbeat.fresh and not asked:
        worker.join(TICK_S)
        notify("WATCHDOG=1")
    notify("STOPPING=1")
    stop.set()
    worker.join(STOP_S)
    if worker.error is not None:
        raise worker.error
    return EXIT_OK if asked else EXIT_FAILED
