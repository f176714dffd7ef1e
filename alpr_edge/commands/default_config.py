"""Print a settings file with every setting, its default and what it means."""

from __future__ import annotations

import argparse

from alpr_edge.errors import EXIT_OK

NAME = "default-config"
HELP = "print the commented default settings"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Nothing to declare."""


def run(_args: argparse.Namespace) -> int:
    """Print the file."""
    from alpr_edge.config import default_text

    print(default_text(), end="")
    return EXIT_OK
