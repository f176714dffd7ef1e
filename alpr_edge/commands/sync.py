"""Send what waits in the outbox to the city, and bring back its receipts.

The only process with the network. It needs the outbox's folder and the TLS key; it has no camera,
no models, and nothing that could open a read.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from alpr_edge.errors import EXIT_OK

NAME = "sync"
HELP = "send sealed reads to the city and bring back its receipts"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument(
        "--config", type=Path, default=Path("/etc/alpr-edge/edge.toml"), metavar="FILE"
    )


def run(args: argparse.Namespace) -> int:
    """Sync until asked to stop."""
    from alpr_edge.asked import AskedToStop
    from alpr_edge.config import load
    from alpr_edge.postman import Postman
    from alpr_edge.systemd import log_to_journal, notify

    config = load(args.config)
    log_to_journal(config.log.level)
    asked = AskedToStop()
    postman = Postman(config)
    notify("READY=1\nSTATUS=connecting")
    postman.run(lambda: bool(asked))
    notify("STOPPING=1")
    return EXIT_OK
