"""Make a city: authorities, root, vault, broker settings, database.

Safe to run again: what is there is kept, what is missing is made, and keys that the vault has
drawn since are certified by the root, whose key must be here for that.
"""

from __future__ import annotations

import argparse
from pathlib import Path

NAME = "init"
HELP = "make a city's folder, or complete it"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("--name", help="the city's name, where there is no settings file yet")
    parser.add_argument(
        "--folder", type=Path, default=Path("/var/lib/alpr-city"), help="where it keeps its files"
    )


def run(args: argparse.Namespace) -> int:
    """Make it."""
    from alpr_city.bootstrap import bootstrap
    from alpr_city.config import load, template
    from alpr_city.errors import ConfigError
    from alpr_city.ownership import hand_over
    from alpr_wire.enrolment import fingerprint

    if not args.config.exists():
        if not args.name:
            raise ConfigError([f"{args.config}: is not there. Fix: give --name to make it"])
        try:
            args.config.parent.mkdir(parents=True, exist_ok=True)
            args.config.write_text(template(args.name, args.folder, 8883, 8884))
        except OSError as error:
            raise ConfigError([f"{args.config}: cannot be written ({error.strerror})"]) from error
    config = load(args.config)
    for line in bootstrap(config):
        print(line)
    if hand_over(config):
        print("each part belongs to the system user of its unit now")
    root = config.files.root_public.read_bytes()
    print(f"{config.city.name}: ready in {config.files.path}")
    print(f"fingerprint, which every technician compares: {fingerprint(root)}")
    return 0
