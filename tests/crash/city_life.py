"""The city's store from power cut to power cut: records, tokens, positions and pictures.

Django, the store and the picture files are the real ones; what a camera sends is random bytes, for
the store does not look inside. A commit or a picture that returned was acknowledged, which is when
the vault signs its receipt.
"""

from __future__ import annotations

import random
import shutil
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

from tests.city.databases import Templates
from tests.crash.disk import Disk, Files
from tests.crash.verdict import Verdict
from tests.crash.vfs import Simulated

ERRS, WATCHED = 0.3, 0.15
DAY = date(2026, 11, 25)
CAMERA, STREAM = "cam-0001", bytes(16)
Rows = dict[tuple[int, ...], bytes]


@dataclass(slots=True)
class Story:
    """What was acknowledged."""

    records: Rows = field(default_factory=dict)
    pictures: Rows = field(default_factory=dict)

    def copy(self) -> Story:
        """As it is now."""
        return Story(dict(self.records), dict(self.pictures))


def begin() -> tuple[Path, Files]:
    """A migrated database with one camera, made on the real disk; its folder and its bytes."""
    folder = Path(tempfile.mkdtemp(prefix="alpr-crash-"))
    config = Templates().fresh("sqlite", folder)

    from django.db import connection  # Django's own: only after it was set up

    from alpr_city.reads.models import Camera
    from alpr_city.reads.store import Store

    Camera.objects.create(name=CAMERA, signing_key=bytes(32), admitted_at=datetime.now(UTC))
    Store().open_stream(CAMERA, STREAM, bytes(32))
    connection.close()
    return folder, {str(config.files.database): config.files.database.read_bytes()}


class CityLife:
    """Power on, commit, cut; again and again on the same disk."""

    def __init__(
        self,
        simulated: Simulated,
        seed: int,
        *,
        lies: float,
        weaken: str = "",
        start: tuple[Path, Files],
    ) -> None:
        self._simulated, self._rng, self._lies = simulated, random.Random(seed), lies
        self._weaken = weaken
        self._folder, self._first = start
        simulated.rng = random.Random(seed + 1)
        self._story = Story()
        self._cuts: list[tuple[Files, Story]] = []
        self.verdict = Verdict()

    def live(self, cuts: int) -> None:
        """At least so many power cuts."""
        files = self._first
        while self.verdict.cuts < cuts:
            files = self._power_on(files)
            for left, story in self._cuts:
                self._recover(left, story)
            self._cuts.clear()
            if self.verdict.lost or self._rng.random() < 0.2:
                files, self._story, self.verdict.lost = self._first, Story(), False

    def _power_on(self, files: Files) -> Files:
        rng = self._rng
        disk = self._simulated.disk = Disk(files, lies=self._lies, seed=rng.getrandbits(32))
        disk.off_at = rng.choice((rng.randint(1, 30), rng.randint(20, 150)))
        disk.watch = self._maybe_cut
        errs = rng.random() < ERRS
        if errs:
            disk.fail_at = rng.choice((rng.randint(1, 40), rng.randint(40, 200)))
        self._work(disk)
        if errs and disk.on:
            disk.fail_at = None
            self._work(disk)
        disk.on = False
        left = disk.survivors(rng)
        self._cuts.append((left, self._story.copy()))
        return left

    def _maybe_cut(self) -> None:
        if self._rng.random() < WATCHED:
            disk = self._simulated.disk
            self._cuts.append((disk.survivors(self._rng), self._story.copy()))

    def _work(self, disk: Disk) -> None:
        self._run(self._take_in, lambda said: disk.on and disk.fail_at is None and said)

    def _take_in(self) -> None:
        """An ingest worker, from its start on."""
        from django.db import connection

        from alpr_city.reads.pictures import PictureStore
        from alpr_city.reads.store import Intake, Store

        rng, store, pictures = self._rng, Store(), PictureStore(self._folder / "pictures")
        try:
            store.settle()
            pages = rng.choice((4, 20, 4000))
            connection.connection.execute(f"PRAGMA wal_autocheckpoint = {pages}")
            if self._weaken:
                connection.connection.execute(self._weaken)
            place = store.position(CAMERA, STREAM)
            assert place is not None
            for _ in range(rng.randint(1, 8)):
                rows = {
                    (place.seq + n,): rng.randbytes(rng.randint(100, 900))
                    for n in range(1, rng.randint(2, 12))
                }
                intake = Intake(day=DAY)
                intake.records = [(DAY, place.id, s, 1, e, None, s) for (s,), e in rows.items()]
                intake.tokens = [(DAY, rng.getrandbits(40), place.id, s) for (s,) in rows]
                place.seq += len(rows)
                place.digest, place.signature = rng.randbytes(32), bytes(64)
                intake.positions = [place]
                store.commit(intake)
                self._story.records |= rows
                if rng.random() < 0.5:
                    seq = rng.randint(0, place.seq)
                    key, data = (place.id, seq, 1), random.Random(seq).randbytes(500 + seq % 5500)
                    pictures.put(DAY, [(*key, data)])
                    self._story.pictures[key] = data
        finally:
            with suppress(sqlite3.Error):
                pictures.close()

    def _run(self, work: Callable[[], None], fault: Callable[[str], object]) -> None:
        """Do it as a process would, which ends with whatever the disk does to it."""
        from django.db import Error, connection

        try:
            work()
        except (Error, sqlite3.Error) as error:
            if fault(str(error)):
                self.verdict.fault(f"failed on a sound disk: {error}")
        finally:
            with suppress(Error, sqlite3.Error):
                connection.close()
            connection.connection = None
            self._simulated.end_process()

    def _recover(self, files: Files, story: Story) -> None:
        disk = self._simulated.disk = Disk(files)
        if self._rng.random() < 0.2:
            disk.fail_at = self._rng.randint(1, 60)
            self._run(lambda: self._look(story, judge=False), lambda said: False)
            disk.fail_at = None
            if self._rng.random() < 0.5:
                self._simulated.disk = Disk(disk.survivors(self._rng))
        self.verdict.cuts += 1
        self._run(lambda: self._look(story), lambda said: self.verdict.judge("damaged", said))

    def _look(self, story: Story, *, judge: bool = True) -> None:
        from django.db import connection

        from alpr_city.reads.pictures import PictureStore
        from alpr_city.reads.store import Store

        store, pictures = Store(), PictureStore(self._folder / "pictures")
        try:
            store.settle()
            place = store.position(CAMERA, STREAM)
            assert place is not None
            with connection.cursor() as cursor:
                cursor.execute("PRAGMA quick_check(1)")
                (verdict,) = cursor.fetchone()
                cursor.execute("SELECT seq, encoding FROM record ORDER BY seq")
                held = {(int(s),): bytes(e) for s, e in cursor.fetchall()}
                cursor.execute("SELECT count(DISTINCT seq) FROM token")
                (tokens,) = cursor.fetchone()
            seen: Rows = {}
            pictures.put(DAY, [])  # it looks for the file with the real disk's eyes
            for stream, seq in {key[:2] for key in story.pictures}:
                for kind, data in pictures.get(DAY, stream, seq):
                    seen[stream, seq, kind] = data
        finally:
            with suppress(sqlite3.Error):
                pictures.close()
        if not judge:
            return
        if verdict != "ok":
            self.verdict.judge("damaged", verdict)
        elif list(held) != [(n,) for n in range(place.seq + 1)] or tokens != len(held):
            self.verdict.judge("lost", "records, tokens and position do not agree")
        elif not story.records.items() <= held.items():
            self.verdict.judge("lost", "a record that was committed")
        elif not story.pictures.items() <= seen.items():
            self.verdict.judge("lost", "a picture that was kept")
        else:
            self.verdict.judge("whole", "")


def end(start: tuple[Path, Files]) -> None:
    """Remove what `begin` made."""
    shutil.rmtree(start[0], ignore_errors=True)
