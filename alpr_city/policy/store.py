"""Which policy is in force. A city keeps every version it ever had, one file each."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from pathlib import Path

from alpr_city.errors import ConfigError
from alpr_city.policy.load import load
from alpr_city.policy.records import Policy

EXAMPLE = Path(__file__).with_name("calabasas.toml")
_folder: Path | None = None
_read: dict[Path, tuple[float, Policy]] = {}


def use(folder: Path) -> None:
    """Read policies from this folder from now on."""
    global _folder
    _folder = folder


def history() -> list[Policy]:
    """Every version, oldest first.

    Raises:
        ConfigError: There is none, one has faults, or two share a version or a date.
    """
    if _folder is None:
        raise ConfigError(["no policy folder is in use"])
    files = sorted(_folder.glob("*.toml"))
    if not files:
        raise ConfigError(
            [
                f"{_folder}: no policy. Fix: put the adopted one there; `alpr-city check-policy"
                " --example` prints one to begin with"
            ]
        )
    policies = sorted((_cached(f) for f in files), key=lambda p: p.effective_from)
    for earlier, later in itertools.pairwise(policies):
        if earlier.effective_from == later.effective_from:
            raise ConfigError(
                [
                    f"{_folder}: versions {earlier.version} and {later.version}"
                    " take effect at the same time"
                ]
            )
    if len({p.version for p in policies}) != len(policies):
        raise ConfigError([f"{_folder}: two policies have the same version"])
    return policies


def in_force(at: datetime | None = None) -> Policy:
    """The policy that is, or was, in force.

    Raises:
        ConfigError: None was, the last one has ended, or one has faults.
    """
    when = at or datetime.now(UTC)
    found = adopted(when)
    if when >= found.effective_until:
        raise ConfigError(
            [
                f"the policy {found.version} ended on {found.effective_until:%Y-%m-%d %H:%M} UTC,"
                " and nothing may be done under it. Fix: put the next one into the policy folder"
            ]
        )
    return found


def adopted(at: datetime | None = None) -> Policy:
    """The last policy that took effect, whether it has ended since or not.

    Raises:
        ConfigError: None had, or one has faults.
    """
    when = at or datetime.now(UTC)
    begun = [p for p in history() if p.effective_from <= when]
    if not begun:
        raise ConfigError([f"{_folder}: no policy was in force at {when.isoformat()}"])
    return begun[-1]


def _cached(file: Path) -> Policy:
    changed = file.stat().st_mtime_ns
    known = _read.get(file)
    if known is None or known[0] != changed:
        _read[file] = known = (changed, load(file))
    return known[1]
