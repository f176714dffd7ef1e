"""Give cameras their certificates: the enrolment endpoint, EST (RFC 7030) over HTTPS.

Also keeps the revocation list: whoever the register says is out goes on it within seconds, and it
is renewed every day, since past its end it would refuse every camera.
"""

from __future__ import annotations

import argparse
from datetime import UTC, datetime

NAME = "enrol"
HELP = "run the enrolment endpoint for cameras"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("--address", default="", help="where to listen; all where not given")
    parser.add_argument("--port", type=int, default=8445)


def run(args: argparse.Namespace) -> int:
    """Serve until asked to stop."""
    from alpr_city.asked import AskedToStop
    from alpr_city.ca import Authority
    from alpr_city.config import load
    from alpr_city.django_setup import connect
    from alpr_city.papers import papers_of

    config = load(args.config)
    connect(config)
    from django.db import connections

    from alpr_city.enrolment.opening import open_desk, open_sweep
    from alpr_city.enrolment.server import serve

    authority = Authority(config.files.ca)
    papers = next(p for p in papers_of(config) if p.name == NAME)
    if papers.due(datetime.now(UTC)):
        papers.issue(authority)
    sweep = open_sweep(config, authority)
    serve(
        open_desk(config),
        authority.trust("servers") + authority.trust("devices"),
        address=(args.address, args.port),
        papers=(papers.certificate, papers.key),
        devices=config.files.ca / "devices.pem",
        asked=AskedToStop(),
        on_tick=sweep.step,
        after_call=connections.close_all,  # each call has a thread, and with it a connection
    )
    return 0
