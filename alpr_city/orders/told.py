"""What a camera told of itself, as far as orders go: its own words, checked and cut to size."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from alpr_wire.records import MOST_SEQ, STREAM_BYTES

MOST_TEXT = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a camera says became of something."""

    number: int
    outcome: str
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One report; None or empty where it says nothing of the matter."""

    stream: bytes | None = None
    last_seq: int = -1
    receipted_seq: int = -1
    seal_key: str | None = None
    """Hexadecimal id of the seal key in use."""
    settings: Outcome | None = None
    orders: dict[int, Outcome] = field(default_factory=dict)
    """The last commands, by number."""


def told_by(report: bytes | None) -> Told:
    """Take a report apart; whatever is malformed counts as not said."""
    try:
        found = json.loads(report or b"{}")
    except ValueError:
        found = {}
    if not isinstance(found, dict):
        return Told()
    orders = found.get("orders")
    kept = [_outcome(row) for row in (orders if isinstance(orders, list) else [])[:50]]
    seal_key = found.get("seal_key")
    return Told(
        stream=_stream(found.get("stream")),
        last_seq=_seq(found.get("last_seq")),
        receipted_seq=_seq(found.get("receipted_seq")),
        seal_key=seal_key if isinstance(seal_key, str) and len(seal_key) < 100 else None,
        settings=_outcome(found.get("settings")),
        orders={row.number: row for row in kept if row is not None},
    )


def _outcome(row: Any) -> Outcome | None:
    if not isinstance(row, dict) or type(row.get("number")) is not int:
        return None
    return Outcome(
        number=row["number"], outcome=_text(row.get("outcome")), why=_text(row.get("why"))
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        return ""
    return "".join(c for c in value[:MOST_TEXT] if c.isprintable())


def _seq(value: object) -> int:
    return value if type(value) is int and -1 <= value <= MOST_SEQ else -1


def _stream(value: object) -> bytes | None:
    if not isinstance(value, str) or len(value) != 2 * STREAM_BYTES:
        return None
    try:
        return bytes.fromhex(value)
    except ValueError:
        return None
