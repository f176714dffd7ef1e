"""The two sides of a simulated history: a camera with its link, and a city with its clock."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from alpr_city.config import CityConfig
from alpr_edge.buffer import ledger as ledger_module
from alpr_edge.buffer import outbox as outbox_module
from alpr_edge.buffer.identity import Identity
from alpr_edge.buffer.outbox import Outbox
from alpr_edge.sync.mailbag import Mailbag
from alpr_edge.sync.sender import Sender
from alpr_wire import seal_keys
from alpr_wire.topics import Channel
from tests.buffer.cast import passage
from tests.city.vaults import CityVault

PLATE = "4CANARY"


@dataclass
class Clocks:
    """What both sides believe; each may be set."""

    day: date
    """The city's."""
    now_s: float = 0.0
    """Time that passes, which nobody can set."""
    camera_us: int = 0
    city_us: int = 0

    _before: list[tuple[Any, str, Any]] = field(default_factory=list)

    def put(self, module: Any, name: str, value: Any) -> None:
        """Have a module see these clocks."""
        self._before.append((module, name, getattr(module, name)))
        setattr(module, name, value)

    def take_away(self) -> None:
        """Have every module see what it saw before."""
        while self._before:
            setattr(*self._before.pop())


class _Time:
    """The `time` module, with the wall clock of one side."""

    def __init__(self, clocks: Clocks, side: str) -> None:
        self._clocks, self._side = clocks, side

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)

    def time_ns(self) -> int:
        passed_us = int(self._clocks.now_s * 1e6) + getattr(self._clocks, f"{self._side}_us")
        return time.time_ns() + 1000 * passed_us


class _Calendar(datetime):
    """`datetime`, whose now is on the day of the city's clock."""

    clocks: Clocks

    @classmethod
    def now(cls, tz: Any = None) -> Any:
        return datetime.combine(cls.clocks.day, datetime.now(tz).time(), tzinfo=tz)


class Acting:
    """One camera: the outbox's process, the sync process, and what is under way."""

    def __init__(
        self, seed: int, number: int, folder: Path, city: CityVault, clocks: Clocks
    ) -> None:
        self.name = f"cam-{seed:08}-{number}"
        self.up: list[tuple[Channel, bytes]] = []
        self.down: list[bytes] = []
        self.apart = 0
        """Steps for which nothing comes through."""
        self.written: dict[int, bytes] = {}
        """What was ever written, by sequence number."""
        self.forgot = False
        self._clocks, self._folder = clocks, folder / self.name
        self._outbox: Outbox | None = None
        for module in (outbox_module, ledger_module):
            clocks.put(module, "time", _Time(clocks, "camera"))
        self.identity = Identity(
            camera=self.name,
            signing_key=Ed25519PrivateKey.from_private_bytes(
                (4 * seed + number).to_bytes(32, "big")
            ),
            seal_key=seal_keys.from_raw(city.seal_public),
            seal_key_id=seal_keys.key_id(city.seal_public),
        )

    @property
    def outbox(self) -> Outbox:
        assert self._outbox is not None
        return self._outbox

    def start(self) -> None:
        """As after a power cut: nothing but the file is left."""
        if self._outbox is not None:
            self.mailbag.close()
            self._outbox._db.close()
        self._outbox = Outbox.open(self._folder, self.identity)
        self.stream = self._outbox.stream
        self.note_written()
        self.mailbag = Mailbag(self._outbox.path, self.name)
        self.connect()

    def connect(self) -> None:
        """A new session: sync starts from the last receipt."""
        self.sender = Sender(self.mailbag, self)

    def send_batch(self, payload: bytes) -> None:
        self.up.append((Channel.UP, payload))

    def send_picture(self, payload: bytes) -> None:
        self.up.append((Channel.PICTURE, payload))

    def store(self, shown: bool) -> None:
        self.outbox.store(passage(PLATE), {"crop": bytes(50)} if shown else {})

    def send(self, steps: int) -> None:
        for _ in range(steps):
            self.sender.step(self._clocks.now_s)
            self._clocks.now_s += 0.3

    def note_written(self) -> None:
        last = max(self.written, default=-1)
        for seq, encoding, _ in self.outbox.records(last, 1000):
            self.written[seq] = encoding

    def held(self) -> set[int]:
        return {seq for (seq,) in self.outbox._db.execute("SELECT seq FROM records")}

    def close(self) -> None:
        self.mailbag.close()
        self.outbox.close()


@dataclass(frozen=True)
class Authority:
    """Who decided that old reads are destroyed."""

    resolution: str = "Resolution 2026-1"
    consent: str = "City Attorney, 2026-01-02"
    custodian_approves: bool = False


@dataclass(frozen=True)
class Rules:
    """What a purge asks of the policy."""

    retention_days: int
    version: str = "1"
    access_log_days: int = 40_000
    destruction: Authority = field(default_factory=Authority)


class Town:
    """Database, pictures, vault and two ingest workers."""

    def __init__(self, config: CityConfig, city: CityVault, clocks: Clocks) -> None:
        from alpr_city.ingest import intaker
        from alpr_city.reads.pictures import PictureStore
        from alpr_city.vault import vault
        from tests.city.town import DirectVault

        _Calendar.clocks = clocks
        clocks.put(intaker, "datetime", _Calendar)
        clocks.put(vault, "today", lambda: str(clocks.day))
        clocks.put(vault, "time", _Time(clocks, "city"))
        self._clocks, self._city = clocks, city
        self.vault = DirectVault(city)
        self.pictures = PictureStore(config.files.pictures)
        self._workers: list[Any] = [None, None]
        for number in range(2):
            self.crash(number)

    def admit(self, name: str, signing: Ed25519PrivateKey) -> None:
        from alpr_city.reads.models import Camera

        public = signing.public_key().public_bytes_raw()
        Camera.objects.create(name=name, signing_key=public, admitted_at=datetime.now(UTC))
        for worker in self._workers:
            worker.learn_cameras()

    def take(
        self, worker: int, messages: list[tuple[Channel, str, bytes]]
    ) -> list[tuple[str, bytes]]:
        answers: list[tuple[str, bytes]] = self._workers[worker].take(messages)
        return answers

    def crash(self, worker: int) -> None:
        """It remembers nothing."""
        from alpr_city.ingest.intaker import Intaker
        from alpr_city.reads.store import Store

        self._workers[worker] = Intaker(Store(), self.pictures, self.vault)

    def time_passes(self) -> None:
        """More than the two seconds between two requests for one stream."""
        for worker in self._workers:
            worker._following._asked_s.clear()

    def let_go(self) -> None:
        from django.db import connection

        connection.close()

    def purge(self, *, broken: str | None) -> list[Any]:
        """Destroy every day before yesterday; the vault goes away before one operation."""
        from alpr_city.retention.purge import Purger

        kept = (datetime.now(UTC).date() - self._clocks.day + timedelta(1)).days
        purger = Purger(_Desk(self._city, broken), self.pictures, lambda _: Rules(kept), "r", "T")
        return purger.run()

    def verify(self, name: str) -> None:
        """What the city itself says of a camera's chain and of its account."""
        from alpr_city.proof.chains import verify_camera
        from alpr_city.proof.ledger import accounts

        for verdict in verify_camera(name, self._city.vault.streams.receipts(name)):
            assert verdict.faults == [], verdict.faults
        (account,) = accounts(name)
        assert account.balanced, "the city's account does not balance"

    def close(self) -> None:
        self.pictures.close()


class _Desk:
    """What a purge asks of the vault, without the socket."""

    def __init__(self, city: CityVault, broken: str | None) -> None:
        from alpr_city.vault.purging import Purging

        self._purging, self._vault, self._broken = Purging(city.vault), city.vault, broken

    def call(self, operation: str, *arguments: Any) -> Any:
        from alpr_city.errors import VaultError

        if operation == self._broken:
            raise VaultError("the vault does not answer")
        if operation == "back_up":
            return str(self._vault.keyring.back_up())
        return getattr(self._purging, operation)(*arguments)
