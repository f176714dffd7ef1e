"""The vault's keys: back them up, or bring them back.

  alpr-city keys backup
  alpr-city keys restore key-backups/keys-....backup --recovery /media/stick/recovery.key

A restore needs the database in place first, and the vault stopped. It takes no key that was
destroyed on record, and none of a day that the database says was purged. See docs/KEYS.md.
"""

from __future__ import annotations

import argparse
from pathlib import Path

NAME = "keys"
HELP = "back up or restore the vault's keys"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    what = parser.add_subparsers(dest="what", required=True, metavar="WHAT")
    what.add_parser("backup", help="write a backup of every living key now")
    restore = what.add_parser("restore", help="take the keys of a backup that are not here")
    restore.add_argument("backup", type=Path)
    restore.add_argument("--recovery", type=Path, required=True, help="the private recovery key")


def run(args: argparse.Namespace) -> int:
    """Do it."""
    from alpr_city.config import load
    from alpr_city.django_setup import connect
    from alpr_city.vault.client import VaultClient

    config = load(args.config)
    if args.what == "backup":
        print(VaultClient(config.files.socket).call("back_up"))
        return 0
    connect(config)
    from alpr_city.restoring import restore_keys

    found = restore_keys(config, args.backup, args.recovery)
    print(f"{found.keys} keys restored; {found.left_out} stay destroyed")
    print(f"{found.cameras} cameras admitted to the vault again")
    if not found.certified:
        print("bring the root's key back and run `alpr-city init` before the vault starts")
    return 0
