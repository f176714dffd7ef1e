"""Pack what a maintainer needs to help from afar: health, settings, versions, journal.

Holds no plate, no picture and no key: it takes numbers from the state files, the settings as the
program understands them, and the journal of our own units, which log no plate. Look into it before
it leaves the box: tar xzf FILE.
"""

from __future__ import annotations

import argparse
import io
import json
import platform
import shutil
import subprocess
import tarfile
import time
from importlib.metadata import distributions
from pathlib import Path

from alpr_edge.errors import EXIT_OK, AlprError

NAME = "support-bundle"
HELP = "pack health, settings and journal for a maintainer"

UNITS = tuple(
    f"alpr-edge-{unit}" for unit in ("capture", "sync", "grab", "renew", "fetch", "settle", "clock")
)
JOURNAL_LINES = "5000"
MOST_BYTES = 8 << 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument(
        "--config", type=Path, default=Path("/etc/alpr-edge/edge.toml"), metavar="FILE"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="FILE.tar.gz")


def run(args: argparse.Namespace) -> int:
    """Write the bundle."""
    from alpr_edge.config import text
    from alpr_edge.health import show
    from alpr_edge.health.checks import examine
    from alpr_edge.health.evidence import gather

    evidence = gather(args.config)
    verdicts = examine(evidence)
    parts = {
        "health.json": json.dumps(show.as_json(verdicts), indent=1),
        "health.txt": show.table(verdicts),
        "settings.toml": "\n".join(evidence.config_faults) or text(evidence.config),
        "versions.txt": _versions(),
    }
    for unit in UNITS:
        parts[f"{unit}.status.txt"] = _said("systemctl", "show", unit)
        parts[f"{unit}.journal.txt"] = _said(
            "journalctl", "-u", unit, "-n", JOURNAL_LINES, "-o", "short-iso-precise", "--no-pager"
        )
    try:
        with tarfile.open(args.out, "w:gz") as bundle:
            for name, part in parts.items():
                data = part.encode(errors="replace")[:MOST_BYTES]
                entry = tarfile.TarInfo(f"alpr-support/{name}")
                entry.size, entry.mtime, entry.mode = len(data), int(time.time()), 0o600
                bundle.addfile(entry, io.BytesIO(data))
    except OSError as error:
        raise AlprError(f"{args.out}: cannot be written ({error.strerror})") from error
    print(f"{args.out}: {len(parts)} files; no plate, picture or key is in it")
    return EXIT_OK


def _versions() -> str:
    lines = [platform.platform(), f"python {platform.python_version()}"]
    lines += sorted(f"{d.name} {d.version}" for d in distributions())
    return "\n".join(lines)


def _said(program: str, *arguments: str) -> str:
    """What a program of the system prints; where it is missing, that."""
    found = shutil.which(program)
    if found is None:
        return f"{program} is not installed here"
    try:
        done = subprocess.run(  # noqa: S603
            [found, *arguments], capture_output=True, text=True, errors="replace", timeout=30
        )
    except subprocess.TimeoutExpired:
        return f"{program} did not answer"
    return done.stdout or done.stderr
