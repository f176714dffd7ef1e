"""Who the broker lets in, and how far: refusals against a real mosquitto first."""

from __future__ import annotations

import ssl
import time
from datetime import timedelta

import pytest

from alpr_city.broker import Broker, BrokerSettings, write_settings
from alpr_city.ca import Authority
from alpr_city.errors import BrokerError
from tests.city.party import CityBroker, Papers, Party

NOT_AUTHORISED = 135


def lets_in(port: int, papers: Papers | None, **how: object) -> bool:
    party = Party(port, papers, **how)  # type: ignore[arg-type]
    try:
        return party.connect()
    finally:
        party.close()


def test_no_certificate(city_broker: CityBroker) -> None:
    assert not lets_in(city_broker.settings.camera_port, None)


def test_plain_tcp(city_broker: CityBroker) -> None:
    assert not lets_in(city_broker.settings.camera_port, None, tls=None)


def test_tls_1_2(city_broker: CityBroker) -> None:
    papers = city_broker.camera("cam-one")
    assert not lets_in(city_broker.settings.camera_port, papers, tls=ssl.TLSVersion.TLSv1_2)


def test_a_camera_of_another_city(city_broker: CityBroker, other_authority: Authority) -> None:
    papers = city_broker.camera("cam-one", by=other_authority)
    assert not lets_in(city_broker.settings.camera_port, papers)


def test_an_expired_certificate(city_broker: CityBroker) -> None:
    papers = city_broker.camera("cam-one", life=timedelta(minutes=-1))
    assert not lets_in(city_broker.settings.camera_port, papers)


def test_a_server_s_certificate_at_the_cameras_door(city_broker: CityBroker) -> None:
    papers = city_broker.service("imposter", ("localhost",))
    assert not lets_in(city_broker.settings.camera_port, papers)


def test_a_camera_at_the_city_s_door(city_broker: CityBroker) -> None:
    assert not lets_in(city_broker.settings.city_port, city_broker.camera("cam-one"))


def test_a_service_s_certificate_at_the_cameras_door(city_broker: CityBroker) -> None:
    assert not lets_in(city_broker.settings.camera_port, city_broker.service("ingest-1"))


def test_a_revoked_certificate(city_broker: CityBroker) -> None:
    papers = city_broker.camera("cam-lost")
    assert lets_in(city_broker.settings.camera_port, papers)
    city_broker.authority.revoke(papers.serial)
    write_settings(city_broker.folder / "broker", city_broker.settings, city_broker.authority)
    city_broker.broker.reload()
    until = time.monotonic() + 10
    while lets_in(city_broker.settings.camera_port, papers):
        assert time.monotonic() < until, "a revoked camera still gets in"
    assert lets_in(city_broker.settings.camera_port, city_broker.camera("cam-kept"))


def test_a_camera_reaches_its_own_topics_alone(city_broker: CityBroker) -> None:
    camera = Party(city_broker.settings.camera_port, city_broker.camera("cam-one"))
    city = Party(city_broker.settings.city_port, city_broker.service("ingest-1"))
    assert camera.connect()
    assert city.connect()
    try:
        city.client.subscribe([(f"alpr/v1/{c}/+", 1) for c in ("up", "img", "health", "csr")])
        time.sleep(0.3)
        for name in ("alpr/v1/up/cam-two", "alpr/v1/ack/cam-one", "alpr/v1/cmd/cam-one", "$SYS/x"):
            assert camera.publish(name, b"no") == NOT_AUTHORISED, name
        assert city.heard == []
        assert camera.publish("alpr/v1/up/cam-one", b"yes") == 0
        assert city.told.wait(5)
        assert city.heard == [("alpr/v1/up/cam-one", b"yes")]
    finally:
        camera.close()
        city.close()


def test_a_camera_hears_only_what_is_meant_for_it(city_broker: CityBroker) -> None:
    camera = Party(city_broker.settings.camera_port, city_broker.camera("cam-one"))
    city = Party(city_broker.settings.city_port, city_broker.service("ingest-1"))
    assert camera.connect()
    assert city.connect()
    try:
        camera.client.subscribe([("alpr/v1/ack/+", 1), ("alpr/v1/up/+", 1), ("#", 1)])
        time.sleep(0.3)
        city.publish("alpr/v1/ack/cam-two", b"not yours")
        city.publish("alpr/v1/ack/cam-one", b"yours")
        until = time.monotonic() + 5
        while not camera.heard and time.monotonic() < until:
            time.sleep(0.02)
        time.sleep(0.2)
        assert {heard for _, heard in camera.heard} == {b"yours"}
    finally:
        camera.close()
        city.close()


def test_an_unknown_service_may_say_nothing(city_broker: CityBroker) -> None:
    stranger = Party(city_broker.settings.city_port, city_broker.service("ingest-9"))
    assert stranger.connect()
    try:
        assert stranger.publish("alpr/v1/cmd/cam-one", b"no") == NOT_AUTHORISED
    finally:
        stranger.close()


def test_settings_that_cannot_be(authority: Authority, city_broker: CityBroker) -> None:
    with pytest.raises(BrokerError, match="no port"):
        BrokerSettings(camera_port=0)
    with pytest.raises(BrokerError, match="no name"):
        BrokerSettings(services=("ingest\nuser cam-one",))
    taken = BrokerSettings(
        camera_port=city_broker.settings.camera_port, city_port=1, host="192.0.2.1"
    )
    file = write_settings(city_broker.folder / "second", taken, authority)
    with pytest.raises(BrokerError, match="does not start; it said"):
        Broker(file, 1).start()


def test_no_secret_is_readable_by_others(city_broker: CityBroker) -> None:
    files = [*(city_broker.folder / "broker").iterdir(), *city_broker.authority.folder.iterdir()]
    for file in files:
        if file.suffix == ".key":
            assert file.stat().st_mode & 0o077 == 0, file
