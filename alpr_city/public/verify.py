"""Computes published figures again, from the log's file and the tables; says what differs."""

from __future__ import annotations

import hashlib
import sqlite3
from datetime import datetime
from pathlib import Path
from typing import Any

from alpr_city.errors import SetupError
from alpr_city.public.figures import of_tables, reads_by_day
from alpr_city.public.verify_figures import SIGNED, Figures, of_log


def differences(published: dict[str, Any], log: Path, root: Path) -> list[str]:
    """A line for each figure that comes out otherwise, and each signature that does not hold.

    Raises:
        SetupError: These are no published figures, or the log or the root's key cannot be read.
    """
    try:
        entries = int(published["log_entries"])
        at = datetime.fromisoformat(str(published["taken_at"]))
    except (KeyError, ValueError, TypeError) as error:
        raise SetupError("this is no file of published figures") from error
    held = _entries(log)
    if held < entries:
        raise SetupError(f"{log}: {held} entries, where {entries} were published")
    try:
        fingerprint = hashlib.sha256(root.read_bytes()).hexdigest()[:32]
    except OSError as error:
        raise SetupError(f"{root}: cannot be read ({error.strerror})") from error
    lines = Figures(published, fingerprint).check(log=log)
    found = of_tables(at, reads_by_day(at, {}))
    names = (set(published) | set(found)) - {*SIGNED, *of_log([])}
    return lines + [
        f"{name}: published {published.get(name)}, comes to {found.get(name)}"
        for name in sorted(names)
        if published.get(name) != found.get(name)
    ]


def _entries(log: Path) -> int:
    try:
        db = sqlite3.connect(f"file:{log}?mode=ro", uri=True)
        count = int(db.execute("SELECT count(*) FROM entries").fetchone()[0])
        db.close()
    except sqlite3.Error as error:
        raise SetupError(
            f"{log}: the access log cannot be read ({error})", fix="run this as the vault's user"
        ) from error
    return count
