"""The vault: the one process that can open a read, and the one that writes the access log first.

It has no network: it listens on a Unix socket and asks the kernel who is on the other end.
"""

from __future__ import annotations

import argparse
import gc
import sys

NAME = "vault"
HELP = "run the vault"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Nothing beyond the settings."""


def run(args: argparse.Namespace) -> int:
    """Serve until asked to stop."""
    from alpr_city.asked import AskedToStop
    from alpr_city.bootstrap import open_vault
    from alpr_city.config import load
    from alpr_city.roles import roles_of
    from alpr_city.vault.service import Service

    # Thousands of small records live for one round; the collector would walk them again and again.
    gc.set_threshold(200_000, 50, 50)
    # A thread that opens reads lets one that has a message or a receipt to pass on go first.
    sys.setswitchinterval(0.001)
    config = load(args.config)
    roles = roles_of(config)
    asked = AskedToStop()
    vault = open_vault(config)
    try:
        Service(vault, config.files.socket, roles, config.files.log_heads).run(asked)
    finally:
        vault.close()
    return 0
