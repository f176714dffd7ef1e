"""Read a network camera and hand its frames to capture.

Runs as a process of its own, because it alone parses what comes from the network: no key, no model
and no read is within its reach. Needed only where [camera] source is "rtsp".
"""

from __future__ import annotations

import argparse
import signal
import threading
from pathlib import Path

from alpr_edge.errors import EXIT_OK, ConfigError

NAME = "grab"
HELP = "read a network camera for capture"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("--config", type=Path, default=Path("/etc/alpr-edge/edge.toml"))


def run(args: argparse.Namespace) -> int:
    """Grab until SIGTERM."""
    from alpr_edge.capture.grabber import Grabber
    from alpr_edge.config import load
    from alpr_edge.systemd import log_to_journal, notify

    config = load(args.config)
    if config.camera.source != "rtsp":
        raise ConfigError(
            f'camera.source is "{config.camera.source}", which needs no grabber',
            fix='set camera.source = "rtsp", or stop alpr-edge-grab',
        )
    log_to_journal(config.log.level)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    grabber = Grabber(config.camera, config.rtsp, stop)
    notify("READY=1")
    grabber.run()
    notify("STOPPING=1")
    return EXIT_OK
