"""Someone who speaks to the broker in a test, and how it went."""

from __future__ import annotations

import gc
import ssl
import threading
import warnings
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from alpr_city.broker import Broker, BrokerSettings
from alpr_city.ca import Authority
from alpr_city.ca.authority import DEVICE_LIFE

WAIT_S = 60.0


@dataclass(frozen=True)
class Papers:
    """Certificate, key, and the authority trusted, as files."""

    certificate: Path
    key: Path
    ca: Path
    serial: int


@dataclass(frozen=True)
class CityBroker:
    """A running broker and what it was made from."""

    broker: Broker
    settings: BrokerSettings
    authority: Authority
    folder: Path

    def camera(
        self, name: str, *, life: timedelta = DEVICE_LIFE, by: Authority | None = None
    ) -> Papers:
        """Papers of a camera."""
        key, request = key_and_request(name)
        issued = (by or self.authority).issue_device(request, name, life=life)
        return self._papers(name, issued.certificate, key, issued.serial)

    def service(self, name: str, hosts: tuple[str, ...] = ()) -> Papers:
        """Papers of one of the city's own services, or, with hosts, of a server."""
        issued = self.authority.issue_server(name, hosts)
        assert issued.key is not None
        return self._papers(name, issued.certificate, issued.key, issued.serial)

    def _papers(self, name: str, certificate: bytes, key: bytes, serial: int) -> Papers:
        stem = self.folder / f"{name}-{serial}"
        stem.with_suffix(".pem").write_bytes(certificate)
        stem.with_suffix(".key").write_bytes(key)
        stem.with_suffix(".ca").write_bytes(self.authority.trust("servers"))
        return Papers(
            stem.with_suffix(".pem"), stem.with_suffix(".key"), stem.with_suffix(".ca"), serial
        )


def key_and_request(name: str) -> tuple[bytes, bytes]:
    """A camera's own key and its request for a certificate, PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    request = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return pem, request.public_bytes(serialization.Encoding.PEM)


@dataclass
class Party:
    """An MQTT client that remembers what it was told."""

    port: int
    papers: Papers | None
    tls: ssl.TLSVersion | None = ssl.TLSVersion.TLSv1_3
    client_id: str = "party"
    connected: threading.Event = field(default_factory=threading.Event)
    refused: threading.Event = field(default_factory=threading.Event)
    told: threading.Event = field(default_factory=threading.Event)
    heard: list[tuple[str, bytes]] = field(default_factory=list)
    codes: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=self.client_id,
            protocol=MQTTProtocolVersion.MQTTv5,
        )
        if self.tls is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.maximum_version = self.tls
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            if self.papers is not None:
                context.load_verify_locations(self.papers.ca)
                context.check_hostname = True
                context.verify_mode = ssl.CERT_REQUIRED
                context.load_cert_chain(self.papers.certificate, self.papers.key)
            self.client.tls_set_context(context)
        self.client.on_connect = self._on_connect
        self.client.on_disconnect = lambda *_: self.refused.set()
        self.client.on_connect_fail = lambda *_: self.refused.set()
        self.client.on_message = self._on_message
        self.client.on_publish = self._on_publish

    def connect(self) -> bool:
        """Whether the broker let it in."""
        with warnings.catch_warnings():
            # paho leaves the socket of a failed handshake to the garbage collector.
            warnings.simplefilter("ignore", ResourceWarning)
            try:
                self.client.connect("127.0.0.1", self.port)
            except (OSError, ssl.SSLError):
                gc.collect()
                return False
        self.client.loop_start()
        for _ in range(int(WAIT_S / 0.05)):
            if self.connected.wait(0.05):
                return not self.refused.wait(0.3)
            if self.refused.is_set():
                return False
        return False

    def publish(self, name: str, payload: bytes) -> int:
        """The broker's reason code."""
        self.codes.clear()
        self.told.clear()
        self.client.publish(name, payload, 1)
        assert self.told.wait(WAIT_S)
        return self.codes[0]

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()
        with warnings.catch_warnings():
            # paho tries again by itself, and leaves the socket of each failed handshake.
            warnings.simplefilter("ignore", ResourceWarning)
            gc.collect()

    def _on_connect(self, _c: Any, _u: Any, _f: Any, code: Any, _p: Any) -> None:
        (self.refused if code.is_failure else self.connected).set()

    def _on_message(self, _c: Any, _u: Any, message: paho.MQTTMessage) -> None:
        self.heard.append((message.topic, bytes(message.payload)))
        self.told.set()

    def _on_publish(self, _c: Any, _u: Any, _m: int, code: Any, _p: Any) -> None:
        self.codes.append(code.value)
        self.told.set()
