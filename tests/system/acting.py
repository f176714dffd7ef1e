"""The two sides of a simulated history: a camera with its link, and a city with its clock."""

from __future__ import annotations

import time
from collections.abc import Iterable
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
from alpr_edge.buffer.room import OutboxLimits
from alpr_edge.sync.mailbag import Mailbag
from alpr_edge.sync.sender import Sender
from alpr_wire import seal_keys
from alpr_wire.topics import Channel
from tests.buffer.cast import passage
from tests.city.vaults import CityVault

PLATE = "4CANARY"
# The disk of a history is never full: a small ballast says as much as a large one.
LIMITS = OutboxLimits(ballast_bytes=4096)


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
    """The `time` module, with the history's own time and the wall clock of one side."""

    def __init__(self, clocks: Clocks, side: str) -> None:
        self._clocks, self._side = clocks, side

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)

    def monotonic(self) -> float:
        return self._clocks.now_s

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
        self, seed: int, number: int, folder: Path, seal_public: bytes, clocks: Clocks
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
        self._boots = 0
        for module in (outbox_module, ledger_module):
            clocks.put(module, "time", _Time(clocks, "camera"))
        self.identity = Identity(
            camera=self.name,
            signing_key=Ed25519PrivateKey.from_private_bytes(
                (4 * seed + number).to_bytes(32, "big")
            ),
            seal_key=seal_keys.from_raw(seal_public),
            seal_key_id=seal_keys.key_id(seal_public),
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
        self._boots += 1
        self._outbox = Outbox.open(self._folder, self.identity, LIMITS)
        self.stream = self._outbox.stream
        self.note_written()
        self.mailbag = Mailbag(self._outbox.path, self.name)
        self.connect()

    def connect(self) -> None:
        """A new session: sync starts from the last receipt."""
        self.sender = Sender(self.mailbag, self)

    def send_batch(self, payload: bytes) -> None:
        assert PLATE.encode() not in payload
        self.up.append((Channel.UP, payload))

    def send_picture(self, payload: bytes) -> None:
        assert PLATE.encode() not in payload
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

    def changes(self) -> tuple[int, int]:
        """Another value whenever the outbox has been written to."""
        return self._boots, self.outbox._db.total_changes

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

    def __init__(
        self, config: CityConfig, city: CityVault, clocks: Clocks, cameras: Iterable[Acting]
    ) -> None:
        from alpr_city.ingest import following, intaker
        from alpr_city.reads.pictures import PictureStore
        from alpr_city.vault import vault
        from tests.city.town import DirectVault

        _Calendar.clocks = clocks
        clocks.put(intaker, "datetime", _Calendar)
        clocks.put(vault, "today", lambda: str(clocks.day))
        for module in (vault, following):
            clocks.put(module, "time", _Time(clocks, "city"))
        self._clocks, self._city = clocks, city
        self.vault = DirectVault(city)
        self.pictures = PictureStore(config.files.pictures)
        _admit(cameras)
        self._workers: list[Any] = [None, None]
        for number in range(2):
            self.crash(number)

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


def _admit(cameras: Iterable[Acting]) -> None:
    from alpr_city.reads.models import Camera

    now = datetime.now(UTC)
    Camera.objects.bulk_create(
        Camera(
            name=camera.name,
            signing_key=camera.identity.signing_key.public_key().public_bytes_raw(),
            admitted_at=now,
        )
        for camera in cameras
    )


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
