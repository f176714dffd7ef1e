"""Replace certificates of the city's servers that end within a month.

Broker, console, enrolment and ingest have certificates of ninety days. A timer looks every day, and
its unit starts them again where something was due. Cameras trust the authority, not the one
certificate: they come back within seconds and lose nothing.
"""

from __future__ import annotations

import argparse
from datetime import UTC, datetime

NAME = "certificates"
HELP = "renew the servers' certificates that end soon"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument(
        "--due", action="store_true", help="change nothing; exit code 1 where nothing is due"
    )


def run(args: argparse.Namespace) -> int:
    """Renew what is due."""
    from alpr_city.ca import Authority
    from alpr_city.config import load
    from alpr_city.ownership import hand_over_papers
    from alpr_city.papers import papers_of, renew

    config = load(args.config)
    if args.due:
        due = [p.name for p in papers_of(config) if p.due(datetime.now(UTC))]
        print(", ".join(due) or "no certificate ends within a month")
        return 0 if due else 1
    done = renew(config, Authority(config.files.ca))
    hand_over_papers(config)
    for papers in done:
        print(f"{papers.name}: a new certificate")
    if not done:
        print("no certificate ends within a month")
    return 0
