"""A town whose vault holds a list."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from alpr_city.config import CityConfig
from tests.city.hits.lists import put
from tests.city.town import Town
from tests.city.vaults import CityVault


@pytest.fixture
def town(city_database: CityConfig, city_vault: CityVault) -> Iterator[Town]:
    made = Town(city_database, city_vault)
    put(made, "8ABC123")
    yield made
    made.close()
