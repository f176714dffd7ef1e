"""Check the access log: every record in its place and unchanged.

With the signed heads that left the vault, also a log that was rewritten as a whole is found.
Exit code 1 where something does not hold.
"""

from __future__ import annotations

import argparse
import json

NAME = "verify-log"
HELP = "check the access log"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("--json", action="store_true", help="one JSON object")


def user(_args: argparse.Namespace) -> str:
    """Whose rights it needs."""
    return "alpr-vault"


def run(args: argparse.Namespace) -> int:
    """Check it."""
    from alpr_city.config import load
    from alpr_city.proof.access import check_log

    checked = check_log(load(args.config))
    if args.json:
        print(json.dumps(checked.row()))
    else:
        for fault in checked.faults:
            print(fault)
        print(f"{checked.records} access records, {checked.heads} signed heads from outside")
    return 1 if checked.faults else 0
