"""A city's enrolment endpoint on a real TLS socket, with its register in memory."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from alpr_city.ca import Authority
from alpr_city.enrolment.codes import Codes
from alpr_city.enrolment.desk import Desk
from alpr_city.enrolment.server import serve
from alpr_city.enrolment.wishes import Wishes
from alpr_edge.est import Place
from alpr_wire.enrolment import Grant, open_request
from alpr_wire.keys import CertifiedKey, Purpose
from tests.city.conftest import free_port

CAMERA = "cam-one"
YEAR_US = 365 * 86_400_000_000


@dataclass
class City:
    """What a test may look into and change."""

    authority: Authority
    codes: Codes
    folder: Path
    port: int
    root: Ed25519PrivateKey
    states: dict[str, str] = field(default_factory=dict)
    signing_keys: dict[str, bytes] = field(default_factory=dict)
    fail_grants: int = 0
    command: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)

    @property
    def wishes(self) -> Wishes:
        return Wishes(self.folder / "desired")

    @property
    def place(self) -> Place:
        return Place(host="localhost", port=self.port)

    @property
    def servers(self) -> bytes:
        pem = x509.load_pem_x509_certificate(self.authority.trust("servers"))
        return pem.public_bytes(serialization.Encoding.DER)

    def code(self, camera: str = CAMERA, **how: object) -> str:
        who: dict[str, Any] = {"camera": camera, "site": "Bridge", "by": "a.person"}
        return self.codes.issue(self.servers, **(who | how))

    def desk(self) -> Desk:
        return Desk(
            self.authority,
            self.codes,
            state_of=self.states.get,
            admit=self.admit,
            put_out=self.put_out,
            wishes=self.wishes,
        )

    def put_out(self, camera: str, state: str = "decommissioned") -> None:
        self.states[camera] = state
        self.authority.revoke(*self.codes.serials(camera))

    def admit(self, request: bytes, site: str, certificate: bytes) -> Grant:
        if self.fail_grants:
            self.fail_grants -= 1
            raise ConnectionAbortedError("a power cut")
        asked = open_request(request)
        assert site == "Bridge"
        self.states[asked.camera] = "active"
        self.signing_keys[asked.camera] = asked.signing_key
        return Grant(
            camera=asked.camera,
            root=self.root.public_key().public_bytes_raw(),
            certificate=certificate,
            trust=self.authority.trust("servers"),
            receipt=self._key(Purpose.RECEIPT),
            command=self._key(Purpose.COMMAND),
            seal=self._key(Purpose.SEAL),
            host="broker.test",
            port=8883,
        )

    def _key(self, purpose: Purpose) -> bytes:
        public = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
        if purpose is Purpose.SEAL:
            public = SEAL
        if purpose is Purpose.COMMAND:
            public = self.command.public_key().public_bytes_raw()
        now_us = time.time_ns() // 1000
        return CertifiedKey(
            purpose=purpose,
            public=public,
            not_before_us=now_us - YEAR_US,
            not_after_us=now_us + YEAR_US,
        ).certify(self.root)


def _seal() -> bytes:
    lattice = MLKEM768PrivateKey.from_seed_bytes(bytes([7]) * 64).public_key()
    curve = X25519PrivateKey.from_private_bytes(bytes([7]) * 32).public_key()
    return lattice.public_bytes_raw() + curve.public_bytes_raw()


SEAL = _seal()


@contextmanager
def open_city(folder: Path) -> Iterator[City]:
    authority = Authority.create(folder / "ca", "Testville")
    city = City(
        authority=authority,
        codes=Codes(folder / "codes.db"),
        folder=folder,
        port=free_port(),
        root=Ed25519PrivateKey.generate(),
    )
    issued = authority.issue_server("enrol", ("localhost", "127.0.0.1"))
    assert issued.key is not None
    (folder / "enrol.pem").write_bytes(issued.certificate)
    (folder / "enrol.key").write_bytes(issued.key)
    stop, ready = threading.Event(), threading.Event()

    def asked() -> bool:
        ready.set()
        return stop.is_set()

    thread = threading.Thread(
        target=lambda: serve(
            city.desk(),
            authority.trust("servers") + authority.trust("devices"),
            address=("127.0.0.1", city.port),
            papers=(folder / "enrol.pem", folder / "enrol.key"),
            devices=folder / "ca" / "devices.pem",
            asked=asked,
        )
    )
    thread.start()
    assert ready.wait(60)
    try:
        yield city
    finally:
        stop.set()
        thread.join(60)


@pytest.fixture
def city(tmp_path: Path) -> Iterator[City]:
    folder = tmp_path / "city"
    folder.mkdir()
    with open_city(folder) as opened:
        yield opened


@pytest.fixture
def other_city(tmp_path: Path) -> Iterator[City]:
    """Another city's."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    with open_city(folder) as opened:
        yield opened


@pytest.fixture
def identity(tmp_path: Path) -> Path:
    """Where a camera keeps who it is; nothing is there yet."""
    return tmp_path / "identity"


def never() -> bool:
    """Waits for nobody."""
    return False
