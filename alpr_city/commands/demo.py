"""A throwaway city and one camera, on this machine, with everything real but the light.

Makes certificates and keys, starts broker, vault, ingest and web, enrols a camera by file, and
plays it a drawn clip. Ctrl-C ends all. With --once: plays the clip once, waits for the receipts,
checks that camera, city and vault agree, prints a JSON summary, and exits 0 only if they do.
"""

from __future__ import annotations

import argparse
from pathlib import Path

NAME = "demo"
HELP = "show the whole system with a throwaway city"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("--once", action="store_true", help="play the clip once and check")
    parser.add_argument("--clip", type=Path, help="a video or folder to play instead of the clip")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="leave everything here")


def run(args: argparse.Namespace) -> int:
    """Run it."""
    from alpr_city.demo import Demo

    return Demo(args.clip, args.keep, once=args.once).run()
