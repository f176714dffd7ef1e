"""A vault with keys that a root has certified."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from alpr_city.vault.vault import Vault
from tests.city.vaults import CityVault, make_vault


@pytest.fixture
def city_vault(tmp_path: Path) -> Iterator[CityVault]:
    made = make_vault(tmp_path)
    yield made
    made.vault.close()


@pytest.fixture
def vault(city_vault: CityVault) -> Vault:
    return city_vault.vault
