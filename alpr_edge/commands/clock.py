"""Bring a clock that lags to the latest time that the city has told, at a start.

A board without a battery would else hold every certificate for not valid yet until a time server
answers. The clock is never set back, and never by anything that the city did not sign.
"""

from __future__ import annotations

import argparse
import time
from datetime import UTC, datetime
from pathlib import Path

from alpr_edge.errors import EXIT_OK, AlprError

NAME = "clock"
HELP = "bring a clock that lags to the last time that is known"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument(
        "--config", type=Path, default=Path("/etc/alpr-edge/edge.toml"), metavar="FILE"
    )


def run(args: argparse.Namespace) -> int:
    """Do it."""
    from alpr_edge.config import load
    from alpr_edge.stored_time import advance, newest

    outbox = load(args.config).outbox
    told = newest(outbox.identity, outbox.folder)
    try:
        by_s = advance(
            datetime.now(UTC), told, lambda s: time.clock_settime(time.CLOCK_REALTIME, s)
        )
    except OSError as error:
        raise AlprError(
            f"the clock lags and cannot be set ({error.strerror})", fix="run this with sudo"
        ) from error
    print(f"the clock was {by_s:.0f} s behind, and is set" if by_s else "the clock does not lag")
    return EXIT_OK
