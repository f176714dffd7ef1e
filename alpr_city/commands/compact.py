"""Merge the sealed columns that partial search goes over: one for each camera and day.

Ingest writes one column a camera and batch. Meant for every hour; the nightly purge does it too.
"""

from __future__ import annotations

import argparse

NAME = "compact"
HELP = "merge the columns of partial search"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Nothing beyond the settings."""


def user(_args: argparse.Namespace) -> str:
    """Whose rights it needs."""
    return "alpr-vault"


def run(args: argparse.Namespace) -> int:
    """Merge them."""
    from alpr_city.config import load
    from alpr_city.django_setup import connect
    from alpr_city.vault.client import VaultClient

    config = load(args.config)
    connect(config)
    from alpr_city.search.partial import merge

    vault = VaultClient(config.files.socket)
    try:
        print(f"{merge(vault)} columns merged away")
    finally:
        vault.close()
    return 0
