"""The MQTT session with the city: version 5 over TLS 1.3, with this camera's certificate."""

from __future__ import annotations

import logging
import queue
import random
import socket
import ssl
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from alpr_edge.errors import SyncError
from alpr_wire.topics import Channel, topic

log = logging.getLogger(__name__)

QOS = 1
KEEPALIVE_S = 30
OFFLINE, ONLINE = b"offline", b"online"
# Doubled at each failure; cameras that lost one broker together do not come back together.
FIRST_RETRY_S, MOST_RETRY_S = (1, 2, 3), 120
MOST_HEARD = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where the city is and what this camera shows it."""

    host: str
    port: int
    ca: Path
    certificate: Path
    key: Path


class Link:
    """One camera's session, kept up for ever. Callbacks run in paho's thread."""

    def __init__(self, camera: str, address: Address) -> None:
        """Prepare the session.

        Raises:
            SyncError: A certificate or the key cannot be loaded.
        """
        self._camera, self._address = camera, address
        self.heard: queue.Queue[tuple[Channel, bytes]] = queue.Queue(MOST_HEARD)
        """Answers and commands as they came, unchecked."""
        self._up = threading.Event()
        self._refused: str | None = None
        self.sessions = 0
        self._client = paho.Client(
            CallbackAPIVersion.VERSION2, client_id=camera, protocol=MQTTProtocolVersion.MQTTv5
        )
        self._client.tls_set_context(_tls(address))
        self._client.max_inflight_messages_set(32)
        self._client.will_set(topic(Channel.HEALTH, camera), OFFLINE, QOS, retain=True)
        self._client.on_socket_open = _no_delay
        self._client.on_connect = self._on_connect
        self._client.on_connect_fail = self._on_connect_fail
        self._client.on_disconnect = self._on_disconnect
        self._client.on_message = self._on_message
        self._client.on_publish = self._on_publish

    @property
    def up(self) -> bool:
        """Whether the session stands."""
        return self._up.is_set()

    def start(self) -> None:
        """Connect, and connect again whenever the session is lost, with jitter."""
        self._client.reconnect_delay_set(random.choice(FIRST_RETRY_S), MOST_RETRY_S)  # noqa: S311
        connect = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        connect.MaximumPacketSize = 1 << 20
        self._client.connect_async(
            self._address.host,
            self._address.port,
            keepalive=KEEPALIVE_S,
            clean_start=True,
            properties=connect,
        )
        self._client.loop_start()

    def wait(self, timeout_s: float) -> bool:
        """Wait for the session; whether it stands."""
        return self._up.wait(timeout_s)

    def send_batch(self, payload: bytes) -> None:
        """Hand a batch over; whether it arrives is the receipt's to say."""
        self._client.publish(topic(Channel.UP, self._camera), payload, QOS)

    def send_picture(self, payload: bytes) -> None:
        """Hand a sealed picture over."""
        self._client.publish(topic(Channel.PICTURE, self._camera), payload, QOS)

    def send_health(self, payload: bytes) -> None:
        """Leave a health report for whoever asks."""
        self._client.publish(topic(Channel.HEALTH, self._camera), payload, QOS, retain=True)

    def stop(self) -> None:
        """Say goodbye and end the session."""
        if self.up:
            farewell = self._client.publish(
                topic(Channel.HEALTH, self._camera), OFFLINE, QOS, retain=True
            )
            try:
                farewell.wait_for_publish(2.0)
            except (RuntimeError, ValueError):
                log.info("the city is gone already")
        self._client.disconnect()
        self._client.loop_stop()
        self._up.clear()

    def _on_connect(self, client: paho.Client, _u: Any, _f: Any, code: ReasonCode, _p: Any) -> None:
        if code.is_failure:
            self._complain(f"the broker refuses this camera: {code}")
            return
        self._refused = None
        self.sessions += 1
        client.subscribe(
            [(topic(Channel.ACK, self._camera), QOS), (topic(Channel.COMMAND, self._camera), QOS)]
        )
        client.publish(topic(Channel.HEALTH, self._camera), ONLINE, QOS, retain=True)
        self._up.set()
        log.info("connected to the city")

    def _on_connect_fail(self, _c: Any, _u: Any) -> None:
        self._complain("the city cannot be reached")

    def _on_disconnect(self, _c: Any, _u: Any, _f: Any, code: ReasonCode, _p: Any) -> None:
        self._up.clear()
        if code.is_failure:
            self._complain(f"the session with the city ended: {code}")

    def _on_message(self, _c: Any, _u: Any, message: paho.MQTTMessage) -> None:
        channel = Channel(message.topic.split("/")[2])
        try:
            self.heard.put_nowait((channel, bytes(message.payload)))
        except queue.Full:
            log.warning("answers come faster than they are taken; one is dropped")

    def _on_publish(self, _c: Any, _u: Any, _mid: int, code: ReasonCode, _p: Any) -> None:
        # 16, "no matching subscribers", is no failure to MQTT, but the city is not listening.
        if code.is_failure:
            self._complain(f"the broker refuses a message: {code}")

    def _complain(self, line: str) -> None:
        """Once, until it changes: a city that is away for a month fills no journal."""
        if line != self._refused:
            log.warning(line)
        self._refused = line


def _tls(address: Address) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    try:
        context.load_verify_locations(address.ca)
        context.load_cert_chain(address.certificate, address.key)
    except (OSError, ssl.SSLError) as error:
        raise SyncError(
            f"{address.certificate.parent}: the certificates cannot be loaded ({error})",
            fix="run `sudo alpr-edge enroll`",
        ) from error
    return context


def _no_delay(_client: Any, _userdata: Any, connection: Any) -> None:
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
