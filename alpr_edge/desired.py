"""Puts the city's settings and models into force, whole or not at all; back if health falls."""

from __future__ import annotations

import json
import shutil
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from alpr_edge.config import EdgeConfig, build, load, text
from alpr_edge.enrolment import write_whole
from alpr_edge.errors import AlprError, ConfigError, ModelError
from alpr_edge.health.verdict import Level, worst
from alpr_edge.recognize.manifest import manifests_of
from alpr_wire.bundles import unpack
from alpr_wire.desired import Desired
from alpr_wire.errors import WireError

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
        models: Path = Path("/var/lib/alpr-edge/models"),
    ) -> None:
        """`record` keeps the last number and outcome; `models` holds a folder for each bundle.

        `restart` starts the processes anew; `levels` looks at the checks of `WATCHED`; `settle`
        waits a little and says whether to go on waiting for health to come back.
        """
        self._settings, self._record = settings, record
        self._restart, self._levels, self._settle = restart, levels, settle
        self._models = models

    @property
    def last_number(self) -> int:
        """Of the last wish that was dealt with; -1 before the first."""
        return int(self._recorded().get("number", -1))

    def carry_out(self, desired: Desired, bundle: bytes = b"") -> Report:
        """Put it into force, and say what became of it; `bundle` holds the models it names.

        Raises:
            AlprError: The disk refuses; the settings that were in force still are.
        """
        before = load(self._settings)
        try:
            wanted = self._checked(desired, before, bundle)
        except ConfigError as error:
            return self._done(desired, "refused", "; ".join(error.faults) or str(error))
        except (WireError, ModelError) as error:
            return self._done(desired, "refused", f"models: {error}")
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

    def _checked(self, desired: Desired, before: EdgeConfig, bundle: bytes) -> EdgeConfig:
        try:
            table = tomllib.loads(desired.settings)
            if desired.models:
                part = table.setdefault("recognize", {})
                part["models"] = str(self._place(unpack(bundle, desired.models), desired.models))
            wanted = build(table)
        except (ValueError, RecursionError) as error:
            raise ConfigError(f"not TOML: {error}") from error
        # Elsewhere lie other keys and no reads: what waits would be lost from sight.
        if (wanted.outbox.folder, wanted.outbox.identity) != (
            before.outbox.folder,
            before.outbox.identity,
        ):
            raise ConfigError("outbox.folder and outbox.identity are not the city's to move")
        return wanted

    def _place(self, files: dict[str, bytes], digest: bytes) -> Path:
        """The folder of a bundle, whole or not at all, its manifests checked."""
        folder = self._models / digest.hex()[:16]
        if not folder.exists():
            half = folder.with_suffix(".new")
            shutil.rmtree(half, ignore_errors=True)
            half.mkdir(parents=True)
            for name, data in files.items():
                write_whole(half / name, data, mode=0o644)
            half.rename(folder)
        manifests_of(folder)
        return folder

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
