"""Puts the city's settings into force, whole or not at all, and takes them back if health falls."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from alpr_edge.config import EdgeConfig, build, load, text
from alpr_edge.enrolment import write_whole
from alpr_edge.errors import AlprError, ConfigError
from alpr_edge.health.verdict import Level, worst
from alpr_wire.desired import Desired

Outcome = Literal["applied", "unchanged", "refused", "rolled-back"]
WATCHED = ("config", "capture", "frames", "latency", "models", "disk", "temperature")
"""Checks that settings can spoil."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What became of a wish, for the city; holds no settings."""

    number: int
    outcome: Outcome
    why: str = ""

    def encode(self) -> bytes:
        """As JSON."""
        table = {"number": self.number, "outcome": self.outcome, "why": self.why[:200]}
        return json.dumps(table).encode()


class Steward:
    """Keeps one settings file at what the city wants."""

    def __init__(
        self,
        settings: Path,
        record: Path,
        *,
        restart: Callable[[], None],
        levels: Callable[[], Mapping[str, Level]],
        settle: Callable[[], bool],
    ) -> None:
        """`record` keeps the last number and outcome.

        `restart` starts the processes anew; `levels` looks at the checks of `WATCHED`; `settle`
        waits a little and says whether to go on waiting for health to come back.
        """
        self._settings, self._record = settings, record
        self._restart, self._levels, self._settle = restart, levels, settle

    @property
    def last_number(self) -> int:
        """Of the last wish that was dealt with; -1 before the first."""
        return int(self._recorded().get("number", -1))

    def carry_out(self, desired: Desired) -> Report:
        """Put it into force, and say what became of it.

        Raises:
            AlprError: The disk refuses; the settings that were in force still are.
        """
        before = load(self._settings)
        try:
            wanted = self._checked(desired, before)
        except ConfigError as error:
            return self._done(desired, "refused", "; ".join(error.faults) or str(error))
        if wanted == before:
            return self._done(desired, "unchanged")
        grave = self._levels()
        old = self._settings.read_bytes()
        self._write(text(wanted).encode())
        self._restart()
        worse = self._worse(grave)
        while worse and self._settle():
            worse = self._worse(grave)
        if worse:
            self._write(old)
            self._restart()
            return self._done(desired, "rolled-back", f"worse: {', '.join(worse)}")
        return self._done(desired, "applied")

    def _checked(self, desired: Desired, before: EdgeConfig) -> EdgeConfig:
        try:
            wanted = build(tomllib.loads(desired.settings))
        except tomllib.TOMLDecodeError as error:
            raise ConfigError(f"not TOML: {error}") from error
        # Elsewhere lie other keys and no reads: what waits would be lost from sight.
        if (wanted.outbox.folder, wanted.outbox.identity) != (
            before.outbox.folder,
            before.outbox.identity,
        ):
            raise ConfigError("outbox.folder and outbox.identity are not the city's to move")
        return wanted

    def _worse(self, before: Mapping[str, Level]) -> list[str]:
        now = self._levels()
        return [
            name
            for name in WATCHED
            if now[name] is not before[name] and worst((now[name], before[name])) is now[name]
        ]

    def _write(self, data: bytes) -> None:
        try:
            write_whole(self._settings, data, mode=0o644)
        except OSError as error:
            raise AlprError(f"{self._settings}: cannot be written ({error.strerror})") from error

    def _done(self, desired: Desired, outcome: Outcome, why: str = "") -> Report:
        report = Report(number=desired.number, outcome=outcome, why=why)
        write_whole(self._record, report.encode(), mode=0o644)
        return report

    def _recorded(self) -> dict[str, Any]:
        try:
            found = json.loads(self._record.read_text())
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) and type(found.get("number")) is int else {}
