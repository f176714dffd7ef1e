"""A town with days behind it, and a vault that answers what its service answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from alpr_city.config import CityConfig
from alpr_city.vault.service import Service
from tests.city.fleet import FleetCamera
from tests.city.town import Town
from tests.city.vaults import CityVault

TODAY = datetime.now(UTC).date()


@dataclass(frozen=True)
class Authority:
    resolution: str = "Resolution 2026-1"
    consent: str = "City Attorney, 2026-01-02"
    custodian_approves: bool = False


@dataclass(frozen=True)
class Rules:
    """What a purge asks of the policy."""

    version: str = "1"
    retention_days: int = 730
    access_log_days: int = 1825
    destruction: Authority = field(default_factory=Authority)


class Desk:
    """Every operation of the vault's service, without its socket."""

    def __init__(self, city_vault: CityVault) -> None:
        service = Service(city_vault.vault, city_vault.folder / "unused.sock", {})
        service._listener.close()
        self.operations, self.vault = service._operations, city_vault.vault
        self.broken: set[str] = set()

    def call(self, operation: str, *arguments: Any) -> Any:
        from alpr_city.errors import VaultError

        if operation in self.broken:
            raise VaultError("the vault does not answer")
        return self.operations[operation](*arguments)


class Past(Town):
    """A town whose reads came on days of one's choice."""

    def __init__(
        self, config: CityConfig, city_vault: CityVault, patch: pytest.MonkeyPatch
    ) -> None:
        super().__init__(config, city_vault)
        self.desk, self._patch = Desk(city_vault), patch

    def day(self, camera: FleetCamera, ago: int, *texts: str) -> date:
        """Reads with pictures that the city first received so many days ago."""
        day = TODAY - timedelta(ago)
        first = getattr(camera, "sent", 0)
        seqs = [camera.read(text, pictures=True) for text in texts]
        with self._patch.context() as patch:
            patch.setattr("alpr_city.vault.vault.today", lambda: str(day))
            self.send(camera.batch(first))
            for seq in seqs:
                self.send_pictures(camera, seq)
        camera.sent = camera.last + 1  # type: ignore[attr-defined]
        return day


@pytest.fixture
def past(
    city_database: CityConfig, city_vault: CityVault, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Past]:
    made = Past(city_database, city_vault, monkeypatch)
    yield made
    made.close()
