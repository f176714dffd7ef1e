"""A city's authorities and broker, made once: real certificates, a real mosquitto."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from alpr_city.broker import Broker, BrokerSettings, write_settings
from alpr_city.ca import Authority
from alpr_city.config import CityConfig
from tests.city import databases
from tests.city.console import (  # noqa: F401  (fixtures)
    administrator,
    auditor,
    city,
    city_template,
    clerk,
    designee,
    maintenance,
    officer,
    prosecutor,
    stranger,
)
from tests.city.party import CityBroker
from tests.city.vaults import CityVault, make_vault


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.create(tmp_path_factory.mktemp("ca") / "ca", "Testville")


@pytest.fixture(scope="session")
def other_authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Another city's."""
    return Authority.create(tmp_path_factory.mktemp("other") / "ca", "Elsewhere")


@pytest.fixture
def city_broker(authority: Authority, tmp_path: Path) -> Iterator[CityBroker]:
    settings = BrokerSettings(
        camera_port=free_port(), city_port=free_port(), host="127.0.0.1", services=("ingest-1",)
    )
    file = write_settings(tmp_path / "broker", settings, authority)
    with Broker(file, settings.city_port) as broker:  # the one that it opens last
        yield CityBroker(broker=broker, settings=settings, authority=authority, folder=tmp_path)


@pytest.fixture(scope="session")
def database_templates() -> Iterator[databases.Templates]:
    yield from databases.templates()


@pytest.fixture(params=databases.KINDS)
def city_database(
    request: pytest.FixtureRequest, database_templates: databases.Templates, tmp_path: Path
) -> Iterator[CityConfig]:
    """An empty database of each kind, in use."""
    yield database_templates.fresh(request.param, tmp_path)
    from django.db import connection

    connection.close()


@pytest.fixture
def sqlite_database(
    database_templates: databases.Templates, tmp_path: Path
) -> Iterator[CityConfig]:
    """An empty SQLite database, in use, where the kind does not matter."""
    yield database_templates.fresh("sqlite", tmp_path)
    from django.db import connection

    connection.close()


@pytest.fixture
def city_vault(tmp_path: Path) -> Iterator[CityVault]:
    made = make_vault(tmp_path)
    yield made
    made.vault.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
