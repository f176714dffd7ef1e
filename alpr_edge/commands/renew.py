"""Renew this camera's certificate at the city, once two thirds of its life are over.

A timer runs this every hour. A certificate that expired up to 120 days ago can do this one thing,
so a camera that was off for three months comes back by itself.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from alpr_edge.errors import EXIT_OK

NAME = "renew"
HELP = "renew this camera's certificate"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument(
        "--config", type=Path, default=Path("/etc/alpr-edge/edge.toml"), metavar="FILE"
    )
    parser.add_argument("--if-due", action="store_true", help="do nothing before it is due")


def run(args: argparse.Namespace) -> int:
    """Renew it."""
    from alpr_edge.config import load
    from alpr_edge.enrolling import due, renew

    folder = load(args.config).outbox.identity
    if args.if_due and not due(folder):
        return EXIT_OK
    print(f"renewed until {renew(folder).not_valid_after_utc:%Y-%m-%d %H:%M} UTC")
    return EXIT_OK
