"""Check a settings file and report every fault in it, each with its fix.

The exit code is 0 for a sound file and 78 otherwise.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from alpr_edge.errors import EXIT_OK

NAME = "check-config"
HELP = "check a settings file"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument(
        "path", nargs="?", type=Path, default=Path("/etc/alpr-edge/edge.toml"), metavar="FILE"
    )


def run(args: argparse.Namespace) -> int:
    """Check the file; the faults are the error's."""
    from alpr_edge.config import load

    load(args.path)
    print(f"{args.path}: good")
    return EXIT_OK
