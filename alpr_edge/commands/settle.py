"""Put into force what the city wants here: settings, models, or the end of this camera.

Signed, numbered and checked; written whole. The processes start again with it, and where health is
worse after a minute the old settings and models come back. The city is told which it was.

  sudo alpr-edge settle                 from where this camera enrolled
  sudo alpr-edge settle --kept          what `alpr-edge fetch` or a command has left here
  sudo alpr-edge settle --file FILE     from a file that the city gave
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

from alpr_edge.errors import EXIT_FAILED, EXIT_OK, AlprError, InputError

if TYPE_CHECKING:
    from alpr_edge.config import EdgeConfig
    from alpr_wire.desired import Desired

NAME = "settle"
HELP = "put into force what the city wants here"

LOOK_S, MOST_S = 3.0, 60.0
UNITS = ("alpr-edge-capture.service", "alpr-edge-sync.service")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument(
        "--config", type=Path, default=Path("/etc/alpr-edge/edge.toml"), metavar="FILE"
    )
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--file", type=Path, metavar="FILE", help="the city's statement")
    how.add_argument("--kept", action="store_true", help="what lies here already; no network")


def run(args: argparse.Namespace) -> int:
    """Do it; 1 where the settings were refused or taken back."""
    from alpr_edge.config import load
    from alpr_edge.enrolling import endpoint_of
    from alpr_edge.fetching import fetch, kept, wish

    config = load(args.config)
    identity, outbox = config.outbox.identity, config.outbox.folder
    if args.file is not None:
        try:
            desired: Desired | None = wish(identity, args.file.read_bytes())
        except OSError as error:
            raise InputError(f"{args.file}: cannot be read ({error.strerror})") from error
    else:
        if not args.kept:
            fetch(identity, outbox)
        desired = kept(identity, outbox)
    if desired is None:
        print("the city wants nothing else here")
        return EXIT_OK
    if desired.farewell:
        return _end(config)
    code = _settle(args.config, config, desired)
    if not args.kept and args.file is None:
        endpoint_of(identity).report((identity / "desired.json").read_bytes())
    return code


def _settle(settings: Path, config: EdgeConfig, desired: Desired) -> int:
    from alpr_edge.desired import WATCHED, Steward
    from alpr_edge.fetching import models
    from alpr_edge.health.checks import examine
    from alpr_edge.health.evidence import gather

    began_s: list[float] = []

    def settle() -> bool:
        began_s.append(time.monotonic())
        time.sleep(LOOK_S)
        return time.monotonic() - began_s[0] < MOST_S

    steward = Steward(
        settings,
        config.outbox.identity / "desired.json",
        restart=_restart,
        levels=lambda: {v.name: v.level for v in examine(gather(settings), WATCHED)},
        settle=settle,
        models=config.outbox.folder.parent / "models",
    )
    if desired.number <= steward.last_number:
        print("these settings were dealt with already")
        return EXIT_OK
    bundle = models(config.outbox.folder, desired) if desired.models else b""
    if bundle is None:
        print("the models that go with them have not come yet")
        return EXIT_OK
    report = steward.carry_out(desired, bundle)
    why = f" ({report.why})" if report.why else ""
    print(f"settings {report.number}: {report.outcome}{why}")
    return EXIT_OK if report.outcome in ("applied", "unchanged") else EXIT_FAILED


def _end(config: EdgeConfig) -> int:
    """Destroy keys and outbox, once the city has every read and has put this camera out."""
    from alpr_edge.enrolling import destroy
    from alpr_edge.fetching import FAREWELL

    word = config.outbox.folder / FAREWELL
    if not word.exists():
        print("the city wants this camera to end; it waits for the receipts of what is held here")
        return EXIT_OK
    said = word.read_text(errors="replace").strip()
    _systemctl("disable", "--now", *UNITS, "alpr-edge-fetch.timer", "alpr-edge-renew.timer")
    destroy(config.outbox.identity, config.outbox.folder)
    print(f"the city confirms: {said}. Keys and outbox of this camera are destroyed")
    return EXIT_OK


def _restart() -> None:
    _systemctl("try-restart", *UNITS)


def _systemctl(*arguments: str) -> None:
    program = shutil.which("systemctl")
    if program is None or not Path("/run/systemd/system").is_dir():
        return  # a desk: whoever runs it starts it anew
    done = subprocess.run(  # noqa: S603
        [program, *arguments], capture_output=True, text=True, timeout=120
    )
    if done.returncode:
        raise AlprError(f"systemctl {arguments[0]} failed", fix="systemctl status 'alpr-edge-*'")
