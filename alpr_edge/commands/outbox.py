"""Look into the outbox: counts, sizes, sequence numbers, and whether the chain holds.

Shows no plate because it cannot: what is stored opens only for the city. Works while the camera
runs and while it does not.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from alpr_edge.errors import EXIT_FAILED, EXIT_OK

NAME = "outbox"
HELP = "show and verify what waits for the city"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument(
        "folder", nargs="?", type=Path, default=Path("/var/lib/alpr-edge/outbox"), metavar="FOLDER"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object")


def run(args: argparse.Namespace) -> int:
    """Report, and return 1 where the chain does not hold."""
    from alpr_edge.buffer.inspect import inspect

    report = inspect(args.folder)
    if args.json:
        print(json.dumps(report.as_json()))
    else:
        for line in report.lines():
            print(line)
    if report.fault is not None:
        print(f"alpr-edge outbox: {report.fault}", file=sys.stderr)
        return EXIT_FAILED
    return EXIT_OK
