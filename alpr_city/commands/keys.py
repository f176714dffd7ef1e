"""The vault's keys: back them up, or bring them back.

  alpr-city keys backup
  alpr-city keys rotate        every night, by alpr-city-keys.timer
  alpr-city keys restore key-backups/keys-....backup --recovery /media/stick/recovery.key

A restore needs the database in place first, and the vault stopped. It takes no key that was
destroyed on record, and none of a day that the database says was purged. See docs/KEYS.md.
"""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alpr_city.vault.client import VaultClient

NAME = "keys"
HELP = "back up, rotate or restore the vault's keys"
CEREMONY_DUE = timedelta(days=21)
CEREMONY = "Fix: hold the key ceremony (docs/OPERATIONS.md)"
EXIT_CEREMONY = 4


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    what = parser.add_subparsers(dest="what", required=True, metavar="WHAT")
    what.add_parser("backup", help="write a backup of every living key now")
    what.add_parser("rotate", help="destroy seal keys nobody needs; back up; see what comes next")
    what.add_parser("to-token", help="have a hardware token wrap them (see [vault])")
    what.add_parser("to-file", help="have a file wrap them again")
    restore = what.add_parser("restore", help="take the keys of a backup that are not here")
    restore.add_argument("backup", type=Path)
    restore.add_argument("--recovery", type=Path, required=True, help="the private recovery key")


def user(args: argparse.Namespace) -> str:
    """The vault's, which the vault knows; a restore reads sticks that only root can."""
    return "root" if args.what == "restore" else "alpr-vault"


def run(args: argparse.Namespace) -> int:
    """Do it."""
    from alpr_city.config import load
    from alpr_city.django_setup import connect
    from alpr_city.vault.client import VaultClient

    config = load(args.config)
    if args.what == "backup":
        print(VaultClient(config.files.socket).call("back_up"))
        return 0
    if args.what in ("to-token", "to-file"):
        from alpr_city.vault import keks

        if args.what == "to-token":
            print(f"{keks.to_token(config)} keys are in the token's care; the file is destroyed")
        else:
            print(f"{keks.to_file(config)} keys are wrapped by the file; the token's key is gone")
            print("take pkcs11_module out of [vault] before the vault starts")
        return 0
    if args.what == "rotate":
        return _rotate(VaultClient(config.files.socket))
    connect(config)
    from alpr_city.ownership import hand_over
    from alpr_city.restoring import restore_keys

    found = restore_keys(config, args.backup, args.recovery)
    hand_over(config)  # what was written as root is the vault's
    print(f"{found.keys} keys restored; {found.left_out} stay destroyed")
    print(f"the last receipts of {found.streams} streams came back with them")
    print(f"{found.cameras} cameras admitted to the vault again")
    if not found.certified:
        print("bring the root's key back and run `alpr-city init` before the vault starts")
    return 0


def _rotate(vault: VaultClient) -> int:
    """A backup, the death of old seal keys, and whether a ceremony is due."""
    print(vault.call("back_up"))
    for label in vault.call("retire_seal_keys"):
        print(f"seal key {label} destroyed: receipts cover every epoch sealed to it")
    until = datetime.fromtimestamp(vault.call("certified_until") / 1e6, UTC)
    print(f"seal keys are certified until {until:%Y-%m-%d}")
    if until - datetime.now(UTC) < CEREMONY_DUE:
        print(f"after that cameras go on sealing to the last of them. {CEREMONY}", file=sys.stderr)
        return EXIT_CEREMONY
    return 0
