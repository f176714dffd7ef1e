"""The register of agencies that something may be released to. There is no way in for any other."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alpr_city.errors import ConfigError

SHIPPED = Path(__file__).with_name("agencies.toml")
OWN = "agencies.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Agency:
    """A public agency of California."""

    code: str
    name: str
    kind: str
    kind_title: str
    plates: bool
    """Law enforcement or prosecution: others get counts."""
    custody: bool
    """What it receives is its own to retain and manage."""


def agencies(folder: Path) -> dict[str, Agency]:
    """The shipped register and the city's own entries, by code.

    Raises:
        ConfigError: An entry is of no kind in the register, or malformed; all faults are listed.
    """
    shipped, faults = _table(SHIPPED), []
    kinds, entries = shipped["kinds"], dict(shipped["agencies"])
    own = folder / OWN
    if own.exists():
        table = _table(own)
        faults += [
            f"{own}: {key} is not the city's to change. Fix: write [agencies.<code>] alone"
            for key in sorted(set(table) - {"agencies"})
        ]
        added = table.get("agencies", {})
        if not isinstance(added, dict):
            raise ConfigError([f"{own}: agencies is no table"])
        faults += [f"{own}: {code} is there already" for code in sorted(set(added) & set(entries))]
        entries |= added
    found = {}
    for code, entry in entries.items():
        wrong = _faults(code, entry, kinds)
        faults += [f"{own}: {line}" for line in wrong]
        if not wrong:
            kind = kinds[entry["kind"]]
            found[code] = Agency(
                code=code,
                name=entry["name"],
                kind=entry["kind"],
                kind_title=kind["title"],
                plates=kind["plates"],
                custody=entry.get("custody", False),
            )
    if faults:
        raise ConfigError(faults)
    return found


def _faults(code: str, entry: Any, kinds: dict[str, Any]) -> list[str]:
    if not isinstance(entry, dict) or set(entry) - {"name", "kind", "custody"}:
        return [f"agencies.{code} has other keys than name, kind and custody"]
    faults = []
    if not isinstance(entry.get("name"), str) or not entry["name"].strip():
        faults.append(f"agencies.{code}.name is missing")
    if entry.get("kind") not in kinds:
        faults.append(
            f"agencies.{code}.kind is {entry.get('kind')!r}: only California public agencies"
            f" receive ALPR information (Civil Code 1798.90.55). Fix: one of {', '.join(kinds)}"
        )
    if not isinstance(entry.get("custody", False), bool):
        faults.append(f"agencies.{code}.custody must be true or false")
    return faults


def _table(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ConfigError([f"{file}: cannot be read as TOML ({error})"]) from error
