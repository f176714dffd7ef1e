"""The other American states and the Canadian provinces, as `us_states.toml` describes them."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One issue of a state's plate."""

    ground: str
    ink: str
    footer: str = ""
    header: str = ""
    """Empty means the state's name."""
    header_colour: str = ""
    """Empty means as the serial."""
    header_face: str = "overpass"
    footer_colour: str = ""
    patterns: tuple[str, ...] = ()
    """Empty means the state's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """A state: its name, serials and issues."""

    name: str
    patterns: tuple[str, ...]
    looks: tuple[Look, ...]
    mark: str = "hyphen"
    """What stands where a pattern has `~`."""
    letters: str = LETTERS


def _look(row: dict[str, Any]) -> Look:
    return Look(**{**row, "patterns": tuple(row.get("patterns", ()))})


def _read() -> tuple[dict[str, State], tuple[Look, ...]]:
    rows = tomllib.loads(Path(__file__).with_suffix(".toml").read_text())
    looks = {region: tuple(_look(r) for r in row.pop("looks")) for region, row in rows.items()}
    pool = looks.pop("pool")
    states = {
        region: State(**{**rows[region], "patterns": tuple(rows[region]["patterns"]), "looks": own})
        for region, own in looks.items()
    }
    return states, pool


STATES, POOL = _read()
"""By region, and grounds with an ink for special issues of any state."""
