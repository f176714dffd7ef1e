"""A city's authorities and broker, made once: real certificates, a real mosquitto."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from alpr_city.broker import Broker, BrokerSettings, write_settings
from alpr_city.ca import Authority
from tests.city.party import CityBroker


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
    with Broker(file, settings.camera_port) as broker:
        yield CityBroker(broker=broker, settings=settings, authority=authority, folder=tmp_path)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
