"""The figures of the public page, taken now; or, with --verify, those that were published.

With --verify FILE (the page's figures.json, or - for standard input) every figure is computed
again: from the access log's own file, whose chain must lead to the published head, and from the
tables as they were at the time. Exit code 1 where one comes out otherwise.
"""

from __future__ import annotations

import argparse
import json
import sys
from contextlib import closing
from pathlib import Path

NAME = "public-figures"
HELP = "take the public page's figures, or verify published ones"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("--verify", type=Path, metavar="FILE", help="figures.json as published")


def user(args: argparse.Namespace) -> str:
    """Verifying opens the access log's own file."""
    return "alpr-web" if args.verify is None else "alpr-vault"


def run(args: argparse.Namespace) -> int:
    """Take or verify them."""
    from alpr_city.config import load
    from alpr_city.django_setup import connect
    from alpr_city.errors import SetupError
    from alpr_city.vault.client import VaultClient

    config = load(args.config)
    connect(config)
    if args.verify is None:
        from alpr_city.public.snapshots import take

        with closing(VaultClient(config.files.socket)) as vault:
            print(json.dumps(take(vault).figures, indent=1))
        return 0
    from alpr_city.public.verify import differences

    try:
        text = sys.stdin.read() if str(args.verify) == "-" else args.verify.read_text("utf-8")
        published = json.loads(text)
    except (OSError, ValueError) as error:
        raise SetupError(f"{args.verify}: is no file of figures") from error
    if not isinstance(published, dict):
        raise SetupError(f"{args.verify}: is no file of figures")
    lines = differences(published, config.files.vault / "access.db", config.files.root_public)
    for line in lines:
        print(line)
    if not lines:
        print(f"all {len(published)} figures hold, as of access record {published['log_entries']}")
    return 1 if lines else 0
