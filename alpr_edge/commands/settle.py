"""Fetch the settings that the city wants here, and put them into force.

Signed, numbered and checked; written whole. The processes start again with them, and where health
is worse after a minute the old settings come back. The city is told which it was.

  sudo alpr-edge settle                 from where this camera enrolled
  sudo alpr-edge settle --file FILE     from a file that the city gave
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import time
from pathlib import Path

from alpr_edge.errors import EXIT_FAILED, EXIT_OK, AlprError, InputError

NAME = "settle"
HELP = "put the settings into force that the city wants here"

LOOK_S, MOST_S = 3.0, 60.0
UNITS = ("alpr-edge-capture", "alpr-edge-sync")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument(
        "--config", type=Path, default=Path("/etc/alpr-edge/edge.toml"), metavar="FILE"
    )
    parser.add_argument("--file", type=Path, metavar="FILE", help="the city's statement")


def run(args: argparse.Namespace) -> int:
    """Do it; 1 where the settings were refused or taken back."""
    from alpr_edge.city_keys import load_city_keys
    from alpr_edge.config import load
    from alpr_edge.desired import WATCHED, Steward
    from alpr_edge.enrolling import endpoint_of
    from alpr_edge.health.checks import examine
    from alpr_edge.health.evidence import gather
    from alpr_wire.desired import open_desired
    from alpr_wire.errors import WireError

    folder = load(args.config).outbox.identity
    endpoint = None if args.file else endpoint_of(folder)
    try:
        statement = args.file.read_bytes() if endpoint is None else endpoint.desired()
    except OSError as error:
        raise InputError(f"{args.file}: cannot be read ({error.strerror})") from error
    if not statement:
        print("the city wants nothing else here")
        return EXIT_OK
    began_s: list[float] = []

    def settle() -> bool:
        began_s.append(time.monotonic())
        time.sleep(LOOK_S)
        return time.monotonic() - began_s[0] < MOST_S

    steward = Steward(
        args.config,
        folder / "desired.json",
        restart=_restart,
        levels=lambda: {v.name: v.level for v in examine(gather(args.config), WATCHED)},
        settle=settle,
    )
    try:
        desired = open_desired(
            statement,
            camera=(folder / "camera-id").read_text().strip(),
            key=load_city_keys(folder).command,
            last_number=-1,
        )
    except WireError as error:
        raise InputError(f"the city's settings: {error}", fix="tell the city") from error
    if desired.number <= steward.last_number:
        print("these settings were dealt with already")
        return EXIT_OK
    report = steward.carry_out(desired)
    if endpoint is not None:
        endpoint.report(report.encode())
    why = f" ({report.why})" if report.why else ""
    print(f"settings {report.number}: {report.outcome}{why}")
    return EXIT_OK if report.outcome in ("applied", "unchanged") else EXIT_FAILED


def _restart() -> None:
    program = shutil.which("systemctl")
    if program is None or not Path("/run/systemd/system").is_dir():
        return  # a desk: whoever runs it starts it anew
    done = subprocess.run(  # noqa: S603
        [program, "try-restart", *UNITS], capture_output=True, text=True, timeout=120
    )
    if done.returncode:
        raise AlprError("the processes did not restart", fix="systemctl status alpr-edge-*")
