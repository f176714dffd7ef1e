"""Stores records durably and in order, and gives them back to be sent."""

from __future__ import annotations

import dataclasses
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alpr_edge.buffer import survey
from alpr_edge.buffer.aside import failed, is_damaged, set_aside
from alpr_edge.buffer.body import read_body
from alpr_edge.buffer.identity import Identity
from alpr_edge.buffer.ledger import Ledger
from alpr_edge.buffer.origin import base_of, boot_body, position_of, stream_of
from alpr_edge.buffer.pulls import pull_picture, pull_records
from alpr_edge.buffer.room import DEFAULT_LIMITS, OutboxLimits, Room, Statements
from alpr_edge.buffer.schema import check_beside, close_well, connect, sync_folder, transaction
from alpr_edge.errors import OutboxError, ReceiptError
from alpr_edge.seams import Passage
from alpr_wire import chain
from alpr_wire.receipts import Receipt, Request
from alpr_wire.records import GapCause, Kind, Picture, Record
from alpr_wire.sealing import READS_PER_EPOCH, EpochSealer, SealPublicKey

EPOCH_S = 600.0
FILE = "outbox.db"
PICTURES = {"crop": Picture.CROP, "overview": Picture.OVERVIEW}


class Outbox:
    """One stream of records. Threads may share it; the file survives a power cut at any instant."""

    def __init__(
        self,
        folder: Path,
        identity: Identity,
        limits: OutboxLimits = DEFAULT_LIMITS,
        *,
        previous: tuple[bytes, int, bytes] | None = None,
        cause: str = "start",
    ) -> None:
        """Open the outbox in `folder`, or begin a new stream, and record the boot.

        `previous` names the stream, sequence and head that this one follows, where it is known.

        Raises:
            OutboxError: The file is damaged, of another camera, or the disk fails.
        """
        if not folder.exists():
            folder.mkdir(mode=0o770, parents=True)  # sync, of the same group, answers here
            sync_folder(folder.parent)
        self.path = folder / FILE
        self._identity = identity
        self._epoch: EpochSealer | None = None
        self._epoch_began_s = 0.0
        self._broken = False
        self._lock = threading.RLock()
        self._db = connect(self.path, limits.most_bytes)
        try:
            with self._guarded():
                self._ledger = Ledger(self._db)
                self._room = Room(self._db, self.path, limits)
                self.stream = stream_of(self._db, identity.camera, self.path)
                self._next, self._head = position_of(self._db, identity.camera, self.stream)
                self._event(Kind.BOOT, boot_body(previous, cause, self._next - 1, self._head))
        except BaseException:
            self._db.close()
            raise

    @classmethod
    def open(
        cls, folder: Path, identity: Identity, limits: OutboxLimits = DEFAULT_LIMITS
    ) -> Outbox:
        """Open the outbox; one that is damaged is set aside, kept, and replaced by a new stream.

        Raises:
            OutboxError: The disk fails, or the outbox is another camera's.
        """
        try:
            return cls(folder, identity, limits)
        except OutboxError as error:
            if not is_damaged(error):
                raise
        last = set_aside(folder / FILE)
        return cls(folder, identity, limits, previous=last, cause="damaged")

    def store(self, passage: Passage, pictures: dict[str, bytes]) -> int:
        """Seal and commit one passage with its pictures (JPEG); its sequence number.

        Raises:
            OutboxError: It could not be committed; the process must end and open the outbox anew.
        """
        plaintext = read_body(passage).encode()
        kinds = {PICTURES[name]: data for name, data in pictures.items()}
        with self._guarded():
            return self._room.make(
                sum(map(len, kinds.values())),
                lambda keep: self._store(plaintext, kinds if keep else {}),
                self._gap,
            )

    def store_event(self, kind: Kind, body: dict[int, Any]) -> int:
        """Commit a record that is no read: clock, config or tamper; its sequence number.

        Raises:
            OutboxError: It could not be committed.
        """
        with self._guarded():
            return self._event(kind, body)

    def records(self, after_seq: int, limit: int) -> list[tuple[int, bytes, bytes]]:
        """Up to `limit` records after a sequence number: (seq, encoding, head after it)."""
        with self._guarded():
            return survey.records(self._db, after_seq, limit)

    def head(self) -> chain.Head:
        """The newest, signed."""
        return self._signed(self._next - 1, self._head)

    def take(self, answer: Receipt | Request, statement: bytes) -> None:
        """Act on the city's word: note what it holds, or answer for what is no longer here.

        Raises:
            ReceiptError: The receipt's head is not this outbox's own.
            OutboxError: It could not be committed.
        """
        with self._guarded():
            if isinstance(answer, Receipt):
                self._ledger.note(answer, statement, next_seq=self._next)
                return
            body = self._ledger.gap_for(answer, self.stream, self._base())
            if body is not None:
                self._event(Kind.GAP, body)

    def pull(self, number: int, stream: bytes, after_seq: int) -> None:
        """Have sync send everything after a record again, as a command of this number says.

        Raises:
            ReceiptError: It is another stream, or was never written.
            OutboxError: It could not be committed.
        """
        with self._guarded():
            self._check_pull(stream, after_seq)
            name = self._identity.camera
            self.take(Request(camera=name, stream=stream, after_seq=after_seq, at_us=0), b"")
            pull_records(self._db, number, after_seq)

    def pull_picture(self, stream: bytes, seq: int, kind: int) -> None:
        """Have sync send one picture before anything else; raises as `pull` does."""
        with self._guarded():
            self._check_pull(stream, seq)
            pull_picture(self._db, seq, kind)

    def seal_to(self, key: SealPublicKey, key_id: bytes) -> None:
        """Seal to another key of the city from the next epoch on."""
        with self._guarded():
            who = self._identity
            self._identity = dataclasses.replace(who, seal_key=key, seal_key_id=key_id)

    def forget(self, grace_s: float) -> int:
        """Delete what was receipted longer ago than the grace; how many records went.

        Raises:
            OutboxError: It could not be committed.
        """
        with self._guarded():
            return self._ledger.forget(time.time_ns() // 1000 - int(grace_s * 1e6))

    def verify(self) -> int:
        """Walk the whole chain as it is on disk; how many records hold.

        Raises:
            OutboxError: A record is missing, changed or out of place; `seq` says which.
        """
        return survey.verify(self._db, self.stream, self._base(), (self._next, self._head))

    def state(self) -> dict[str, Any]:
        """Counts, sizes and sequence numbers; nothing of what was read."""
        with self._guarded():
            return survey.state(self._db, self.stream, self.path)

    def scrub(self) -> None:
        """Look for damage in the whole file, which takes minutes and holds up nobody.

        Raises:
            OutboxError: There is some; the process must end, and the next sets the file aside.
        """
        try:
            check_beside(self.path)
        except OutboxError:
            self._broken = True
            raise

    def close(self) -> None:
        """Let go of the file and forget the epoch."""
        if self._epoch is not None:
            self._epoch.close()
        close_well(self._db, sound=not self._broken)

    def _store(self, plaintext: bytes, pictures: dict[Picture, bytes]) -> int:
        """One transaction: an epoch record where one is due, the read, its pictures."""
        records = []
        epoch = self._epoch
        if epoch is None or self._epoch_is_over(epoch):
            epoch = self._new_epoch()
            records.append(epoch.record)
        read, sealed = epoch.seal(self._next + len(records), plaintext, pictures)
        try:
            seq = self._commit([*records, read], [(p.kind, p.data) for p in sealed])
        except sqlite3.Error:
            # The ratchet has moved on; a retry starts an epoch of its own.
            epoch.close()
            self._epoch = None
            raise
        if epoch is not self._epoch:
            if self._epoch is not None:
                self._epoch.close()
            self._epoch, self._epoch_began_s = epoch, time.monotonic()
        return seq

    def _epoch_is_over(self, epoch: EpochSealer) -> bool:
        return epoch.reads >= READS_PER_EPOCH or time.monotonic() - self._epoch_began_s >= EPOCH_S

    def _new_epoch(self) -> EpochSealer:
        who = self._identity
        return EpochSealer(who.camera, self.stream, self._next, who.seal_key, who.seal_key_id)

    def _check_pull(self, stream: bytes, seq: int) -> None:
        if stream != self.stream or seq >= self._next:
            raise ReceiptError("the city pulls what this outbox never held")

    def _record(self, kind: Kind, body: dict[int, Any]) -> Record:
        return Record(kind=kind, stream=self.stream, seq=self._next, body=body)

    def _commit(
        self,
        records: list[Record],
        pictures: Sequence[tuple[int, bytes]] = (),
        *,
        before: Statements = (),
    ) -> int:
        """Append records, and the last one's pictures, in one durable transaction."""
        head, now_us = self._head, time.time_ns() // 1000
        rows = []
        for record in records:
            encoding = record.encode()
            head = chain.extend(head, encoding)
            signature = self._signed(record.seq, head).signature
            rows.append((record.seq, int(record.kind), encoding, head, now_us, signature))
        last = records[-1].seq
        with transaction(self._db):
            for statement, values in before:
                self._db.execute(statement, values)
            self._db.executemany("INSERT INTO records VALUES (?, ?, ?, ?, ?, ?)", rows)
            self._db.executemany(
                "INSERT INTO pictures (seq, kind, data) VALUES (?, ?, ?)",
                [(last, int(k), d) for k, d in pictures],
            )
        self._next, self._head = last + 1, head
        self._room.added(sum(len(d) for _, d in pictures))
        return last

    def _signed(self, seq: int, digest: bytes) -> chain.Head:
        who = self._identity
        return chain.Head.sign(
            who.signing_key, camera=who.camera, stream=self.stream, seq=seq, digest=digest
        )

    def _gap(self, cause: GapCause, span: tuple[int, int], count: int, shed: Statements) -> None:
        """Shed pictures or reads and put that on record, both or neither."""
        first, last = span
        body: dict[int, Any] = {1: int(cause), 2: first, 3: last, 4: count}
        if cause is GapCause.SHED_READS:
            # What the remaining records follow, so that the chain can be walked past the gap.
            row = self._db.execute("SELECT head FROM records WHERE seq = ?", (last,)).fetchone()
            body[5] = row[0]
        self._commit([self._record(Kind.GAP, body)], before=shed)

    def _event(self, kind: Kind, body: dict[int, Any]) -> int:
        return self._room.make(0, lambda _: self._commit([self._record(kind, body)]), self._gap)

    def _base(self) -> tuple[int, bytes]:
        return base_of(self._db, self._identity.camera, self.stream)

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        """After a failure of the disk nothing more is tried on this connection."""
        with self._lock:
            if self._broken:
                raise OutboxError("the outbox failed before; open it anew", permanent=True)
            try:
                yield
            except sqlite3.Error as error:
                self._broken = True
                raise failed(self.path, error) from error
