"""The vault's keyring and access log from power cut to power cut.

Both are the real ones on the simulated disk; the key-encryption key and the backups lie on a disk
that keeps everything, and are put back as they were at each cut. A call that returned was
acknowledged: a key may be used for what is then receipted, a plate is shown, a key counts as dead.
"""

from __future__ import annotations

import random
import shutil
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from alpr_city.errors import KeyGoneError, VaultError
from alpr_city.vault import access_log
from alpr_city.vault.access_log import Access, AccessLog
from alpr_city.vault.backup import Backup, draw_seeds, public_of
from alpr_city.vault.kek import FileKek
from alpr_city.vault.keyring import Keyring, Use
from tests.city.vaults import ACCESS
from tests.crash.disk import Disk, Files
from tests.crash.verdict import Verdict
from tests.crash.vfs import Simulated

ERRS, WATCHED = 0.3, 0.15
MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None
SIGNING = Ed25519PrivateKey.from_private_bytes(bytes([7]) * 32)


@dataclass(slots=True)
class Story:
    """What was acknowledged."""

    keys: dict[str, bytes] = field(default_factory=dict)
    dead: set[str] = field(default_factory=set)
    dying: set[str] = field(default_factory=set)
    """To be destroyed by the call that the power cut short: either is right."""
    entries: list[tuple[bytes, bytes]] = field(default_factory=list)
    """Body and head of each access record."""

    def copy(self) -> Story:
        """As it is now."""
        return Story(dict(self.keys), set(self.dead), set(self.dying), list(self.entries))


@dataclass(frozen=True, slots=True)
class Cut:
    """What a power cut left on both disks, and what had been acknowledged by then."""

    files: Files
    keks: Files
    story: Story


class VaultLife:
    """Power on, work, cut; again and again on the same disk."""

    def __init__(self, simulated: Simulated, seed: int, *, lies: float, weaken: str = "") -> None:
        """`weaken` is a pragma that breaks the promise, to see whether that is found."""
        self._simulated, self._rng, self._lies = simulated, random.Random(seed), lies
        self._weaken = weaken
        simulated.rng = random.Random(seed + 1)
        self._story = Story()
        self._cuts: list[Cut] = []
        self._count = 0
        self._killed: list[Keyring | AccessLog] = []
        self.verdict = Verdict()

    def live(self, cuts: int) -> None:
        """At least so many power cuts."""
        self._folder = Path(tempfile.mkdtemp(prefix="alpr-crash-", dir=MEMORY))
        try:
            self._begin()
            cut = Cut({}, self._keks(), Story())
            while self.verdict.cuts < cuts:
                cut = self._power_on(cut)
                for one in self._cuts:
                    self._recover(one)
                self._cuts.clear()
                if self.verdict.lost or self._rng.random() < 0.1:
                    cut = Cut({}, self._keks(), Story())
                    self.verdict.lost = False
        finally:
            shutil.rmtree(self._folder)

    def _begin(self) -> None:
        FileKek.create(self._folder / "kek")
        (self._folder / "keys.db").touch()  # the vault sets its mode with the real disk's eyes
        (self._folder / "recovery.pub").write_bytes(public_of(draw_seeds()))

    def _power_on(self, cut: Cut) -> Cut:
        rng = self._rng
        self._put_back(cut.keks)
        self._story = cut.story.copy()
        disk = self._simulated.disk = Disk(cut.files, lies=self._lies, seed=rng.getrandbits(32))
        disk.off_at = rng.choice((rng.randint(1, 40), rng.randint(30, 200)))
        disk.watch = self._maybe_cut
        errs = rng.random() < ERRS
        if errs:
            disk.fail_at = rng.choice((rng.randint(1, 40), rng.randint(40, 250)))
        self._run(self._work, lambda said: disk.on and disk.fail_at is None and said)
        if errs and disk.on:
            disk.fail_at = None
            self._run(self._work, lambda said: disk.on and said)
        disk.on = False
        last = Cut(disk.survivors(rng), self._keks(), self._story.copy())
        self._cuts.append(last)
        return last

    def _maybe_cut(self) -> None:
        if self._rng.random() < WATCHED:
            left = self._simulated.disk.survivors(self._rng)
            self._cuts.append(Cut(left, self._keks(), self._story.copy()))

    def _open(self) -> tuple[Keyring, AccessLog]:
        backup = Backup.to(self._folder / "backup", self._folder / "recovery.pub")
        keyring = Keyring(self._folder / "keys.db", FileKek(self._folder / "kek"), backup)
        try:
            log = AccessLog(self._folder / "access.db", SIGNING, lambda _: bytes(32))
        except VaultError:
            keyring.close()
            raise
        return keyring, log

    def _work(self) -> None:
        """A vault from its start to its end; after an error of the disk it may go on."""
        keyring, log = self._open()
        if self._weaken:
            keyring._db.execute(self._weaken)
            log._db.execute(self._weaken)
        try:
            for _ in range(self._rng.randint(1, 25)):
                try:
                    self._do(keyring, log)
                except (VaultError, sqlite3.Error):
                    if not self._simulated.disk.on or self._rng.random() < 0.5:
                        raise
        finally:
            if self._rng.random() < 0.5:
                with suppress(sqlite3.Error):
                    log.close()
                with suppress(sqlite3.Error):
                    keyring.close()
            else:  # it was killed, and nothing of it may close a file later
                self._killed += [keyring, log]

    def _do(self, keyring: Keyring, log: AccessLog) -> None:
        rng, story = self._rng, self._story
        what = rng.random()
        if what < 0.6:
            seq = log.append(Access(**{**ACCESS, "case": f"26-{rng.randrange(9999):04}"}))
            if rng.random() < 0.5:
                log.outcome(seq, 1, [bytes(24)])
            self._note(log)
        elif what < 0.85:
            self._count += 1
            label = f"day {self._count}"
            story.keys[label] = keyring.make(Use.DAY, label, rng.randbytes(32))
        elif what < 0.95 and story.keys:
            label = rng.choice(sorted(story.keys))
            story.dying.add(label)
            with suppress(KeyGoneError):  # by a call before, which failed afterwards
                keyring.destroy(Use.DAY, label, "retention")
            del story.keys[label]
            story.dying.discard(label)
            story.dead.add(label)
        else:
            keyring.rotate()

    def _note(self, log: AccessLog) -> None:
        rows = log._db.execute("SELECT body, head FROM entries ORDER BY seq").fetchall()
        self._story.entries = [(bytes(body), bytes(head)) for body, head in rows]

    def _run(self, work: Callable[[], None], fault: Callable[[str], object]) -> None:
        """Do it as a process would, which ends with whatever the disk does to it."""
        try:
            work()
        except (VaultError, sqlite3.Error) as error:
            if fault(str(error)):
                self.verdict.fault(f"failed on a sound disk: {error}")
        finally:
            self._simulated.end_process()

    def _recover(self, cut: Cut) -> None:
        self._put_back(cut.keks)
        disk = self._simulated.disk = Disk(cut.files)
        if self._rng.random() < 0.2:
            disk.fail_at = self._rng.randint(1, 60)
            self._run(lambda: self._look(cut.story, judge=False), lambda _: False)
            disk.fail_at = None
            if self._rng.random() < 0.5:
                self._simulated.disk = Disk(disk.survivors(self._rng))
        self.verdict.cuts += 1
        self._run(lambda: self._look(cut.story), lambda said: self.verdict.judge("damaged", said))

    def _look(self, story: Story, *, judge: bool = True) -> None:
        keyring, log = self._open()
        try:
            said = self._compare(keyring, log, story)
        finally:
            with suppress(sqlite3.Error):
                log.close()
            with suppress(sqlite3.Error):
                keyring.close()
        if judge:
            self.verdict.judge(*said)

    def _compare(self, keyring: Keyring, log: AccessLog, story: Story) -> tuple[str, str]:
        for label, secret in story.keys.items():
            try:
                if keyring.secret(Use.DAY, label) != secret:
                    return "damaged", f"the key {label} is another"
            except KeyGoneError:
                if label not in story.dying:
                    return "lost", f"the key {label}"
        for label in story.dead:
            if keyring.has(Use.DAY, label):
                return "lost", f"the death of the key {label}"
        for fault in access_log.verify(log.path):
            return "damaged", fault
        rows = log._db.execute("SELECT body, head FROM entries ORDER BY seq").fetchall()
        held = [(bytes(body), bytes(head)) for body, head in rows]
        if held[: len(story.entries)] != story.entries:
            return "lost", f"one of {len(story.entries)} access records; {len(held)} are there"
        return "whole", ""

    def _keks(self) -> Files:
        return {path.name: path.read_bytes() for path in self._folder.glob("kek*")}

    def _put_back(self, keks: Files) -> None:
        for path in self._folder.glob("kek*"):
            path.unlink()
        for name, data in keks.items():
            (self._folder / name).write_bytes(data)
            (self._folder / name).chmod(0o600)
