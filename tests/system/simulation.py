"""Cameras and city under one seeded scheduler: `make simulate SEEDS="1 1000"`.

Outbox, mailbag, sender, ingest, vault, database and purge are the real ones, on real files in
memory. What lies between is not: messages are delayed, lost, doubled and reordered, either side
dies at any moment, a link is cut for a while, the vault goes away, the city comes back from an old
copy, days pass and are purged, and the clocks of both sides jump. One integer replays a history.
"""

from __future__ import annotations

import argparse
import gc
import json
import logging
import multiprocessing
import os
import random
import shutil
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import ContextDecorator, closing
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Self

from alpr_edge.errors import ReceiptError
from alpr_wire.receipts import open_answer
from alpr_wire.topics import Channel
from tests.city.databases import Templates
from tests.city.vaults import CityVault, make_vault
from tests.system.acting import PLATE, Acting, Clocks, Town

MEMORY = Path("/dev/shm")
STEPS = 60
MOST_HEALING = 400
A_PART = 100
"""Histories that a process runs and logs at once."""
A_VAULT = 20
"""Histories that share a vault, each in days of its own."""
DAYS_APART = 40
FIRST_DAY = date(2001, 1, 1)


class History:
    """One run, whole in its seed."""

    def __init__(self, seed: int, folder: Path, templates: Templates, city: CityVault) -> None:
        self.chance = random.Random(seed)
        random.seed(seed)  # the sender's patience
        self.folder = folder
        self.config = templates.fresh("sqlite", folder)
        self.clocks = Clocks(FIRST_DAY + timedelta(DAYS_APART * (seed % A_VAULT)))
        self.receipt_key = city.vault._receipt_key.public_key()
        self.went_back = False
        self.copy: Path | None = None
        self.done: Counter[str] = Counter()
        self._checked: tuple[Any, ...] = ()
        count = self.chance.choice((1, 1, 2, 3))
        seal = city.seal_public
        self.cameras = [Acting(seed, n, folder, seal, self.clocks) for n in range(count)]
        self.town = Town(self.config, city, self.clocks, self.cameras)
        for camera in self.cameras:
            camera.start()
        self.look = sqlite3.connect(f"file:{self.config.files.database}?mode=ro", uri=True)

    # What may happen, to one of the cameras.

    def read(self, camera: Acting) -> None:
        for _ in range(self.chance.randint(1, 5)):
            camera.store(self.chance.random() < 0.3)

    def wait(self, camera: Acting) -> None:
        self.clocks.now_s += self.chance.choice([0.1, 0.6, 3.0, 30.0, 4000.0])

    def send(self, camera: Acting) -> None:
        camera.send(self.chance.randint(1, 10))

    def arrive(self, camera: Acting) -> None:
        """Some of what is under way from all cameras comes to one of the workers, in any order."""
        from alpr_city.errors import VaultError

        taken = [
            (channel, one.name, payload)
            for one in self.cameras
            if one.apart == 0
            for channel, payload in self._drawn(one.up)
        ]
        self.chance.shuffle(taken)
        fault = self.chance.random()
        self.town.vault.broken = (
            "arrive_matched" if fault < 0.05 else "receipt" if fault < 0.15 else None
        )
        try:
            self._deliver(self.chance.randrange(2), taken)
        except VaultError:
            self.done["vault away"] += 1
        self.town.vault.broken = None

    def answer(self, camera: Acting) -> None:
        """Some of the city's words come to the camera, in any order."""
        if camera.apart == 0:
            for payload in self._drawn(camera.down):
                self._hear(camera, payload)

    def cut(self, camera: Acting) -> None:
        """The connection ends, and what was under way with it."""
        camera.up.clear()
        camera.down.clear()
        camera.connect()

    def part(self, camera: Acting) -> None:
        """Nothing comes through either way for some steps, and nobody is told."""
        camera.apart = self.chance.randint(2, 10)

    def cut_power(self, camera: Acting) -> None:
        camera.start()

    def kill_ingest(self, camera: Acting) -> None:
        self.town.crash(self.chance.randrange(2))

    def copy_city(self, camera: Acting) -> None:
        self.copy = self.folder / "copy.db"
        self.copy.unlink(missing_ok=True)
        with closing(sqlite3.connect(self.copy)) as copy:
            self.look.backup(copy)

    def restore_city(self, camera: Acting) -> None:
        if self.copy is None:
            return
        self.town.let_go()
        self.look.close()
        for suffix in ("-wal", "-shm"):
            Path(f"{self.config.files.database}{suffix}").unlink(missing_ok=True)
        shutil.copy(self.copy, self.config.files.database)
        self.look = sqlite3.connect(f"file:{self.config.files.database}?mode=ro", uri=True)
        self.town.crash(0)
        self.town.crash(1)
        self.went_back = True
        self._checked = ()

    def forget(self, camera: Acting) -> None:
        """The grace is over."""
        camera.forgot = camera.outbox.forget(0.0) > 0 or camera.forgot

    def jump(self, camera: Acting) -> None:
        """A clock is set, on the road or in the city."""
        by_us = self.chance.choice((-400, -1, -0.01, 0.01, 1, 400)) * 86400e6
        if self.chance.random() < 0.5:
            self.clocks.camera_us += int(by_us)
        else:
            self.clocks.city_us += int(by_us)

    def pass_a_day(self, camera: Acting) -> None:
        self.clocks.day += timedelta(self.chance.choice((1, 1, 3)))

    def purge(self, camera: Acting) -> None:
        """Days before yesterday have had their time; perhaps it is cut off."""
        from alpr_city.errors import VaultError

        step = self.chance.choice((None, None, "destroy_day", "certify_purge"))
        try:
            self.done["purged days"] += len(self.town.purge(broken=step))
        except VaultError:
            self.done["purge cut off"] += 1

    ACTIONS = (
        *((read, 6), (wait, 3), (send, 8), (arrive, 8), (answer, 6)),
        *((cut, 1), (part, 0.5), (kill_ingest, 1), (cut_power, 1)),
        *((copy_city, 1), (restore_city, 1), (forget, 0.5)),
        *((jump, 0.7), (pass_a_day, 0.7), (purge, 0.4)),
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

    def _deliver(self, worker: int, messages: list[tuple[Channel, str, bytes]]) -> None:
        by_name = {camera.name: camera for camera in self.cameras}
        for name, payload in self.town.take(worker, messages):
            assert PLATE.encode() not in payload
            by_name[name].down.append(payload)

    def _hear(self, camera: Acting, payload: bytes) -> None:
        said = open_answer(payload, camera=camera.name, key=self.receipt_key)
        camera.sender.heard(said, self.clocks.now_s)
        try:
            camera.outbox.take(said, payload)
        except ReceiptError as error:
            raise AssertionError(f"a true receipt was refused: {error}") from error

    # What must hold.

    def check(self) -> None:
        """Each sequence number is on the camera, stored, purged, or in a gap on record."""
        state = (*self._rows("PRAGMA data_version"), *(c.changes() for c in self.cameras))
        if state == self._checked:
            return  # neither side has written anything
        stored = self._rows("SELECT s.stream, r.seq, r.encoding FROM record r, stream s"
                            " WHERE s.id = r.stream_id")  # fmt: skip
        gaps, purged = self._spans("gap"), self._spans("purged_span")
        for camera in self.cameras:
            camera.note_written()
            mine = [(seq, bytes(data)) for stream, seq, data in stored if stream == camera.stream]
            city = dict(mine)
            assert len(city) == len(mine), "a record is stored twice"
            for seq, encoding in mine:
                assert encoding == camera.written[seq], f"record {seq} is stored as something else"
            gone, destroyed = gaps[camera.stream], purged[camera.stream]
            assert not destroyed & gone, "a record is purged and in a gap"
            assert not gone & set(city), "a record is stored and in a gap"
            if not (camera.forgot and self.went_back):
                assert not gone, "a gap where nothing was lost"
                missing = set(camera.written) - camera.held() - set(city) - destroyed
                assert not missing, f"records {sorted(missing)} are nowhere"
        self._checked = state

    def heal(self) -> None:
        """Everything works again: in the end cameras and city must agree."""
        for camera in self.cameras:
            camera.apart = 0
            camera.store(False)
        for _ in range(MOST_HEALING):
            self.clocks.now_s += 30.0
            for camera in self.cameras:
                camera.note_written()
                camera.send(20)
                up, camera.up = camera.up, []
                self._deliver(0, [(channel, camera.name, payload) for channel, payload in up])
                down, camera.down = camera.down, []
                for payload in down:
                    self._hear(camera, payload)
            if all(self._agrees(camera) for camera in self.cameras):
                break
        else:
            raise AssertionError("cameras and city do not come together")
        self.town.purge(broken=None)
        self.check()
        stored = self._rows("SELECT s.stream, r.seq FROM record r, stream s"
                            " WHERE s.id = r.stream_id")  # fmt: skip
        gaps, purged = self._spans("gap"), self._spans("purged_span")
        for camera in self.cameras:
            city = {seq for stream, seq in stored if stream == camera.stream}
            parts = [city, gaps[camera.stream], purged[camera.stream]]
            assert set.union(*parts) == set(camera.written), "not every record is accounted for"
            assert sum(map(len, parts)) == len(camera.written), "a record is accounted for twice"
            self.town.verify(camera.name)
            self.done["gaps"] += bool(parts[1])
            self.done["purged spans"] += bool(parts[2])
        open_ends = self._rows(
            "SELECT count(*) FROM purged_span p WHERE NOT EXISTS"
            " (SELECT 1 FROM purge c WHERE c.id = p.certificate AND c.stage = 'certified')"
        )
        assert open_ends == [(0,)], "something was purged without a certificate"

    def scan(self) -> None:
        """No plate is in any file."""
        for file in self.folder.rglob("*"):
            if file.is_file():
                assert PLATE.encode() not in file.read_bytes(), f"a plate is in {file.name}"

    def _agrees(self, camera: Acting) -> bool:
        last = max(camera.written)
        place = self._rows("SELECT seq FROM stream WHERE stream = ?", camera.stream)
        receipted = camera.outbox.state()["receipted_seq"]
        return place == [(last,)] and receipted == last and camera.sender.done

    def _rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        return self.look.execute(statement, values).fetchall()

    def _spans(self, table: str) -> Counter[bytes]:
        found: Any = {camera.stream: set() for camera in self.cameras}
        for stream, first, last in self._rows(
            f"SELECT s.stream, g.first_seq, g.last_seq FROM {table} g, stream s"
            " WHERE s.id = g.stream_id"
        ):
            found[bytes(stream)] |= set(range(first, last + 1))
        return found

    def run(self) -> None:
        actions, weights = zip(*self.ACTIONS, strict=True)
        for _ in range(STEPS):
            action = self.chance.choices(actions, weights)[0]
            action(self, self.chance.choice(self.cameras))
            self.done[action.__name__] += 1
            for camera in self.cameras:
                camera.apart = max(0, camera.apart - 1)
            self.check()
        self.heal()
        self.scan()

    def close(self) -> None:
        self.look.close()
        for camera in self.cameras:
            camera.close()
        self.town.close()
        self.clocks.take_away()


class _Listener(logging.Handler, ContextDecorator):
    """No plate in anything that is logged, of any level."""

    LOGGERS = ("alpr_edge", "alpr_city", "alpr_wire")

    def __enter__(self) -> Self:
        for name in self.LOGGERS:
            logging.getLogger(name).addHandler(self)
            logging.getLogger(name).setLevel(logging.DEBUG)
        return self

    def __exit__(self, *_: object) -> None:
        for name in self.LOGGERS:
            logging.getLogger(name).removeHandler(self)
            logging.getLogger(name).setLevel(logging.NOTSET)

    def emit(self, record: logging.LogRecord) -> None:
        assert PLATE not in repr(record.__dict__), "a plate is in the log"


@_Listener()
def simulate(first: int, last: int) -> Counter[str]:
    """Histories `first` to `last`; what happened in them. The first that does not hold is raised.

    Raises:
        AssertionError: A history does not hold; its seed is on standard error.
    """
    done: Counter[str] = Counter()
    place = MEMORY if MEMORY.exists() else None
    root = Path(tempfile.mkdtemp(prefix="alpr-simulation-", dir=place))
    templates = Templates()
    city = None
    try:
        for seed in range(first, last + 1):
            if city is None or seed % A_VAULT == 0:
                if city is not None:
                    city.vault.close()
                city = make_vault(root / f"vault-{seed}")
            folder = root / str(seed)
            folder.mkdir()
            history = History(seed, folder, templates, city)
            try:
                history.run()
            except BaseException:
                print(f"history {seed} does not hold", file=sys.stderr)
                raise
            finally:
                history.close()
                shutil.rmtree(folder)
            done += history.done
            done["histories"] += 1
            done["cameras"] += len(history.cameras)
        for file in root.rglob("*"):
            if file.is_file():
                assert PLATE.encode() not in file.read_bytes(), f"a plate is in {file.name}"
    finally:
        if city is not None:
            city.vault.close()
        templates.close()
        shutil.rmtree(root)
    return done


def _part(first: int, last: int) -> dict[str, Any]:
    gc.freeze()  # Django and all else that stays need not be looked through again and again
    try:
        return {"done": dict(simulate(first, last))}
    except Exception as error:
        return {"fault": f"{type(error).__name__}: {error}"}


def main() -> int:
    """Run the histories of a range of seeds, part by part."""
    parser = argparse.ArgumentParser(prog="make simulate", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("first", type=int)
    parser.add_argument("last", type=int)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--log", type=Path, help="keep finished parts; go on there")
    args = parser.parse_args()
    began_s = time.monotonic()
    parts: dict[int, dict[str, Any]] = {}
    if args.log and args.log.exists():
        parts = {(p := json.loads(line))["first"]: p for line in args.log.read_text().splitlines()}
    ends = {
        max(first, args.first): min(first + A_PART - 1, args.last)
        for first in range(args.first // A_PART * A_PART, args.last + 1, A_PART)
    }
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(args.jobs, mp_context=context) as pool:
        waiting = {
            pool.submit(_part, first, last): first
            for first, last in ends.items()
            if parts.get(first, {}).get("last") != last
        }
        for part in as_completed(waiting):
            first = waiting[part]
            parts[first] = {"first": first, "last": ends[first], **part.result()}
            if args.log and "fault" not in parts[first]:
                with args.log.open("a") as log:
                    print(json.dumps(parts[first]), file=log)
    mine = [parts[first] for first in ends]
    done = sum((Counter(part.get("done", {})) for part in mine), Counter())
    faults = [f"{p['first']} to {p['last']}: {p['fault']}" for p in mine if "fault" in p]
    print(
        f"histories {args.first} to {args.last}: {done.pop('histories', 0):,} hold,"
        f" {time.monotonic() - began_s:.0f} s"
    )
    for what, count in sorted(done.items()):
        print(f"  {what:<14} {count:>10,}")
    for fault in faults:
        print(f"  {fault}")
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main())
