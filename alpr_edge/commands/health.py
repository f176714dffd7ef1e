"""Say what is wrong with this camera and what to do, whether its processes run or not.

One line and an exit code as monitoring plugins give them: 0 good, 1 warning, 2 critical, 3 unknown;
then a line and the fix for each check that is not good. Shows numbers, never a plate or a picture.

  alpr-edge health                      for a person, Nagios and Icinga
  alpr-edge health --watch              every check, again every two seconds
  alpr-edge health --check queue        one check; give it again for more
  alpr-edge health --json               schema 1
  alpr-edge health --metrics FILE       for the textfile collector of Prometheus' node exporter
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

from alpr_edge.errors import EXIT_OK

NAME = "health"
HELP = "say what is wrong with this camera and what to do"

EVERY_S = 2.0
CLEAR = "\x1b[H\x1b[2J\x1b[3J"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument(
        "--config", type=Path, default=Path("/etc/alpr-edge/edge.toml"), metavar="FILE"
    )
    parser.add_argument(
        "--check", action="append", default=[], metavar="NAME", help="only this check"
    )
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--json", action="store_true", help="one JSON object")
    how.add_argument("--watch", action="store_true", help="look again and again, until Ctrl-C")
    how.add_argument(
        "--metrics", nargs="?", const="-", metavar="FILE", help="metrics to FILE, or to stdout"
    )


def run(args: argparse.Namespace) -> int:
    """Look once and return the level, or look until told to stop."""
    from alpr_edge.health import show
    from alpr_edge.health.checks import CHECKS, examine
    from alpr_edge.health.evidence import gather
    from alpr_edge.health.verdict import Level, worst

    unknown = [name for name in args.check if name not in CHECKS]
    if unknown:
        print(
            f"ALPR UNKNOWN - no check is called {unknown[0]}. Fix: one of {', '.join(CHECKS)}",
        )
        return int(Level.UNKNOWN)
    if args.watch:
        _watch(args)
        return EXIT_OK
    verdicts = examine(gather(args.config), args.check)
    if args.json:
        print(json.dumps(show.as_json(verdicts)))
    elif args.metrics == "-":
        print(show.metrics(verdicts), end="")
    elif args.metrics:
        if not _replace(Path(args.metrics), show.metrics(verdicts)):
            return int(Level.UNKNOWN)
    else:
        print(show.plugin(verdicts))
    return int(worst(v.level for v in verdicts))


def _watch(args: argparse.Namespace) -> None:
    from alpr_edge.health import show
    from alpr_edge.health.checks import examine
    from alpr_edge.health.evidence import gather

    try:
        while True:
            text = show.table(examine(gather(args.config), args.check))
            print(f"{CLEAR if sys.stdout.isatty() else ''}{text}\n", flush=True)
            time.sleep(EVERY_S)
    except KeyboardInterrupt:
        return


def _replace(path: Path, text: str) -> bool:
    """Whole or not at all: the collector may read at any moment. Whether it went well."""
    half = path.with_name(f".{path.name}.new")
    try:
        half.write_text(text)
        half.chmod(0o644)
        half.replace(path)
    except OSError as error:
        print(f"alpr-edge: {path}: cannot be written ({error.strerror})", file=sys.stderr)
        return False
    return True
