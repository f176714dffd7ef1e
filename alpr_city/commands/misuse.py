"""Run the misuse detector over the access log, for the auditor. A timer does this every hour.

What it finds is in the console for the auditor; here are counts alone.
"""

from __future__ import annotations

import argparse
from datetime import UTC, datetime

NAME = "misuse"
HELP = "run the misuse detector"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("--once", action="store_true", help="once, which is what a timer wants")


def user(_args: argparse.Namespace) -> str:
    """Whose rights it needs."""
    return "alpr-web"


def run(args: argparse.Namespace) -> int:
    """Run it."""
    from alpr_city.config import load
    from alpr_city.django_setup import connect
    from alpr_city.policy import in_force

    connect(load(args.config))
    from alpr_city.door.door import staff
    from alpr_city.misuse.models import Finding
    from alpr_city.misuse.sweep import sweep
    from alpr_city.people.journal import vault

    access = staff(
        None,
        action="misuse",
        purpose="audit",
        case="misuse",
        reason="the detector's run",
        query={"what": "every access of the window"},
    )
    done = sweep(vault(), access, in_force(), datetime.now(UTC))
    waiting = Finding.objects.filter(verdict="").count()
    print(f"{done.looks} accesses looked through, {done.new} new findings, {waiting} undecided")
    return 0
