"""Take in what cameras send, one worker of as many as the settings say."""

from __future__ import annotations

import argparse
import gc

NAME = "ingest"
HELP = "run an ingest worker"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("--worker", type=int, default=1, metavar="N", help="which one, from 1")


def run(args: argparse.Namespace) -> int:
    """Work until asked to stop."""
    from alpr_city.asked import AskedToStop
    from alpr_city.config import load
    from alpr_city.django_setup import connect
    from alpr_city.errors import ConfigError

    # Thousands of small records live for one round; the collector would walk them again and again.
    gc.set_threshold(200_000, 50, 50)
    config = load(args.config)
    if not 1 <= args.worker <= config.ingest.workers:
        raise ConfigError([f"--worker {args.worker}: the settings have {config.ingest.workers}"])
    connect(config)
    from alpr_city.ingest.worker import Worker

    asked = AskedToStop()
    Worker(config, args.worker - 1).run(asked)
    return 0
