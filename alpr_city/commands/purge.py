"""Purge the days that have had their retention: keys destroyed, rows dropped, a certificate filed.

Meant for every night. Held reads stay. What was cut off is taken up again; a failure leaves an
alarm and exit code 1, and the next run goes on where this one stopped.
"""

from __future__ import annotations

import argparse
import getpass
import json
from datetime import UTC, datetime

NAME = "purge"
HELP = "destroy what has had its retention"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("--dry-run", action="store_true", help="say what would go, change nothing")
    parser.add_argument("--json", action="store_true", help="one object for each day")


def user(_args: argparse.Namespace) -> str:
    """Whose rights it needs."""
    return "alpr-vault"


def run(args: argparse.Namespace) -> int:
    """Purge."""
    from alpr_city import policy
    from alpr_city.config import load
    from alpr_city.django_setup import connect
    from alpr_city.vault.client import VaultClient

    config = load(args.config)
    connect(config)
    from alpr_city.reads.pictures import PictureStore
    from alpr_city.releases.expiry import expire
    from alpr_city.retention.purge import Purger
    from alpr_city.search.partial import merge

    vault, pictures = VaultClient(config.files.socket), PictureStore(config.files.pictures)
    try:
        purger = Purger(vault, pictures, policy.in_force, getpass.getuser(), config.city.name)
        if args.dry_run:
            planned = purger.plan()
            for day in planned:
                row = {"day": str(day.day), "reads": day.reads, "held": day.held}
                print(json.dumps(row) if args.json else _line(row) + "; would be purged")
            if not planned and not args.json:
                print("nothing has had its retention")
            return 0
        done = purger.run()
        merge(vault, datetime.now(UTC).date())
        expire(vault, datetime.now(UTC))
    finally:
        pictures.close()
        vault.close()
    for purge in done:
        row = {
            "day": str(purge.day),
            "reads": purge.facts["reads"],
            "held": purge.facts["held"],
            "certificate": purge.pk,
        }
        print(json.dumps(row) if args.json else f"{_line(row)}; certificate {purge.pk}")
    if not done and not args.json:
        print("nothing has had its retention")
    return 0


def _line(row: dict[str, object]) -> str:
    return f"{row['day']}: {row['reads']} reads, {row['held']} of them held"
