"""Enrol this camera with a city, by the one-time code that the city's console shows.

  sudo alpr-edge enroll https://city.example --camera cam-one --code "ABCD-EFGH-..."

The code names the city's authority, so no other server can answer in its place. The keys are made
here and never leave. Where something fails, mend what the line says and run the same command again.

By two files, for a bench or a site without network:

  alpr-edge enroll --camera cam-one --request cam-one.request   makes the keys, here, and asks
  (at the city)  alpr-city camera admit cam-one.request --grant cam-one.grant
  alpr-edge enroll --grant cam-one.grant --city "1a2b 3c4d ..."  checks and takes the answer

The fingerprint is what `alpr-city camera admit` prints; read it from there, not from the file.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from alpr_edge.errors import EXIT_OK, EXIT_USAGE

if TYPE_CHECKING:
    from alpr_edge.config import EdgeConfig

NAME = "enroll"
HELP = "enrol this camera with a city"

APPROVAL_S, EVERY_S = 900.0, 5.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("url", nargs="?", metavar="https://CITY[:PORT]")
    parser.add_argument(
        "--config", type=Path, default=Path("/etc/alpr-edge/edge.toml"), metavar="FILE"
    )
    parser.add_argument("--code", help="the one-time code; asked for where it is not given")
    parser.add_argument("--camera", metavar="NAME", help="what the camera is to be called")
    parser.add_argument("--request", type=Path, metavar="FILE", help="write the request here")
    parser.add_argument("--grant", type=Path, metavar="FILE", help="the city's answer")
    parser.add_argument("--city", metavar="FINGERPRINT", help="of the city's root")


def run(args: argparse.Namespace) -> int:
    """Enrol, ask, or take the answer."""
    from alpr_edge.config import EdgeConfig, load
    from alpr_edge.enrolment import accept, ask, hand_over

    if args.url and args.camera and not (args.request or args.grant):
        config = load(args.config) if args.config.exists() else EdgeConfig()
        return _online(args, config)
    config = load(args.config)
    folder = config.outbox.identity
    if args.camera and args.request and not args.grant:
        ask(folder, args.camera, args.request, config.token)
        print(f"{args.request}: take this to the city. {_where(folder)}")
        return EXIT_OK
    if args.grant and args.city and not args.request:
        grant = accept(folder, args.grant, args.city)
        hand_over(folder)
        print(f"enrolled as {grant.camera}; the city is at {grant.host}:{grant.port}")
        return EXIT_OK
    print(
        "alpr-edge enroll: give https://CITY, --camera and --code; or --camera and --request; or"
        " --grant and --city",
        file=sys.stderr,
    )
    return EXIT_USAGE


def _online(args: argparse.Namespace, config: EdgeConfig) -> int:
    from alpr_edge.enrolling import enrol, patience, point_to
    from alpr_edge.est import Place

    folder = config.outbox.identity
    code = args.code or input("code: ")
    wait = patience(APPROVAL_S, EVERY_S, print)
    grant = enrol(folder, Place.of(args.url), code, args.camera, wait, config.token)
    point_to(args.config, config, grant)
    print(f"enrolled as {grant.camera}; the city is at {grant.host}:{grant.port}")
    print(_where(folder))
    print("next: sudo systemctl restart alpr-edge-capture alpr-edge-sync, then alpr-edge health")
    return EXIT_OK


def _where(folder: Path) -> str:
    """Where the keys are, for whoever enrols."""
    from alpr_edge.device_key import home

    where = home(folder / "client.key").value
    return f"the TLS key was made here, and is in {where}; the signing key is in a file: {folder}"
