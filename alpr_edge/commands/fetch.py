"""Bring what the city wants of this camera, and tell what became of its last wish.

A timer runs this every quarter of an hour, as the user that holds the TLS key. It puts nothing into
force: `alpr-edge settle` does that, without a network.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from alpr_edge.errors import EXIT_OK

NAME = "fetch"
HELP = "bring what the city wants of this camera"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument(
        "--config", type=Path, default=Path("/etc/alpr-edge/edge.toml"), metavar="FILE"
    )


def run(args: argparse.Namespace) -> int:
    """Do it."""
    from alpr_edge.config import load
    from alpr_edge.fetching import fetch

    config = load(args.config)
    for line in fetch(config.outbox.identity, config.outbox.folder) or ["nothing new"]:
        print(line)
    return EXIT_OK
