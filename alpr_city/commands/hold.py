"""List holds, with those first whose review is due.

Holds are placed and released in the console, where somebody answers for them.
Exit code 1 where a review is overdue.
"""

from __future__ import annotations

import argparse
import json
from datetime import UTC, datetime

NAME = "hold"
HELP = "list holds and overdue reviews"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("--all", action="store_true", help="released ones too")
    parser.add_argument("--json", action="store_true", help="one object for each")


def user(_args: argparse.Namespace) -> str:
    """Whose rights it needs."""
    return "alpr-web"


def run(args: argparse.Namespace) -> int:
    """List them."""
    from alpr_city.config import load
    from alpr_city.django_setup import connect

    connect(load(args.config))
    from alpr_city.retention.models import Hold

    today = datetime.now(UTC).date()
    found = Hold.objects.order_by("review_on")
    if not args.all:
        found = found.filter(released_at=None)
    overdue = 0
    for hold in found:
        late = hold.released_at is None and hold.review_on < today
        overdue += late
        row = {
            "hold": hold.pk,
            "case": hold.case,
            "basis": hold.basis,
            "custodian": hold.custodian,
            "reads": hold.reads.count(),
            "review_on": str(hold.review_on),
            "released_at": hold.released_at.isoformat() if hold.released_at else None,
        }
        if args.json:
            print(json.dumps(row))
            continue
        state = "released" if hold.released_at else "review overdue" if late else "stands"
        print(
            f"{hold.pk:>5}  {hold.case:20} {hold.basis:12} {row['reads']:>6} reads"
            f"  review {hold.review_on}  {state}"
        )
    return 1 if overdue else 0
