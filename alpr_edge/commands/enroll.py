"""Enrol this camera with a city, by two files: for a bench, or a site without network.

  alpr-edge enroll --camera cam-one --request cam-one.request   makes the keys, here, and asks
  (at the city)  alpr-city camera admit cam-one.request --grant cam-one.grant
  alpr-edge enroll --grant cam-one.grant --city "1a2b 3c4d ..."  checks and takes the answer

The private keys never leave this machine. The fingerprint is what `alpr-city camera admit` prints;
read it from there, not from the file.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from alpr_edge.errors import EXIT_OK, EXIT_USAGE

NAME = "enroll"
HELP = "enrol this camera with a city"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument(
        "--config", type=Path, default=Path("/etc/alpr-edge/edge.toml"), metavar="FILE"
    )
    parser.add_argument("--camera", metavar="NAME", help="what the camera is to be called")
    parser.add_argument("--request", type=Path, metavar="FILE", help="write the request here")
    parser.add_argument("--grant", type=Path, metavar="FILE", help="the city's answer")
    parser.add_argument("--city", metavar="FINGERPRINT", help="of the city's root")


def run(args: argparse.Namespace) -> int:
    """Ask, or take the answer."""
    from alpr_edge.config import load
    from alpr_edge.enrolment import accept, ask

    folder = load(args.config).outbox.identity
    if args.camera and args.request and not args.grant:
        ask(folder, args.camera, args.request)
        print(f"{args.request}: take this to the city. Keys were made in {folder}")
        return EXIT_OK
    if args.grant and args.city and not args.request:
        grant = accept(folder, args.grant, args.city)
        print(f"enrolled as {grant.camera}; the city is at {grant.host}:{grant.port}")
        return EXIT_OK
    print("alpr-edge enroll: give --camera and --request, or --grant and --city")
    return EXIT_USAGE
