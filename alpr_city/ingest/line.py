"""The MQTT session of one ingest worker, with a certificate of its own."""

from __future__ import annotations

import logging
import queue
import socket
import ssl
import threading
from collections import Counter
from pathlib import Path
from typing import Any

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from alpr_city.errors import IngestError
from alpr_wire.errors import WireError
from alpr_wire.topics import FROM_CAMERA, Channel, parse, topic

log = logging.getLogger(__name__)

QOS = 1
MOST_WAITING = 20_000
MOST_WAITING_BYTES, MOST_OF_ONE_BYTES = 64 << 20, 8 << 20
"""Of all cameras and of one. More than any of these is dropped here, so a flood from one camera
neither fills the memory nor silences the others; without a receipt a camera sends again."""


class Line:
    """Hears the cameras it was told of. Callbacks run in paho's thread."""

    def __init__(self, name: str, host: str, port: int, papers: Path) -> None:
        """`papers` holds `NAME.pem`, `NAME.key` and `servers-ca.pem`.

        Raises:
            IngestError: They cannot be loaded.
        """
        self._host, self._port = host, port
        self.waiting: queue.Queue[tuple[Channel, str, bytes]] = queue.Queue(MOST_WAITING)
        self._cameras: set[str] = set()
        self._bytes: Counter[str] = Counter()
        self._all_bytes = 0
        self._counting = threading.Lock()
        self.dropped = 0
        self.connected = self._complained = False
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        try:
            context.load_verify_locations(papers / "servers-ca.pem")
            context.load_cert_chain(papers / f"{name}.pem", papers / f"{name}.key")
        except (OSError, ssl.SSLError) as error:
            raise IngestError(
                f"{papers}: no usable certificate for {name} ({error})", fix="run `alpr-city init`"
            ) from error
        self._client = paho.Client(
            CallbackAPIVersion.VERSION2, client_id=name, protocol=MQTTProtocolVersion.MQTTv5
        )
        self._client.tls_set_context(context)
        self._client.max_inflight_messages_set(1000)
        self._client.on_socket_open = _no_delay
        self._client.on_connect = self._on_connect
        self._client.on_connect_fail = self._on_connect_fail
        self._client.on_disconnect = self._on_disconnect
        self._client.on_message = self._on_message
        self._client.reconnect_delay_set(1, 10)

    def start(self) -> None:
        """Connect, for ever."""
        self._client.connect_async(self._host, self._port, keepalive=30, clean_start=True)
        self._client.loop_start()

    def follow(self, cameras: set[str]) -> None:
        """Hear these cameras and no others."""
        for name in sorted(cameras - self._cameras):
            self._subscribe(name)
        for name in sorted(self._cameras - cameras):
            self._client.unsubscribe([topic(c, name) for c in FROM_CAMERA])
        self._cameras = set(cameras)

    def next(self, most: int, most_bytes: int, wait_s: float) -> list[tuple[Channel, str, bytes]]:
        """What came: waits for the first, then takes what is there, until that is enough."""
        taken: list[tuple[Channel, str, bytes]] = []
        size = 0
        try:
            while len(taken) < most and size < most_bytes:
                message = self.waiting.get(not taken, wait_s)
                taken.append(message)
                size += len(message[2])
        except queue.Empty:
            pass
        with self._counting:
            for _, camera, payload in taken:
                self._count(camera, -len(payload))
        return taken

    def answer(self, camera: str, payload: bytes) -> None:
        """Say something to a camera."""
        self._client.publish(topic(Channel.ACK, camera), payload, QOS)

    def order(self, camera: str, payload: bytes) -> None:
        """Command a camera."""
        self._client.publish(topic(Channel.COMMAND, camera), payload, QOS)

    def stop(self) -> None:
        """End the session."""
        self._client.disconnect()
        self._client.loop_stop()

    def _subscribe(self, name: str) -> None:
        self._client.subscribe([(topic(c, name), QOS) for c in sorted(FROM_CAMERA)])

    def _on_connect(self, _c: Any, _u: Any, _f: Any, code: Any, _p: Any) -> None:
        if code.is_failure:
            log.error("the broker refuses this worker: %s", code)
            return
        self.connected, self._complained = True, False
        for name in sorted(self._cameras):
            self._subscribe(name)
        log.info("connected to the broker")

    def _on_connect_fail(self, _c: Any, _u: Any) -> None:
        if not self._complained:
            self._complained = True
            log.error("the broker cannot be reached at %s:%d", self._host, self._port)

    def _on_disconnect(self, _c: Any, _u: Any, _f: Any, code: Any, _p: Any) -> None:
        self.connected = False
        if code.is_failure:
            log.warning("the session with the broker ended: %s", code)

    def _on_message(self, _c: Any, _u: Any, message: paho.MQTTMessage) -> None:
        try:
            channel, camera = parse(message.topic)
        except WireError:
            return
        self.take(channel, camera, bytes(message.payload))

    def take(self, channel: Channel, camera: str, payload: bytes) -> bool:
        """Have a message wait for its round; False where too much waits already."""
        with self._counting:
            size = len(payload)
            if (
                self.waiting.full()
                or self._all_bytes + size > MOST_WAITING_BYTES
                or self._bytes[camera] + size > MOST_OF_ONE_BYTES
            ):
                self.dropped += 1
                return False
            self._count(camera, size)
            self.waiting.put_nowait((channel, camera, payload))
        return True

    def _count(self, camera: str, size: int) -> None:
        self._all_bytes += size
        self._bytes[camera] += size
        if not self._bytes[camera]:
            del self._bytes[camera]


def _no_delay(_client: Any, _userdata: Any, connection: Any) -> None:
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
