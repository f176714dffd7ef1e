"""Camera and city under one seeded scheduler: `python -m tests.system.simulation 1 1000`.

Outbox, mailbag, sender, ingest, vault and database are the real ones, on real files in memory.
What lies between is not: messages are delayed, lost, doubled and reordered, either side dies at any
moment, the vault goes away, the city comes back from an old copy, and clocks jump. One integer
replays a history.
"""

from __future__ import annotations

import random
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from alpr_edge.buffer.identity import Identity
from alpr_edge.buffer.outbox import Outbox
from alpr_edge.errors import ReceiptError
from alpr_edge.sync.mailbag import Mailbag
from alpr_edge.sync.sender import Sender
from alpr_wire import seal_keys
from alpr_wire.receipts import open_answer
from alpr_wire.topics import Channel
from tests.buffer.cast import passage
from tests.city.databases import Templates
from tests.city.vaults import CityVault, make_vault

MEMORY = Path("/dev/shm")
STEPS = 60
MOST_HEALING = 400
PLATE = "4CANARY"


@dataclass
class Road:
    """Messages under way, either way."""

    up: list[tuple[Channel, bytes]] = field(default_factory=list)
    down: list[bytes] = field(default_factory=list)

    def send_batch(self, payload: bytes) -> None:
        self.up.append((Channel.UP, payload))

    def send_picture(self, payload: bytes) -> None:
        self.up.append((Channel.PICTURE, payload))


class History:
    """One run, whole in its seed."""

    def __init__(self, seed: int, folder: Path, templates: Templates, city: CityVault) -> None:
        from tests.city.town import Town

        self.chance = random.Random(seed)
        self.camera = f"cam-{seed:08}"
        self.folder = folder
        self.config = templates.fresh("sqlite", folder)
        self.town = Town(self.config, city)
        signing = Ed25519PrivateKey.from_private_bytes(seed.to_bytes(32, "big"))
        seal = city.seal_public
        self.identity = Identity(
            camera=self.camera,
            signing_key=signing,
            seal_key=seal_keys.from_raw(seal),
            seal_key_id=seal_keys.key_id(seal),
        )
        self._admit(signing)
        self.receipt_key = city.vault._receipt_key.public_key()
        self.road = Road()
        self.now_s = 0.0
        self.written: dict[int, bytes] = {}
        """What the camera ever wrote, by sequence number."""
        self.forgot = self.went_back = False
        self.copy: Path | None = None
        self.outbox: Outbox | None = None
        self.start_camera()

    def _admit(self, signing: Ed25519PrivateKey) -> None:
        from datetime import UTC, datetime

        from alpr_city.reads.models import Camera

        public = signing.public_key().public_bytes_raw()
        Camera.objects.create(name=self.camera, signing_key=public, admitted_at=datetime.now(UTC))
        self.town.intaker.learn_cameras()

    def start_camera(self) -> None:
        """As after a power cut: nothing but the file is left."""
        if self.outbox is not None:
            self.mailbag.close()
            self.outbox._db.close()
        self.outbox = Outbox.open(self.folder / "outbox", self.identity)
        self.note_written()
        self.mailbag = Mailbag(self.outbox.path, self.camera)
        self.connect()

    def connect(self) -> None:
        """A new session: sync starts from the last receipt."""
        self.sender = Sender(self.mailbag, self.road)

    def note_written(self) -> None:
        last = max(self.written, default=-1)
        for seq, encoding, _ in self.outbox.records(last, 1000):  # type: ignore[union-attr]
            self.written[seq] = encoding

    # What may happen.

    def read(self) -> None:
        for _ in range(self.chance.randint(1, 5)):
            shown = {"crop": bytes(50)} if self.chance.random() < 0.3 else {}
            self.outbox.store(passage(PLATE), shown)  # type: ignore[union-attr]

    def wait(self) -> None:
        self.now_s += self.chance.choice([0.1, 0.6, 3.0, 30.0, 4000.0])

    def send(self) -> None:
        for _ in range(self.chance.randint(1, 10)):
            self.sender.step(self.now_s)
            self.now_s += 0.3

    def arrive(self) -> None:
        """Some of what is under way comes to the city, in any order."""
        from alpr_city.errors import VaultError

        taken = self._drawn(self.road.up)
        fault = self.chance.random()
        self.town.vault.broken = (
            "arrive_matched" if fault < 0.05 else "receipt" if fault < 0.15 else None
        )
        try:
            answers = self.town.intaker.take([(c, self.camera, p) for c, p in taken])
            self.road.down += [payload for _, payload in answers]
        except VaultError:
            pass
        self.town.vault.broken = None

    def answer(self) -> None:
        """Some of the city's words come to the camera, in any order."""
        for payload in self._drawn(self.road.down):
            said = open_answer(payload, camera=self.camera, key=self.receipt_key)
            self.sender.heard(said, self.now_s)
            try:
                self.outbox.take(said, payload)  # type: ignore[union-attr]
            except ReceiptError as error:
                raise AssertionError(f"a true receipt was refused: {error}") from error

    def cut(self) -> None:
        self.road.up.clear()
        self.road.down.clear()
        self.connect()

    def kill_ingest(self) -> None:
        self.town.crash()

    def copy_city(self) -> None:
        from django.db import connection

        connection.close()
        self.copy = self.folder / "copy.db"
        shutil.copy(self.config.files.database, self.copy)

    def restore_city(self) -> None:
        from django.db import connection

        if self.copy is None:
            return
        connection.close()
        for suffix in ("-wal", "-shm"):
            Path(f"{self.config.files.database}{suffix}").unlink(missing_ok=True)
        shutil.copy(self.copy, self.config.files.database)
        self.town.crash()
        self.went_back = True

    def forget(self) -> None:
        """The grace is over."""
        self.forgot = self.outbox.forget(0.0) > 0 or self.forgot  # type: ignore[union-attr]

    ACTIONS = (
        *((read, 6), (wait, 3), (send, 8), (arrive, 8), (answer, 6)),
        *((cut, 1), (kill_ingest, 1), (start_camera, 1)),
        *((copy_city, 1), (restore_city, 1), (forget, 0.5)),
    )

    def _drawn(self, under_way: list[Any]) -> list[Any]:
        """Messages that come through now: any of them, doubled or lost on the way."""
        self.chance.shuffle(under_way)
        count = self.chance.randint(0, len(under_way))
        taken = [m for m in under_way[:count] if self.chance.random() > 0.15]
        left = under_way[count:]
        left += [m for m in taken if self.chance.random() < 0.2]
        under_way[:] = left
        return taken

    # What must hold.

    def check(self) -> None:
        """Each sequence number is on the camera, in the city, or in a gap on record, and once."""
        self.note_written()
        held = {seq for seq, _, _ in self.outbox.records(-1, 100_000)}  # type: ignore[union-attr]
        stored = self.town.stored()
        city = dict(stored)
        assert len(city) == len(stored), "a record is stored twice"
        for seq, encoding in stored:
            assert encoding == self.written[seq], f"record {seq} is stored as something else"
        gone = self._gaps()
        if not (self.forgot and self.went_back):
            assert not gone, "a gap where nothing was lost"
            missing = set(self.written) - held - set(city)
            assert not missing, f"records {sorted(missing)} are nowhere"
        for _, payload in self.road.up:
            assert PLATE.encode() not in payload

    def heal(self) -> None:
        """Everything works again: in the end camera and city must agree."""
        self.outbox.store(passage(PLATE), {})  # type: ignore[union-attr]
        last = -1
        for _ in range(MOST_HEALING):
            self.note_written()
            last = max(self.written)
            self.now_s += 30.0
            for _ in range(20):
                self.sender.step(self.now_s)
                self.now_s += 0.3
            up, self.road.up = self.road.up, []
            answers = self.town.intaker.take([(c, self.camera, p) for c, p in up])
            for _, payload in answers:
                said = open_answer(payload, camera=self.camera, key=self.receipt_key)
                self.sender.heard(said, self.now_s)
                self.outbox.take(said, payload)  # type: ignore[union-attr]
            state = self.outbox.state()  # type: ignore[union-attr]
            if state["receipted_seq"] == last == self._place():
                break
            self.town.intaker._following._asked_s.clear()  # two seconds have passed
        else:
            raise AssertionError(f"camera and city do not come together at record {last}")
        accounted = {seq for seq, _ in self.town.stored()} | self._gaps()
        assert accounted == set(self.written), "the end does not account for every record"
        self._verify()
        self.check()

    def _verify(self) -> None:
        from alpr_city.proof.chains import verify_camera

        receipts = self.town.city_vault.vault.streams.receipts(self.camera)
        for verdict in verify_camera(self.camera, receipts):
            assert verdict.faults == []
        from alpr_city.proof.ledger import accounts

        (account,) = accounts(self.camera)
        assert account.balanced
        for file in (self.config.files.database, self.outbox.path):  # type: ignore[union-attr]
            assert PLATE.encode() not in file.read_bytes()

    def _place(self) -> int:
        from alpr_city.reads.models import Stream

        row = Stream.objects.filter(camera_id=self.camera).first()
        return -1 if row is None else int(row.seq)

    def _gaps(self) -> set[int]:
        from alpr_city.reads.models import Gap

        return {n for g in Gap.objects.all() for n in range(g.first_seq, g.last_seq + 1)}

    def run(self) -> None:
        actions, weights = zip(*self.ACTIONS, strict=True)
        for _ in range(STEPS):
            self.chance.choices(actions, weights)[0](self)
            self.check()
        self.heal()

    def close(self) -> None:
        self.mailbag.close()
        self.outbox.close()  # type: ignore[union-attr]
        self.town.close()


def simulate(first: int, last: int) -> int:
    """Histories `first` to `last`; how many held. The first that does not is raised."""
    root = Path(
        tempfile.mkdtemp(prefix="alpr-simulation-", dir=MEMORY if MEMORY.exists() else None)
    )
    templates, city = Templates(), make_vault(root / "vault")
    try:
        for seed in range(first, last + 1):
            folder = root / str(seed)
            folder.mkdir()
            history = History(seed, folder, templates, city)
            try:
                history.run()
                if seed % 100 == 0:
                    print(f"histories {first} to {seed} hold", file=sys.stderr)
            except BaseException:
                print(f"history {seed} does not hold", file=sys.stderr)
                raise
            finally:
                history.close()
                shutil.rmtree(folder)
    finally:
        city.vault.close()
        templates.close()
        shutil.rmtree(root)
    return last + 1 - first


def main() -> int:
    """Run the histories of a range of seeds."""
    first, last = int(sys.argv[1]), int(sys.argv[2])
    began = time.monotonic()
    held = simulate(first, last)
    print(f"histories {first} to {last}: {held} hold, {time.monotonic() - began:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
