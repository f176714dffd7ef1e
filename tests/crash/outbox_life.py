"""One outbox's life from power cut to power cut, and what must be true after each of them.

Everything that was acknowledged is written down in a `Story`. After a cut the real outbox opens
what survived, and must hold all of it: the same bytes, in one unbroken chain, with their pictures.
"""

from __future__ import annotations

import hashlib
import random
import sqlite3
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from alpr_edge.buffer import aside
from alpr_edge.buffer import outbox as outbox_module
from alpr_edge.buffer.outbox import Outbox
from alpr_edge.buffer.room import OutboxLimits
from alpr_edge.errors import AlprError, OutboxError
from alpr_wire import chain
from alpr_wire.receipts import Receipt
from alpr_wire.records import GapCause, Kind, decode_record
from tests.buffer.cast import DEVICE, passage
from tests.crash.disk import Disk, Files
from tests.crash.verdict import Verdict
from tests.crash.vfs import Simulated

# Small, so that pictures are shed and reads forgotten within a life.
LIMITS = OutboxLimits(most_bytes=4 << 20, picture_bytes=48 << 10, ballast_bytes=4096)
# The ballast lies on a real disk; in memory it waits for no other process's writes.
MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None
# The same bytes stand on every disk of a life, and mean the same each time.
decoded_record = lru_cache(4096)(decode_record)
# Share of lives in which a step fails at work, and chance of a cut at each change of the disk.
ERRS, WATCHED = 0.3, 0.15


@dataclass(slots=True)
class Story:
    """What was acknowledged."""

    records: dict[int, bytes] = field(default_factory=dict)
    pictures: dict[tuple[int, int], bytes] = field(default_factory=dict)
    """SHA-256 of the sealed bytes."""
    receipted: int = -1
    stream: bytes | None = None

    def copy(self) -> Story:
        """As it is now."""
        return Story(dict(self.records), dict(self.pictures), self.receipted, self.stream)


@dataclass(frozen=True, slots=True)
class Cut:
    """What one power cut left, and what had been acknowledged by then."""

    files: Files
    story: Story


class OutboxLife:
    """Power on, store, cut; again and again on the same disk."""

    def __init__(self, simulated: Simulated, seed: int, *, lies: float, weaken: str = "") -> None:
        """`weaken` is a pragma that breaks the promise, to see whether that is found."""
        self._simulated, self._rng, self._lies, self._weaken = (
            simulated, random.Random(seed), lies, weaken
        )  # fmt: skip
        simulated.rng = random.Random(seed + 1)
        self._story = Story()
        self._cuts: list[Cut] = []
        self.verdict = Verdict()

    def live(self, cuts: int) -> None:
        """At least so many power cuts."""
        files: Files = {}
        with tempfile.TemporaryDirectory(dir=MEMORY) as name, self._prepared():
            self._folder = Path(name)
            while self.verdict.cuts < cuts:
                # Most cuts are of what was alive a moment ago; the last of them is lived on from.
                files = self._power_on(files)
                for cut in self._cuts:
                    self._recover(cut)
                self._cuts.clear()
                if self.verdict.lost or self._rng.random() < 0.06:
                    files, self._story = {}, Story()  # a new card

    def _power_on(self, files: Files) -> Files:
        """Boot, work, and lose power at some step; what is left."""
        rng = self._rng
        disk = self._simulated.disk = Disk(files, lies=self._lies, seed=rng.getrandbits(32))
        disk.off_at = rng.choice((rng.randint(1, 70), rng.randint(60, 250)))
        disk.watch = self._maybe_cut
        errs = rng.random() < ERRS
        if errs:  # an I/O error, in recovery or at work, and the process opens it anew
            disk.fail_at = rng.choice((rng.randint(1, 40), rng.randint(40, 300)))
        self._work(disk)
        if errs and disk.on:
            disk.fail_at = None
            self._work(disk)
        disk.on = False
        left = disk.survivors(rng)
        self._cuts.append(Cut(left, self._story.copy()))
        return left

    def _maybe_cut(self) -> None:
        if self._rng.random() < WATCHED:
            disk = self._simulated.disk
            self._cuts.append(Cut(disk.survivors(self._rng), self._story.copy()))

    def _work(self, disk: Disk) -> None:
        """A process from its start to its end by power cut, by I/O error or by its own."""
        outbox = None
        try:
            outbox = Outbox(self._folder, DEVICE, LIMITS)
            pages = self._rng.choice((4, 20, 1000))
            outbox._db.execute(f"PRAGMA wal_autocheckpoint = {pages}")
            self._note(outbox)
            for _ in range(self._rng.randint(1, 30)):
                self._do(outbox)
                self._note(outbox)
        except (OutboxError, sqlite3.Error) as error:
            if disk.on and disk.fail_at is None:
                self.verdict.fault(f"failed on a sound disk: {error}")
        finally:
            if outbox is not None:
                with suppress(sqlite3.Error):  # the disk is gone
                    outbox.close()
            self._simulated.end_process()

    def _do(self, outbox: Outbox) -> None:
        rng = self._rng
        what = rng.random()
        if what < 0.75:
            sizes = {"crop": rng.randint(100, 6000), "overview": rng.randint(1000, 12000)}
            pictures = {k: rng.randbytes(n) for k, n in sizes.items() if rng.random() < 0.5}
            outbox.store(passage(), pictures)
        elif what < 0.85:
            outbox.store_event(Kind.CLOCK, {1: 1, 2: 2, 3: 3})
        elif what < 0.95:
            held = sorted(self._story.records)
            if not held:  # all is receipted and forgotten
                return
            seq = rng.choice(held)
            row = outbox._db.execute("SELECT head FROM records WHERE seq = ?", (seq,)).fetchone()
            sent = [k for k in self._story.pictures if k[0] <= seq and rng.random() < 0.7]
            receipt = Receipt(
                camera=DEVICE.camera, stream=outbox.stream, seq=seq, digest=row[0],
                pictures=tuple(sent), at_us=1,
            )  # fmt: skip
            outbox.take(receipt, b"statement")
            self._story.receipted = max(self._story.receipted, seq)
        else:
            outbox.forget(-1.0)

    def _note(self, outbox: Outbox) -> None:
        """Write down what has just been acknowledged."""
        db, story = outbox._db, self._story
        if story.stream != outbox.stream:
            story.stream, story.records, story.pictures, story.receipted = outbox.stream, {}, {}, -1
        story.records = {int(s): e for s, e in db.execute("SELECT seq, encoding FROM records")}
        story.pictures = {
            (int(s), int(k)): hashlib.sha256(d).digest()
            for s, k, d in db.execute("SELECT seq, kind, data FROM pictures")
        }
        # A receipt may be in the file though taking it failed: the I/O error came after its commit.
        (noted,) = db.execute("SELECT ifnull(max(seq), -1) FROM receipts").fetchone()
        story.receipted = max(story.receipted, noted)

    def _recover(self, cut: Cut) -> None:
        """Open what a cut left with the real outbox, perhaps failing once, and look."""
        rng, story = self._rng, cut.story
        disk = self._simulated.disk = Disk(cut.files)
        if rng.random() < 0.2:
            disk.fail_at = rng.randint(1, 60)
            try:
                Outbox(self._folder, DEVICE, LIMITS).close()
            except OutboxError as error:
                if aside.is_damaged(error) and not self._lies:
                    self.verdict.fault(f"an I/O error passed for damage: {error}")
            except sqlite3.Error:
                pass  # while closing
            self._simulated.end_process()
            disk.fail_at = None
            if rng.random() < 0.5:  # and power fails again
                disk = self._simulated.disk = Disk(disk.survivors(rng))
        self.verdict.cuts += 1
        try:
            outbox = Outbox(self._folder, DEVICE, LIMITS)
        except OutboxError as error:
            self.verdict.judge("damaged" if aside.is_damaged(error) else "refused", str(error))
            return
        try:
            self.verdict.judge(*held(outbox, story))
        finally:
            outbox.close()

    @contextmanager
    def _prepared(self) -> Iterator[None]:
        """The folder is synced on the simulated disk as well; and the promise may be broken."""
        real_sync, real_connect = outbox_module.sync_folder, outbox_module.connect

        def connect(path: Path, most_bytes: int) -> sqlite3.Connection:
            connection = real_connect(path, most_bytes)
            if self._weaken:
                connection.execute(self._weaken)
            return connection

        outbox_module.sync_folder = lambda folder: self._simulated.disk.sync_names()
        outbox_module.connect = connect
        chain.decode_record = decoded_record
        try:
            yield
        finally:
            chain.decode_record = decode_record
            outbox_module.sync_folder, outbox_module.connect = real_sync, real_connect


def held(outbox: Outbox, story: Story) -> tuple[str, str]:
    """Whether an outbox holds what a story acknowledges: a word for it, and what is wrong."""
    try:
        outbox.verify()
    except AlprError as error:
        return "damaged", str(error)
    db = outbox._db
    records = {int(s): e for s, e in db.execute("SELECT seq, encoding FROM records")}
    pictures = {
        (int(s), int(k)): hashlib.sha256(d).digest()
        for s, k, d in db.execute("SELECT seq, kind, data FROM pictures")
    }
    shown: defaultdict[int, set[tuple[int, bytes]]] = defaultdict(set)
    for (seq, kind), digest in pictures.items():
        shown[seq].add((kind, digest))
    gaps = [d.body for e in records.values() if (d := decoded_record(e)).kind is Kind.GAP]
    # Bytes that are not what was written would be worse than bytes that are gone.
    for seq, encoding in records.items():
        if (
            seq in story.records
            and outbox.stream == story.stream
            and (encoding != story.records[seq])
        ):
            return "forked", f"record {seq} has other bytes"
        decoded = decoded_record(encoding)
        if decoded.kind is Kind.READ:
            promised = {(kind, digest) for kind, digest, _ in decoded.body[5]}
            if not shown[seq] <= promised:
                return "damaged", f"a picture of record {seq} has other bytes"
    if story.records and outbox.stream != story.stream:
        return "lost", "the whole stream"
    oldest = outbox._base()[0]
    for seq in story.records:
        if seq not in records and not (
            seq <= oldest and (seq <= story.receipted or _covered(seq, gaps, GapCause.SHED_READS))
        ):
            return "lost", f"record {seq}"
    for seq, kind in story.pictures:
        if (
            (seq, kind) not in pictures
            and seq > oldest
            and not _covered(seq, gaps, GapCause.SHED_PICTURES)
        ):
            return "lost", f"picture {kind} of record {seq}"
    row = db.execute("SELECT max(seq) FROM receipts").fetchone()
    if story.receipted >= 0 and (row[0] is None or row[0] < story.receipted):
        return "lost", f"the receipt of record {story.receipted}"
    return "whole", ""


def _covered(seq: int, gaps: list[dict[int, object]], cause: GapCause) -> bool:
    return any(g[1] == cause and g[2] <= seq <= g[3] for g in gaps)  # type: ignore[operator]
