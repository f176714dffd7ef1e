"""Every refusal at the broker is said once, names what it was, and costs the others nothing."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest

from alpr_city.broker import write_settings
from alpr_city.broker.refusals import AGAIN_S, Refusals
from alpr_city.broker.settings import MOST_MESSAGE_BYTES
from alpr_city.ca import Authority
from tests.city.party import CityBroker, Papers, Party

UNTRUSTED = "a certificate of another authority, expired or revoked"


class Scene:
    """A broker, a camera in good standing, and what the broker says."""

    def __init__(self, city_broker: CityBroker) -> None:
        self.city_broker, self.port = city_broker, city_broker.settings.camera_port
        self.camera = Party(self.port, city_broker.camera("cam-good"))
        self.city = Party(city_broker.settings.city_port, city_broker.service("ingest-1"))
        assert self.city.connect()
        assert self.camera.connect()
        self.city.client.subscribe([("alpr/v1/up/+", 1)])

    def knock(self, papers: Papers | None, **how: object) -> None:
        """Twice, and nobody opens."""
        for _ in range(2):
            party = Party(self.port, papers, **how)  # type: ignore[arg-type]
            try:
                assert not party.connect()
            finally:
                party.close()

    def said(self, what: str) -> int:
        """How many lines say it, once the first has come."""
        until_s = time.monotonic() + 30
        while what not in self.city_broker.broker.log.read_text():
            assert time.monotonic() < until_s, self.city_broker.broker.log.read_text()
            time.sleep(0.02)
        time.sleep(0.2)
        return self.city_broker.broker.log.read_text().count(what)

    def goes_on(self) -> None:
        """The camera in good standing has lost nothing."""
        before = len(self.city.heard)
        assert self.camera.publish("alpr/v1/up/cam-good", b"a batch") == 0
        until_s = time.monotonic() + 30
        while len(self.city.heard) == before:
            assert time.monotonic() < until_s
            time.sleep(0.02)
        assert {topic for topic, _ in self.city.heard} == {"alpr/v1/up/cam-good"}
        assert not self.camera.refused.is_set()


@pytest.fixture
def scene(city_broker: CityBroker) -> Iterator[Scene]:
    made = Scene(city_broker)
    yield made
    made.camera.close()
    made.city.close()


def test_no_certificate_is_said_once(scene: Scene) -> None:
    scene.knock(None)
    assert scene.said("a session was refused: no certificate") == 1
    scene.goes_on()


def test_plain_tcp_is_said_once(scene: Scene) -> None:
    scene.knock(None, tls=None)
    with socket.create_connection(("127.0.0.1", scene.port)) as web:
        web.sendall(b"GET / HTTP/1.0\r\n\r\n")
    assert scene.said("a session was refused: no TLS") == 1
    scene.goes_on()


def test_tls_1_2_is_said_once(scene: Scene) -> None:
    papers = scene.city_broker.camera("cam-one")
    scene.knock(papers, tls=ssl.TLSVersion.TLSv1_2)
    assert scene.said("a session was refused: TLS older than 1.3") == 1
    scene.goes_on()


def test_a_wrong_authority_is_said_once(scene: Scene, other_authority: Authority) -> None:
    scene.knock(scene.city_broker.camera("cam-one", by=other_authority))
    assert scene.said(f"a session was refused: {UNTRUSTED}") == 1
    scene.goes_on()


def test_an_expired_certificate_is_said_once(scene: Scene) -> None:
    scene.knock(scene.city_broker.camera("cam-one", life=timedelta(minutes=-1)))
    assert scene.said(f"a session was refused: {UNTRUSTED}") == 1
    scene.goes_on()


def test_a_revoked_certificate_is_said_once(scene: Scene) -> None:
    city_broker = scene.city_broker
    papers = city_broker.camera("cam-lost")
    city_broker.authority.revoke(papers.serial)
    write_settings(city_broker.folder / "broker", city_broker.settings, city_broker.authority)
    city_broker.broker.reload()
    time.sleep(0.5)
    scene.knock(papers)
    assert scene.said(f"a session was refused: {UNTRUSTED}") == 1
    scene.goes_on()


def test_another_cameras_topic_is_said_once_and_not_repeated(scene: Scene) -> None:
    for topic in ("alpr/v1/up/cam-two", "alpr/v1/ack/cam-good", "alpr/v1/img/0TEST00"):
        assert scene.camera.publish(topic, b"no") == 135
    assert scene.said("cam-good: refused a topic that is not its own") == 1
    assert "0TEST00" not in scene.city_broker.broker.log.read_text()
    scene.goes_on()


def test_another_cameras_certificate_speaks_for_that_camera_alone(scene: Scene) -> None:
    thief = Party(scene.port, scene.city_broker.camera("cam-two"), client_id="cam-good")
    try:
        assert thief.connect()
        assert thief.publish("alpr/v1/up/cam-good", b"no") == 135
        assert scene.said("cam-two: refused a topic that is not its own") == 1
        scene.goes_on()
    finally:
        thief.close()


def test_an_oversized_message_is_said_once(scene: Scene) -> None:
    loud = Party(scene.port, scene.city_broker.camera("cam-loud"))
    try:
        assert loud.connect()
        for _ in range(3):
            loud.client.publish("alpr/v1/up/cam-loud", bytes(MOST_MESSAGE_BYTES + 1), 1)
        assert scene.said("cam-loud: refused a message that is too long") == 1
        scene.goes_on()
    finally:
        loud.close()


def test_what_a_stranger_chose_is_never_repeated_and_a_flood_is_one_line() -> None:
    refusals = Refusals()
    flood = [
        "1: Denied PUBLISH from 8ABC123 (d0, q1, r0, m1, '8ABC123', ... (2 bytes))",
        "2: Client 8ABC123 disconnected: Protocol error.",
        "3: New client connected from 1.2.3.4:5 as 8ABC123 (p5, c1, k60, u'8ABC123').",
        "4: Received PUBLISH from cam-one (d0, q1, r0, m1, 'Error 8ABC123', ... (9 bytes))",
        "5: \tError 8ABC123 (QoS 1)",
        "6: OpenSSL Error[0]: error:0A000126:SSL routines::unexpected eof while reading",
        "nonsense",
        "",
    ]
    said = [line for _ in range(1000) for f in flood if (line := refusals.heard(f, 0.0))]
    assert said == [
        "a client: refused a topic that is not its own",
        "a client: session ended: protocol error",
    ]
    assert refusals.heard(flood[0], AGAIN_S) == f"{said[0]} (999 more since it was last said)"
    assert refusals.heard(flood[0], AGAIN_S) is None


def test_the_brokers_own_complaints_pass() -> None:
    refusals = Refusals()
    line = "1795620000: Error: Unable to open CRL file."
    assert refusals.heard(line, 0.0) == "Error: Unable to open CRL file."
    assert refusals.heard("1: OpenSSL Error[0]: error:1:SSL routines::odd thing", 0.0) == (
        "a session was refused: odd thing"
    )
