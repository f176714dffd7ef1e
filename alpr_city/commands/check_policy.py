"""Check a policy file, or the city's, and name what the law asks for and it lacks.

Exit code 78 where it cannot be used, 1 where an element is missing or open, 0 otherwise.
"""

from __future__ import annotations

import argparse
from pathlib import Path

NAME = "check-policy"
HELP = "check the policy"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("file", type=Path, nargs="?", help="instead of the city's in force")
    parser.add_argument("--example", action="store_true", help="print the shipped example")


def run(args: argparse.Namespace) -> int:
    """Check it."""
    from alpr_city.config import load as load_config
    from alpr_city.policy.check import missing
    from alpr_city.policy.load import load
    from alpr_city.policy.store import EXAMPLE, in_force, use

    if args.example:
        print(EXAMPLE.read_text(encoding="utf-8"), end="")
        return 0
    if args.file is not None:
        policy = load(args.file)
    else:
        use(load_config(args.config).files.policy)
        policy = in_force()
    print(f"{policy.title}: version {policy.version}, from {policy.effective_from:%Y-%m-%d}")
    print(f"sha256 {policy.sha256}")
    lacks = missing(policy)
    for line in lacks:
        print(line)
    return 1 if lacks else 0
