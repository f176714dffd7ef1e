"""The ledger: captured = stored + gap + pending + purged, for each camera.

Exit code 1 where that does not add up.
"""

from __future__ import annotations

import argparse
import json

NAME = "reconcile"
HELP = "print the ledger of every camera"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("camera", nargs="?", metavar="CAM", help="only this one")
    parser.add_argument("--json", action="store_true", help="one object for each camera")


def user(_args: argparse.Namespace) -> str:
    """Whose rights it needs."""
    return "alpr-web"


def run(args: argparse.Namespace) -> int:
    """Print it."""
    from alpr_city.config import load
    from alpr_city.django_setup import connect

    config = load(args.config)
    connect(config)
    from alpr_city.proof.ledger import accounts

    found = accounts(args.camera)
    if not args.json:
        print(f"{'camera':24}{'captured':>10}{'stored':>10}{'gap':>8}{'pending':>9}{'purged':>9}")
    for account in found:
        if args.json:
            print(json.dumps(account.row()))
            continue
        print(
            f"{account.camera:24}{account.captured:>10}{account.stored:>10}{account.gap:>8}"
            f"{account.pending:>9}{account.purged:>9}"
            + ("" if account.balanced else "   does not add up")
        )
        for day, reads in sorted(account.reads_by_day.items()):
            print(f"    {day}: {reads} reads")
    return 0 if all(a.balanced for a in found) else 1
