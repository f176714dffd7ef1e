"""Read the plates in pictures, folders and videos.

Prints a table, or with --json one object per picture and line. A file that cannot be read is named
on stderr and the rest go on; the exit code is then 1. Refuses on an enrolled camera, whose reads
exist only sealed.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from alpr_edge.errors import EXIT_FAILED, EXIT_OK, EXIT_USAGE

NAME = "read"
HELP = "read the plates in pictures, folders and videos"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument(
        "paths", nargs="+", type=Path, metavar="PATH", help="picture, video or folder"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object per picture on a line")
    parser.add_argument(
        "--annotate", type=Path, metavar="DIR", help="write pictures with what was found into DIR"
    )
    parser.add_argument(
        "--every", type=_positive, default=1, metavar="N", help="of a video, read every Nth frame"
    )
    parser.add_argument("--threads", type=_positive, default=1, help="threads for the networks")
    parser.add_argument("--delegate", metavar="LIBRARY", help="TFLite delegate of an accelerator")
    parser.add_argument("--models", type=Path, metavar="DIR", help="folder of other model files")
    parser.add_argument(
        "--no-syntax", action="store_true", help="do not prefer readings shaped like known series"
    )
    parser.add_argument(
        "--identity",
        type=Path,
        default=Path("/etc/alpr-edge/identity"),
        help=argparse.SUPPRESS,
    )


def run(args: argparse.Namespace) -> int:
    """Read everything and return the exit code."""
    if args.identity.exists():
        print(
            "alpr-edge read: this camera is enrolled, so it must not show plates. "
            "Fix: read pictures on another machine, or decommission the camera",
            file=sys.stderr,
        )
        return EXIT_USAGE

    from alpr_edge.pictures import report
    from alpr_edge.pictures.find import find_pictures
    from alpr_edge.recognize.recognizer import SHIPPED, Recognizer

    recognizer = Recognizer.load(
        args.models or SHIPPED,
        threads=args.threads,
        delegate=args.delegate,
        use_syntax=not args.no_syntax,
    )
    files, complaints = find_pictures(args.paths)
    for complaint in complaints:
        print(f"alpr-edge read: {complaint}", file=sys.stderr)
    show = report.JsonReport() if args.json else report.TableReport(many=len(files) > 1)
    failed = report.read_all(files, recognizer, show, annotate=args.annotate, every=args.every)
    return EXIT_FAILED if failed or complaints else EXIT_OK


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be 1 or more, got {number}")
    return number
