"""Watch the road: camera, models, sealing and outbox, without any network.

Runs until SIGTERM, then drains: open passages become reads and the outbox commits. A recording
ends by itself.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from alpr_edge.errors import EXIT_OK

NAME = "capture"
HELP = "read plates from the camera into the sealed outbox"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument(
        "--config", type=Path, default=Path("/etc/alpr-edge/edge.toml"), metavar="FILE"
    )
    # How a successor is started; nothing for a person.
    parser.add_argument("--stand-by", action="store_true", help=argparse.SUPPRESS)


def run(args: argparse.Namespace) -> int:
    """Capture until asked to stop."""
    from alpr_edge.asked import AskedToStop
    from alpr_edge.config import load
    from alpr_edge.daemon import Daemon
    from alpr_edge.rooms import build
    from alpr_edge.succession import Succession, Successor, own_command, stand_by
    from alpr_edge.systemd import log_to_journal, supervised

    config = load(args.config)
    log_to_journal(config.log.level)
    rooms = build(config)
    if args.stand_by and not stand_by():
        return EXIT_OK
    asked = AskedToStop()
    # Without systemd nobody could be told which process goes on.
    succession = Succession(
        config.pace.replace_h * 3600 if supervised() else 0,
        lambda: Successor(own_command("capture", "--config", str(args.config), "--stand-by")),
    )
    daemon = Daemon(config, rooms, asked=lambda: bool(asked), succession=succession)
    try:
        if daemon.run():
            succession.hand_over()
    finally:
        succession.dismiss()
    return EXIT_OK
