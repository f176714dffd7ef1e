"""Take this camera out of service: tell the city, then destroy keys and outbox.

Refuses while reads wait that the city has not receipted. Where the city cannot be reached nothing
is destroyed; a camera that is stolen is put out by the city alone: alpr-city camera stolen NAME.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from alpr_edge.errors import EXIT_OK

NAME = "decommission"
HELP = "take this camera out of service and destroy its keys"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument(
        "--config", type=Path, default=Path("/etc/alpr-edge/edge.toml"), metavar="FILE"
    )
    parser.add_argument("--lose", action="store_true", help="even where reads would be lost")


def run(args: argparse.Namespace) -> int:
    """Do it."""
    from alpr_edge.config import load
    from alpr_edge.enrolling import decommission

    config = load(args.config)
    said = decommission(config.outbox.identity, config.outbox.folder, lose=args.lose)
    print(f"the city confirms: {said}. Keys and outbox of this camera are destroyed")
    return EXIT_OK
