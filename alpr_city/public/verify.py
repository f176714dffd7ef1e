"""Computes published figures again, from the log's file and the tables; says what differs."""

from __future__ import annotations

import sqlite3
from datetime import datetime
from pathlib import Path
from typing import Any

from alpr_city.errors import SetupError
from alpr_city.public.figures import of_log, of_tables, reads_by_day
from alpr_city.vault.access_log import GENESIS, extend
from alpr_city.vault.tally import count
from alpr_wire import cbor

SIGNED = ("taken_at", "log_entries", "log_head", "signed_log_head")


def recount(log: Path, entries: int) -> tuple[str, list[list[Any]]]:
    """Walk the first entries of the log: the head that they lead to, and their counts.

    Raises:
        SetupError: The file cannot be read, or is shorter.
    """
    try:
        db = sqlite3.connect(f"file:{log}?mode=ro", uri=True)
        rows = db.execute("SELECT body FROM entries WHERE seq < ? ORDER BY seq", (entries,))
        bodies = [bytes(row[0]) for row in rows]
        db.close()
    except sqlite3.Error as error:
        raise SetupError(
            f"{log}: the access log cannot be read ({error})", fix="run this as the vault's user"
        ) from error
    if len(bodies) != entries:
        raise SetupError(f"{log}: {len(bodies)} entries, where {entries} were published")
    head = GENESIS
    for body in bodies:
        head = extend(head, body)
    counts = count(cbor.decode(body) for body in bodies)
    return head.hex(), [[*key, n] for key, n in sorted(counts.items())]


def differences(published: dict[str, Any], log: Path) -> list[str]:
    """A line for each figure that comes out otherwise."""
    try:
        entries = int(published["log_entries"])
        at = datetime.fromisoformat(str(published["taken_at"]))
    except (KeyError, ValueError, TypeError) as error:
        raise SetupError("this is no file of published figures") from error
    head, rows = recount(log, entries)
    found = of_log(rows) | of_tables(at, reads_by_day(at, {}))
    lines = []
    if head != published.get("log_head"):
        lines.append(f"log_head: published {published.get('log_head')}, the log leads to {head}")
    for name in sorted((set(published) | set(found)) - set(SIGNED)):
        if published.get(name) != found.get(name):
            lines.append(f"{name}: published {published.get(name)}, comes to {found.get(name)}")
    return lines
