"""Serve the console over TLS, to people who sign in with two factors."""

from __future__ import annotations

import argparse

NAME = "web"
HELP = "serve the console"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Nothing beyond the settings."""


def run(args: argparse.Namespace) -> int:
    """Serve until asked to stop.

    Raises:
        CityError: There is no secret, no certificate or no policy in force.
    """
    from alpr_city.config import load
    from alpr_city.django_setup import connect

    config = load(args.config)
    connect(config, serving=True)
    from alpr_city.policy import in_force
    from alpr_city.web.server import serve

    in_force()
    serve(config)
    return 0
