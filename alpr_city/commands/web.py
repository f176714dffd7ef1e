"""Serve the page of what arrived, on this machine alone and without plates.

The console, with sign-in and TLS, is not built yet; this page needs neither.
"""

from __future__ import annotations

import argparse

NAME = "web"
HELP = "serve the page of what arrived"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Nothing beyond the settings."""


def run(args: argparse.Namespace) -> int:
    """Serve until asked to stop."""
    from alpr_city.asked import AskedToStop
    from alpr_city.config import load
    from alpr_city.django_setup import connect

    config = load(args.config)
    connect(config)
    from alpr_city.web.server import serve

    serve(config.web.port, AskedToStop())
    return 0
