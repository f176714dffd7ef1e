"""Give cameras their certificates: the enrolment endpoint, EST (RFC 7030) over HTTPS.

Also renews the revocation list every day: past its end it would refuse every camera.
"""

from __future__ import annotations

import argparse
import time

NAME = "enrol"
HELP = "run the enrolment endpoint for cameras"

LIST_S = 24 * 3600.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("--address", default="", help="where to listen; all where not given")
    parser.add_argument("--port", type=int, default=8445)


def run(args: argparse.Namespace) -> int:
    """Serve until asked to stop."""
    from alpr_city.asked import AskedToStop
    from alpr_city.bootstrap import server_papers
    from alpr_city.ca import Authority
    from alpr_city.config import load
    from alpr_city.django_setup import connect

    config = load(args.config)
    connect(config)
    from alpr_city.enrolment.opening import open_desk
    from alpr_city.enrolment.server import serve

    authority = Authority(config.files.ca)
    listed_s = float("-inf")

    def renew_list() -> None:
        nonlocal listed_s
        if time.monotonic() - listed_s >= LIST_S:
            listed_s = time.monotonic()
            authority.revoke()

    serve(
        open_desk(config),
        authority.trust("servers") + authority.trust("devices"),
        address=(args.address, args.port),
        papers=server_papers(config, authority, "enrol"),
        devices=config.files.ca / "devices.pem",
        asked=AskedToStop(),
        on_tick=renew_list,
    )
    return 0
