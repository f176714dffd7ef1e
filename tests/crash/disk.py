"""A disk that loses what nobody synced. Power can fail at any step; what survives is drawn.

    write ──► pending ──► (sync) ──► safe          now = safe + pending, what a running system reads
                 └── at a power cut: each 512-byte sector of each write is kept or lost

Names of files are like contents: a file made or deleted since the folder was last synced may be
there or not. A lying disk answers a sync and keeps nothing of it. A failing one reports the failed
sync once, drops the writes, and goes on showing them to whoever reads, as Linux does.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

SECTOR = 512
Step = Literal["open", "read", "write", "truncate", "sync", "delete"]
Files = dict[str, bytes]


class PowerError(Exception):
    """Nothing answers any more."""


class StepError(Exception):
    """One step was answered with an I/O error."""


@dataclass(slots=True)
class File:
    """One file, as it is read and as it would survive."""

    now: bytearray = field(default_factory=bytearray)
    safe: bytearray = field(default_factory=bytearray)
    pending: list[tuple[int, bytes | None]] = field(default_factory=list)
    """Offset and bytes of each write, or the size and None of a truncation, in order."""
    names_are_due: bool = False
    """A new journal: its first sync syncs the folder as well, as SQLite does on Unix."""

    def settle(self) -> None:
        """A sync that was done. What an earlier failed one dropped stays dropped."""
        for offset, data in self.pending:
            if data is None:
                _resize(self.safe, offset)
            else:
                _put(self.safe, offset, data)
        self.pending.clear()

    def survivor(self, rng: random.Random, kept: float, torn: bool) -> bytes:
        """What a power cut leaves: each pending write kept with a chance, whole or in sectors."""
        left = bytearray(self.safe)
        for offset, data in self.pending:
            if data is None:
                if rng.random() < kept:
                    _resize(left, offset)
            elif torn:
                for at, end in _sectors(offset, len(data)):
                    if rng.random() < kept:
                        _put(left, at, data[at - offset : end - offset])
            elif rng.random() < kept:
                _put(left, offset, data)
        return bytes(left)


class Disk:
    """Files by name. `watch` is called after every step that changes something."""

    def __init__(self, files: Files | None = None, *, lies: float = 0.0, seed: int = 0) -> None:
        """`files` are safe already; `lies` is the share of syncs that are answered and not done."""
        self.names: dict[str, File] = {}
        for name, data in (files or {}).items():
            self.names[name] = File(now=bytearray(data), safe=bytearray(data))
        self._safe_names = dict(self.names)
        self._renamed: list[tuple[str, File | None]] = []
        self._lies = lies
        self._rng = random.Random(seed)
        self.on = True
        self.steps = 0
        """Steps that could have failed so far, reads among them."""
        self.changes = 0
        self.off_at: int | None = None
        """Power fails at this change."""
        self.fail_at: int | None = None
        """This step is answered with an I/O error."""
        self.watch: Callable[[], None] = lambda: None

    def open(self, name: str, *, create: bool, journal: bool) -> File:
        """The file of a name; made if it is not there and may be."""
        self._step()
        if name not in self.names:
            if not create:
                raise FileNotFoundError(name)
            self._change()
            self.names[name] = File(names_are_due=journal)
            self._renamed.append((name, self.names[name]))
            self.watch()
        return self.names[name]

    def read(self, file: File, offset: int, size: int) -> bytes:
        """Bytes; fewer at the end."""
        self._step()
        return bytes(file.now[offset : offset + size])

    def write(self, file: File, offset: int, data: bytes) -> None:
        """Seen at once, safe once synced."""
        self._step()
        file.pending.append((offset, data))  # power may fail in the middle of it
        self._change()
        _put(file.now, offset, data)
        self.watch()

    def truncate(self, file: File, size: int) -> None:
        """Likewise."""
        self._step()
        self._change()
        file.pending.append((size, None))
        _resize(file.now, size)
        self.watch()

    def sync(self, file: File) -> None:
        """Make a file's contents safe, and the folder's names after a new journal."""
        try:
            self._step()
        except StepError:
            file.pending.clear()  # marked as written, though they were not: nobody writes them now
            raise
        self._change()
        if self._rng.random() >= self._lies:
            file.settle()
            if file.names_are_due:
                self.sync_names()
        file.names_are_due = False
        self.watch()

    def sync_names(self) -> None:
        """The folder was synced."""
        for name, file in self._renamed:
            _rename(self._safe_names, name, file)
        self._renamed.clear()

    def delete(self, name: str, *, sync: bool) -> None:
        """Remove a name."""
        self._step()
        if name not in self.names:
            raise FileNotFoundError(name)
        self._change()
        del self.names[name]
        self._renamed.append((name, None))
        if sync:
            self.sync_names()
        self.watch()

    def survivors(self, rng: random.Random) -> Files:
        """The files as a power cut at this instant leaves them; drawn anew at each call."""
        kept = rng.choice((0.0, 0.1, 0.5, 0.5, 0.9, 1.0))
        torn = rng.random() < 0.7
        names = dict(self._safe_names)
        for name, file in self._renamed:
            if rng.random() < 0.5:
                _rename(names, name, file)
        return {name: file.survivor(rng, kept, torn) for name, file in names.items()}

    def _step(self) -> None:
        if not self.on:
            raise PowerError
        self.steps += 1
        if self.steps == self.fail_at:
            raise StepError

    def _change(self) -> None:
        self.changes += 1
        if self.changes == self.off_at:
            self.on = False
            raise PowerError


def _rename(names: dict[str, File], name: str, file: File | None) -> None:
    if file is None:
        names.pop(name, None)
    else:
        names[name] = file


def _sectors(offset: int, size: int) -> list[tuple[int, int]]:
    edges = [offset, *range((offset // SECTOR + 1) * SECTOR, offset + size, SECTOR), offset + size]
    return list(pairwise(edges))


def _put(data: bytearray, offset: int, piece: bytes) -> None:
    if len(data) < offset:
        data.extend(bytes(offset - len(data)))
    data[offset : offset + len(piece)] = piece


def _resize(data: bytearray, size: int) -> None:
    del data[size:]
    data.extend(bytes(size - len(data)))
