"""Simulated cameras for `bench.city`: sealed beforehand, each with a session of its own."""

from __future__ import annotations

import random
import ssl
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from alpr_city.ca import Authority
from alpr_city.config import CityConfig
from alpr_city.vault.client import VaultClient
from alpr_wire.batches import FULL_BYTES, WINDOW_S
from alpr_wire.seal_keys import key_id
from alpr_wire.statements import decode_statement
from alpr_wire.topics import Channel, topic
from tests.city.fleet import FleetCamera
from tests.city.party import key_and_request

WINDOW = 8
WAIT_S = 600.0
LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ0123456789"

Batches = list[tuple[int, bytes]]
"""(last seq, payload), in order."""


@dataclass
class Sender:
    """One camera's session: a window of batches, moved on by receipts."""

    camera: FleetCamera
    first: bytes
    """A batch of the boot record alone, which makes the stream known before the clock starts."""
    payloads: Batches
    client: paho.Client
    steady: bool
    """One batch every `WINDOW_S`, as a camera closes them; else as fast as the window allows."""
    receipted: int = -1
    sent: int = 0
    sent_s: dict[int, float] = field(default_factory=dict)
    waits_s: list[float] = field(default_factory=list)
    known: threading.Event = field(default_factory=threading.Event)
    done: threading.Event = field(default_factory=threading.Event)

    def greet(self) -> None:
        """Make the stream known."""
        self.client.publish(topic(Channel.UP, self.camera.name), self.first, 1)

    def start(self) -> None:
        """Send all."""
        if self.steady:
            threading.Thread(target=self._drip, daemon=True).start()
        else:
            self._pump()

    def heard(self, _client: Any, _userdata: Any, message: Any) -> None:
        """A receipt."""
        statement = decode_statement(bytes(message.payload), "receipt", "request")
        if statement.kind != "receipt":
            return
        self.receipted = max(self.receipted, statement.body[3])
        self.known.set()
        now_s = time.perf_counter()
        # A copy in one step: the thread of `_drip` adds to it.
        for seq in [s for s in list(self.sent_s) if s <= self.receipted]:
            self.waits_s.append(now_s - self.sent_s.pop(seq))
        if self.receipted >= self.payloads[-1][0]:
            self.done.set()
        elif not self.steady and self.sent:
            self._pump()

    def _pump(self) -> None:
        """As far as the window reaches."""
        while self.sent < len(self.payloads) and len(self.sent_s) < WINDOW:
            self._send()

    def _drip(self) -> None:
        time.sleep(random.random() * WINDOW_S)
        due_s = time.monotonic()
        while self.sent < len(self.payloads):
            self._send()
            due_s += WINDOW_S
            time.sleep(max(0.0, due_s - time.monotonic()))

    def _send(self) -> None:
        seq, payload = self.payloads[self.sent]
        self.sent += 1
        self.sent_s[seq] = time.perf_counter()
        self.client.publish(topic(Channel.UP, self.camera.name), payload, 1)


def fleet(
    config: CityConfig, cameras: int, reads: int, batch: int, folder: Path
) -> list[tuple[FleetCamera, Batches, Path]]:
    """Cameras that are admitted, with everything sealed, and at most `batch` records together."""
    from alpr_city.reads.models import Camera

    vault = VaultClient(config.files.socket)
    seal = decode_statement(vault.call("public_keys")["seal"], "key").body[2]
    authority = Authority(config.files.ca)
    (folder / "trust.pem").write_bytes(authority.trust("servers"))
    chance = random.Random(1)
    made = []
    for number in range(cameras):
        name = f"cam-{number:04}"
        camera = FleetCamera(name, seal, seed=number % 250 + 1)
        for _ in range(reads):
            text = "".join(chance.choices(LETTERS, k=7))
            camera.read(text, lattice=lattice(text, chance))
        key, request = key_and_request(name)
        papers = folder / f"{name}.pem"
        papers.write_bytes(authority.issue_device(request, name).certificate + key)
        vault.call("admit", name, key_id(seal).hex())
        Camera.objects.create(
            name=name, signing_key=camera.public, admitted_at=datetime.now(UTC), serial="0"
        )
        made.append((camera, batches(camera, 1, batch), papers))
    vault.close()
    return made


def lattice(text: str, chance: random.Random) -> tuple[tuple[tuple[str, float], ...], ...]:
    """Mostly sure; one position in six has a second reading."""
    positions = []
    for c in text:
        if chance.random() < 1 / 6:
            p = chance.uniform(0.5, 0.95)
            positions.append(((c, p), ("8" if c != "8" else "B", (1 - p) * 0.8)))
        else:
            positions.append(((c, chance.uniform(0.97, 1.0)),))
    return tuple(positions)


def batches(camera: FleetCamera, first: int, most: int) -> Batches:
    """From a record on, as sync closes them: so many records or 64 KB."""
    made = []
    while first <= camera.last:
        size, last = 0, first - 1
        while last < camera.last and last - first < most - 1:
            size += len(camera.encodings[last + 1]) + 5
            if last >= first and size > FULL_BYTES:
                break
            last += 1
        made.append((last, camera.batch(first, last).encode()))
        first = last + 1
    return made


def mqtt_client(name: str, papers: Path) -> paho.Client:
    """A camera's client, with TLS 1.3 and its own certificate; not yet connected."""
    client = paho.Client(
        CallbackAPIVersion.VERSION2, client_id=name, protocol=MQTTProtocolVersion.MQTTv5
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_verify_locations(papers.with_name("trust.pem"))
    context.load_cert_chain(papers)
    client.tls_set_context(context)
    return client


def sender(
    config: CityConfig, camera: FleetCamera, payloads: Batches, papers: Path, steady: bool
) -> Sender:
    """A camera that is connected and hears its receipts."""
    client = mqtt_client(camera.name, papers)
    ready = threading.Event()
    client.on_subscribe = lambda *_: ready.set()
    client.on_connect = lambda c, *_: c.subscribe(topic(Channel.ACK, camera.name), 1)
    made = Sender(camera, camera.batch(0, 0).encode(), payloads, client, steady)
    client.on_message = made.heard
    client.connect("localhost", config.broker.camera_port)
    client.loop_start()
    if not ready.wait(WAIT_S):
        raise SystemExit("a camera cannot connect")
    return made
