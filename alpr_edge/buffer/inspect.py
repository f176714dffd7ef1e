"""Reads an outbox without writing to it, for people and for checks."""

from __future__ import annotations

import sqlite3
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from alpr_edge.buffer.aside import kept
from alpr_edge.errors import OutboxError
from alpr_wire import chain
from alpr_wire.errors import WireError
from alpr_wire.records import Kind, decode_record

FILE = "outbox.db"


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxReport:
    """What is in an outbox; nothing of what was read."""

    camera: str
    stream: str
    records: dict[str, int]
    """How many of each kind."""
    first_seq: int | None
    last_seq: int | None
    head: str
    pictures: int
    picture_bytes: int
    file_bytes: int
    set_aside: tuple[str, ...]
    """Damaged files that came before this one and are kept."""
    fault: str | None
    """What is wrong with the chain, or None."""

    def as_json(self) -> dict[str, Any]:
        """Plain types."""
        return asdict(self)

    def lines(self) -> list[str]:
        """For people."""
        kinds = ", ".join(f"{n:,} {kind}" for kind, n in sorted(self.records.items()))
        return [
            f"camera    {self.camera}",
            f"stream    {self.stream}",
            f"records   {kinds or 'none'}",
            f"sequence  {self.first_seq} to {self.last_seq}",
            f"pictures  {self.pictures:,} ({self.picture_bytes / 1e6:,.1f} MB)",
            f"on disk   {self.file_bytes / 1e6:,.1f} MB",
            f"head      {self.head}",
            f"chain     {'broken' if self.fault else 'holds'}",
            *(f"set aside {name} (damaged; kept)" for name in self.set_aside),
        ]


def inspect(folder: Path) -> OutboxReport:
    """Open the outbox read-only and walk its chain.

    Raises:
        OutboxError: There is no outbox, or the file cannot be read at all.
    """
    path = folder / FILE
    if not path.exists():
        raise OutboxError(
            f"{path}: there is no outbox", fix="name its folder, or start `alpr-edge capture`"
        )
    try:
        db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        try:
            return _report(db, path)
        finally:
            db.close()
    except sqlite3.OperationalError as error:
        raise OutboxError(
            f"{path}: cannot be read ({error})",
            fix=f"is the disk full or failing, or the file another user's? df -h {folder}; sudo",
        ) from error
    except (sqlite3.Error, KeyError, ValueError) as error:
        raise OutboxError(
            f"{path}: not a sound outbox ({error})",
            fix="restart `alpr-edge capture`, which sets a damaged outbox aside and keeps it",
        ) from error


def _report(db: sqlite3.Connection, path: Path) -> OutboxReport:
    facts = {name: bytes(value) for name, value in db.execute("SELECT name, value FROM facts")}
    camera, stream = facts["camera"].decode(), facts["stream"]
    head, expected = chain.genesis(camera, stream), 0
    if "base" in facts:
        expected, head = int.from_bytes(facts["base"][:8], "big") + 1, facts["base"][8:]
    first: int | None = None
    kinds: Counter[str] = Counter()
    fault = None
    for seq, kind, encoding, stored in db.execute(
        "SELECT seq, kind, encoding, head FROM records ORDER BY seq"
    ):
        first = seq if first is None else first
        kinds[Kind(kind).name.lower()] += 1
        try:
            head, _ = chain.follow(head, stream, expected, [encoding])
            same = head == stored and decode_record(encoding).kind == kind
        except WireError:
            same = False
        if not same and fault is None:
            fault = f"record {expected} is missing or changed: the chain breaks there"
        head, expected = bytes(stored), seq + 1
    pictures, size = db.execute(
        "SELECT count(*), coalesce(sum(length(data)), 0) FROM pictures"
    ).fetchone()
    return OutboxReport(
        camera=camera,
        stream=stream.hex(),
        records=dict(kinds),
        first_seq=first,
        last_seq=expected - 1 if first is not None else None,
        head=head.hex(),
        pictures=pictures,
        picture_bytes=size,
        file_bytes=sum(p.stat().st_size for p in path.parent.glob(f"{FILE}*")),
        set_aside=tuple(file.name for file in kept(path)),
        fault=fault,
    )
