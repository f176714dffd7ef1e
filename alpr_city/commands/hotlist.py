"""Check a hot-list file without importing it, or list what is matched against.

Lists are imported in the console, where somebody answers for them. `check` says what is wrong with
a file, line by line, and never quotes a line. Exit code 1 where something is.
"""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alpr_city.hotlists.lines import Fault

NAME = "hotlist"
HELP = "check a hot-list file; list the lists"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("do", choices=("check", "list"))
    parser.add_argument("file", type=Path, nargs="?", help="for check: a CLEW table or CSV")
    parser.add_argument(
        "--columns", metavar="OURS=THEIRS,...", help="for CSV: plate=LIC,state=ST,kind=WHY"
    )


def user(_args: argparse.Namespace) -> str:
    """Whose rights it needs."""
    return "alpr-web"


def run(args: argparse.Namespace) -> int:
    """Check, or list."""
    from alpr_city.config import load
    from alpr_city.django_setup import connect

    connect(load(args.config))
    if args.do == "list":
        return _list()
    if args.file is None:
        print("alpr-city hotlist check: which file? Fix: name one", file=sys.stderr)
        return 2
    return _check(args.file, args.columns)


def _check(path: Path, columns: str | None) -> int:
    from alpr_city.hotlists.importing import CLEW_FILES, read
    from alpr_city.hotlists.lines import ListError
    from alpr_city.policy import in_force

    mapping = None
    if columns:
        pairs = [part.partition("=") for part in columns.split(",")]
        mapping = {ours.strip(): theirs.strip() for ours, _, theirs in pairs}
    try:
        file = path.open("rb")
    except OSError as error:
        raise ListError(f"{path}: cannot be read ({error.strerror})") from error
    with file:
        reading = read(
            file,
            kind=CLEW_FILES.get(path.name.lower(), "listed"),
            mapping=mapping,
            dropped_kinds=in_force().hits.dropped_kinds,
            told=_tell,
        )
    print(
        f"{len(reading.rows)} rows can be taken; {reading.faulty} bad lines,"
        f" {reading.dropped} dropped by law, {reading.duplicates} duplicates"
    )
    return 1 if reading.faulty else 0


def _tell(fault: Fault) -> None:
    print(f"line {fault.line}: {fault.why}" if fault.line else f"the file: {fault.why}")


def _list() -> int:
    from alpr_city.people.journal import vault

    now = datetime.now(UTC)
    for row in vault().call("lists"):
        facts = row["facts"]
        made_at, expires_at = (
            datetime.fromtimestamp(facts[n] / 1e6, UTC) for n in ("made_us", "expires_us")
        )
        age_h = (now - made_at).total_seconds() / 3600
        stale = "  stale" if age_h * 3600 > facts["stale_s"] else ""
        print(
            f"{row['list']:20} {facts['class']:18} {row['rows']:>9} rows  {age_h:6.1f} h old"
            f"  expires {expires_at:%Y-%m-%d}{stale}"
        )
    return 0
