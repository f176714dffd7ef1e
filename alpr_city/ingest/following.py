"""Puts a batch in its place in its stream: next, again, beyond a gap, or a fork."""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from alpr_city.errors import IngestError
from alpr_city.ingest.fields import check
from alpr_city.ingest.work import Known, Name, Span, Work
from alpr_city.reads.models import Gap
from alpr_city.reads.store import Store
from alpr_wire import chain
from alpr_wire.batches import Batch
from alpr_wire.errors import ChainError
from alpr_wire.receipts import NOTHING
from alpr_wire.records import Kind, Record

DAY = timedelta(days=1)
ASK_AGAIN_S = 2.0
"""At most one request for the same stream in so long."""
REMEMBERED = 64
"""Batches of a stream by which a second delivery is known without walking it again."""
MOST_ASKED = 10_000
MOST_STREAMS = 20
"""New streams of one camera in a day: each is a new card or a damaged outbox."""
KEPT_FORKS = 20
"""Forked batches of one camera that are kept, since the worker's start; more are counted."""


class Following:
    """Every stream that this worker has seen, and how far each is held."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[Name, Known] = {}
        self._asked_s: dict[Name, float] = {}
        self._forks: Counter[str] = Counter()

    def recall(self, name: Name) -> Known | None:
        """A stream, from memory or the database."""
        known = self._known.get(name)
        if known is None:
            place = self._store.position(*name)
            if place is not None:
                known = self._known[name] = Known(place)
        return known

    def forget(self, names: set[Name]) -> None:
        """What was assumed of these streams is no longer sure."""
        for name in names:
            self._known.pop(name, None)

    def take(self, work: Work, batch: Batch, payload: bytes, key: Ed25519PublicKey) -> None:
        """Add a batch to a round.

        Raises:
            WireError: It is not this camera's, not whole, or malformed; nothing was taken of it.
            IngestError: The camera opens one stream after another.
        """
        name = (batch.camera, batch.stream)
        known = self.recall(name)
        seen = hashlib.sha256(payload).digest()
        if known is not None and seen in known.recent:
            work.receipts.add(name)  # a second delivery has no effect but another receipt
            return
        records = batch.verify(key)  # whatever its place, it is this camera's and whole
        for record in records:
            check(record)
        if known is None:
            known = self._begin(work, batch, records)
            if known is None:
                return
        work.touched.add(name)
        place = known.place
        if batch.first_seq > place.seq + 1 and not self._declared(work, known, batch, records):
            self._ask(work, name, place.seq)
            return
        new = place.seq + 1 - batch.first_seq
        if new > 0 and not self._same(work, known, batch, min(new, len(records))):
            return
        if new < len(records) and not self._append(work, known, batch, records, max(new, 0)):
            return
        work.receipts.add(name)
        known.recent[seen] = batch.last_seq
        if len(known.recent) > REMEMBERED:
            known.recent.popitem(last=False)

    def _begin(self, work: Work, batch: Batch, records: Sequence[Record]) -> Known | None:
        """A stream that was never heard of, or None where it must be sent from its beginning.

        A city that lost its memory may be told that the beginning is gone, on record.
        """
        name = (batch.camera, batch.stream)
        if batch.first_seq != 0 and not any(_explains(record, 0) for record in records):
            self._ask(work, name, NOTHING)
            return None
        genesis = chain.genesis(batch.camera, batch.stream)
        if batch.first_seq == 0 and batch.before != genesis:
            raise ChainError("a stream does not begin at its beginning")
        if self._store.streams_since(batch.camera, datetime.now(UTC) - DAY) >= MOST_STREAMS:
            raise IngestError(f"more than {MOST_STREAMS} new streams in a day")
        known = Known(self._store.open_stream(batch.camera, batch.stream, genesis))
        self._known[name] = known
        return known

    def _append(
        self, work: Work, known: Known, batch: Batch, records: Sequence[Record], start: int
    ) -> bool:
        """Take the records of a batch from one on, which follow what is held; False for a fork."""
        place = known.place
        head = batch.before
        for encoding in batch.encodings[:start]:
            head = chain.extend(head, encoding)
        if head != place.digest:
            self._fork(work, batch)
            return False
        for seq, record in enumerate(records[start:], batch.first_seq + start):
            if record.kind is Kind.EPOCH:
                known.epochs[seq] = batch.encodings[seq - batch.first_seq]
            elif record.kind is Kind.BOOT:
                self._boot(work, batch.camera, record)
        first = batch.first_seq + start
        work.add(Span(known, first, records[start:], batch.encodings[start:]))
        place.seq, place.digest, place.signature = batch.last_seq, batch.digest, batch.signature
        work.places[place.id] = place
        return True

    def _same(self, work: Work, known: Known, batch: Batch, count: int) -> bool:
        """Whether the records of a batch that are held already are the very same ones."""
        place = known.place
        if batch.last_seq == place.seq and batch.digest == place.digest:
            return True
        wanted = list(range(batch.first_seq, batch.first_seq + count))
        held = self._store.encodings(place.id, wanted)
        for seq, encoding in zip(wanted, batch.encodings, strict=False):
            waiting = work.waiting(place.id, seq)
            stored = waiting[1] if waiting else held.get(seq)
            if stored is not None and stored != encoding:
                self._fork(work, batch)
                return False
        return True

    def _declared(self, work: Work, known: Known, batch: Batch, records: Sequence[Record]) -> bool:
        """Whether the batch itself puts on record that what lies between is gone."""
        place = known.place
        for record in records:
            if not _explains(record, place.seq + 1):
                continue
            cause, last, digest = (record.body[key] for key in (1, 3, 5))
            work.intake.gaps.append(
                Gap(
                    stream_id=place.id,
                    first_seq=place.seq + 1,
                    last_seq=last,
                    digest=digest,
                    cause=cause,
                    declared_by=record.seq,
                    at=datetime.now(UTC),
                )
            )
            gone = f"records {place.seq + 1} to {last} are gone, on record"
            work.alarm(batch.camera, "gap", gone)
            place.seq, place.digest, place.signature = last, digest, None
            work.places[place.id] = place
            # The record that says so may come before what lies between: that is asked for.
            return bool(batch.first_seq <= last + 1)
        return False

    def _boot(self, work: Work, camera: str, record: Record) -> None:
        """A stream that names its predecessor's head, which is held, closes it."""
        if record.body.get(2) is None:
            return
        stream, seq, digest = record.body[2]
        before = self.recall((camera, stream))
        if before is not None and (before.place.seq, before.place.digest) == (seq, digest):
            work.closed.append((camera, stream))

    def _fork(self, work: Work, batch: Batch) -> None:
        first = batch.first_seq
        work.alarm(batch.camera, "fork", f"two versions of the stream from record {first} on")
        self._forks[batch.camera] += 1
        if self._forks[batch.camera] <= KEPT_FORKS:
            work.keep(batch.camera, "a fork: the same place with other bytes", batch.encode())

    def _ask(self, work: Work, name: Name, after_seq: int) -> None:
        now_s = time.monotonic()
        if now_s - self._asked_s.get(name, float("-inf")) < ASK_AGAIN_S:
            return
        if len(self._asked_s) >= MOST_ASKED:
            self._asked_s.clear()
        self._asked_s[name] = now_s
        work.requests[name] = after_seq


def _explains(record: Record, seq: int) -> bool:
    """Whether a record says that this one is gone, and what the rest follows."""
    body = record.body
    return record.kind is Kind.GAP and 5 in body and bool(body[2] <= seq <= body[3])
