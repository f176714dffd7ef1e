"""What is done with each message of a camera. Nothing here knows MQTT."""

from __future__ import annotations

import hashlib
import logging
import time
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from alpr_city.errors import IngestError
from alpr_city.reads.models import Camera, Gap, Quarantined
from alpr_city.reads.pictures import PictureStore
from alpr_city.reads.store import Intake, Position, Store, new_part
from alpr_wire import chain
from alpr_wire.batches import Batch, decode_batch, decode_picture
from alpr_wire.errors import ChainError, WireError
from alpr_wire.receipts import NOTHING
from alpr_wire.records import Kind, Record, decode_record, take, take_bytes
from alpr_wire.topics import Channel

log = logging.getLogger(__name__)

ASK_AGAIN_S = 2.0
"""At most one request for the same stream in so long."""
REMEMBERED = 64
"""Batches of a stream by which a second delivery is known without walking it again."""
MOST_EPOCHS = 4096
KEPT_POISON = 100
"""Messages set aside of one camera and day; more are counted, not kept."""

Message = tuple[Channel, str, bytes]
"""Channel, the camera whose topic it came on, and the payload."""
Answer = tuple[str, bytes]
"""Camera, and the signed answer for its `ack` topic."""


class Asks(Protocol):
    """The vault's client."""

    def call(self, operation: str, *arguments: Any) -> Any:
        """Ask for one operation."""


@dataclass(slots=True)
class Known:
    """A stream as this worker knows it."""

    place: Position
    recent: OrderedDict[bytes, int] = field(default_factory=OrderedDict)
    """Hash of each recent payload, with its last sequence number."""
    epochs: dict[int, bytes] = field(default_factory=dict)
    asked_s: float = float("-inf")


class Intaker:
    """One ingest worker's mind. One thread uses it."""

    def __init__(self, store: Store, pictures: PictureStore, vault: Asks) -> None:
        self._store, self._pictures, self._vault = store, pictures, vault
        self._cameras: dict[str, tuple[Camera, Ed25519PublicKey]] = {}
        self._known: dict[tuple[str, bytes], Known] = {}
        self._poison: dict[tuple[str, date], int] = {}
        self.stored = 0
        self.learn_cameras()

    def names(self) -> set[str]:
        """Every camera of the register."""
        return set(self._cameras)

    def learn_cameras(self) -> None:
        """Read the register again."""
        self._cameras = {
            c.name: (c, Ed25519PublicKey.from_public_bytes(bytes(c.signing_key)))
            for c in self._store.cameras()
        }

    def take(self, messages: Iterable[Message]) -> list[Answer]:
        """Everything that came, as one transaction; what to answer.

        Raises:
            VaultError: The vault is away. Nothing was stored, and the cameras will send again.
            django.db.Error: The database is away; likewise.
        """
        work = Work(datetime.now(UTC).date())
        try:
            for channel, camera, payload in messages:
                self._one(work, channel, camera, payload)
            self._open(work)
            if work.intake:
                self._store.commit(work.intake)
            for day, rows in work.pictures.items():
                self._pictures.put(day, rows)
        except BaseException:
            # What was assumed of these streams is no longer sure.
            for key in work.touched:
                self._known.pop(key, None)
            raise
        self.stored += len(work.intake.records)
        return self._answers(work)

    def _one(self, work: Work, channel: Channel, camera: str, payload: bytes) -> None:
        try:
            registered, key = self._registered(camera)
            if channel is Channel.UP:
                batch = decode_batch(payload)
                if batch.camera != registered.name:
                    raise IngestError("a batch names another camera than its certificate")
                self._batch(work, batch, payload, key)
            elif channel is Channel.PICTURE:
                self._picture(work, camera, payload)
            elif channel is Channel.HEALTH:
                self._store.heard(
                    camera, online=payload != b"offline", report=payload if payload[:1] == b"{" else None
                )
        except (WireError, IngestError) as error:
            self._set_aside(work, camera, str(error), payload)

    def _registered(self, camera: str) -> tuple[Camera, Ed25519PublicKey]:
        if camera not in self._cameras:
            self.learn_cameras()
        found = self._cameras.get(camera)
        if found is None:
            raise IngestError("a camera that was never admitted")
        if found[0].state != Camera.State.ACTIVE:
            raise IngestError(f"a camera that is {found[0].state}")
        return found

    def _batch(self, work: Work, batch: Batch, payload: bytes, key: Ed25519PublicKey) -> None:
        name = (batch.camera, batch.stream)
        known = self._known.get(name) or self._recall(name)
        seen = hashlib.sha256(payload).digest()
        if known is not None and seen in known.recent:
            work.receipts.add(name)  # a second delivery has no effect but another receipt
            return
        records = batch.verify(key)  # whatever its place, it is this camera's and whole
        if known is None:
            if batch.first_seq != 0:
                self._ask(work, name, None, NOTHING)
                return
            genesis = chain.genesis(batch.camera, batch.stream)
            if batch.before != genesis:
                raise ChainError("a stream does not begin at its beginning")
            known = Known(self._store.open_stream(batch.camera, batch.stream, genesis))
            self._known[name] = known
        place = known.place
        work.touched.add(name)
        if batch.first_seq > place.seq + 1 and not self._declared(work, known, batch, records):
            self._ask(work, name, known, place.seq)
            return
        new = place.seq + 1 - batch.first_seq
        if new > 0 and not self._same(work, known, batch, min(new, len(records))):
            return
        if new < len(records):
            self._append(work, known, batch, records, max(new, 0))
        work.receipts.add(name)
        known.recent[seen] = batch.last_seq
        if len(known.recent) > REMEMBERED:
            known.recent.popitem(last=False)

    def _append(
        self, work: Work, known: Known, batch: Batch, records: Sequence[Record], start: int
    ) -> None:
        """Take the records of a batch from one on, which follow what is held."""
        place = known.place
        head = batch.before
        for encoding in batch.encodings[:start]:
            head = chain.extend(head, encoding)
        if head != place.digest:
            self._fork(work, batch)
            return
        for record in records[start:]:
            _check(record)
        reads = []
        for record, encoding in zip(records[start:], batch.encodings[start:], strict=True):
            if record.kind is Kind.READ:
                reads.append(record)
            elif record.kind is Kind.EPOCH:
                known.epochs[record.seq] = encoding
            elif record.kind is Kind.BOOT:
                self._boot(work, batch.camera, record)
            work.records[place.id, record.seq] = (place.id, record, encoding)
        if reads:
            work.reads.append((known, reads))
        place.seq, place.digest, place.signature = batch.last_seq, batch.digest, batch.signature
        work.places[place.id] = place

    def _same(self, work: Work, known: Known, batch: Batch, count: int) -> bool:
        """Whether the records of a batch that are held already are the very same ones."""
        place = known.place
        if batch.last_seq == place.seq and batch.digest == place.digest:
            return True
        wanted = list(range(batch.first_seq, batch.first_seq + count))
        held = self._store.encodings(place.id, wanted)
        for seq, encoding in zip(wanted, batch.encodings, strict=False):
            waiting = work.records.get((place.id, seq))
            stored = waiting[2] if waiting else held.get(seq)
            if stored is not None and stored != encoding:
                self._fork(work, batch)
                return False
        return True

    def _declared(
        self, work: Work, known: Known, batch: Batch, records: Sequence[Record]
    ) -> bool:
        """Whether the batch itself puts on record that what lies between is gone."""
        place = known.place
        for record in records:
            if record.kind is not Kind.GAP:
                continue
            first, last = (take(record.body, k, int, "a gap's bounds") for k in (2, 3))
            if not first <= place.seq + 1 <= last or 5 not in record.body:
                continue
            digest = take_bytes(record.body, 5, chain.HEAD_BYTES, "the head after a gap")
            work.intake.gaps.append(
                Gap(
                    stream_id=place.id,
                    first_seq=place.seq + 1,
                    last_seq=last,
                    digest=digest,
                    cause=take(record.body, 1, int, "a gap's cause"),
                    declared_by=record.seq,
                    at=datetime.now(UTC),
                )
            )
            work.intake.alarms.append(
                (batch.camera, "gap", f"records {place.seq + 1} to {last} are gone, on record")
            )
            place.seq, place.digest, place.signature = last, digest, None
            work.places[place.id] = place
            return batch.first_seq <= last + 1
        return False

    def _boot(self, work: Work, camera: str, record: Record) -> None:
        """A stream that names its predecessor's head, which is held, closes it."""
        if record.body.get(2) is None:
            return
        stream, seq, digest = record.body[2]
        before = self._known.get((camera, stream)) or self._recall((camera, stream))
        if before is not None and (before.place.seq, before.place.digest) == (seq, digest):
            work.closed.append((camera, stream))

    def _fork(self, work: Work, batch: Batch) -> None:
        work.intake.alarms.append(
            (batch.camera, "fork", f"two versions of the stream after record {batch.first_seq - 1}")
        )
        self._keep(work, batch.camera, "a fork: the same place with other bytes", batch.encode())

    def _ask(
        self, work: Work, name: tuple[str, bytes], known: Known | None, after_seq: int
    ) -> None:
        now_s = time.monotonic()
        if known is not None:
            if now_s - known.asked_s < ASK_AGAIN_S:
                return
            known.asked_s = now_s
        work.requests[name] = after_seq

    def _picture(self, work: Work, camera: str, payload: bytes) -> None:
        message = decode_picture(payload)
        if message.camera != camera:
            raise IngestError("a picture names another camera than its certificate")
        name = (camera, message.stream)
        known = self._known.get(name) or self._recall(name)
        if known is None:
            return  # its read is not here yet; without a receipt it is sent again
        waiting = work.records.get((known.place.id, message.seq))
        if waiting is not None:
            day, record = work.intake.day, waiting[1]
        else:
            found = self._store.day_of(known.place.id, message.seq)
            if found is None:
                return
            day, record = found[0], decode_record(found[1])
        promised = {row[0]: row[1] for row in record.body[5]} if record.kind is Kind.READ else {}
        kind = int(message.picture.kind)
        if promised.get(kind) != hashlib.sha256(message.picture.data).digest():
            raise IngestError("a picture that no read has promised")
        work.pictures.setdefault(day, []).append(
            (known.place.id, message.seq, kind, message.picture.data)
        )
        work.held_pictures.setdefault(name, []).append((message.seq, kind))

    def _open(self, work: Work) -> None:
        """Have the vault open the reads, and put together what is stored of them."""
        asked = []
        for known, reads in work.reads:
            wanted = sorted({r.body[1] for r in reads})
            lacking = [seq for seq in wanted if seq not in known.epochs]
            known.epochs |= self._store.encodings(known.place.id, lacking)
            epochs = [known.epochs[seq] for seq in wanted if seq in known.epochs]
            while len(known.epochs) > MOST_EPOCHS:
                known.epochs.pop(next(iter(known.epochs)))
            rows = [[r.seq, r.body] for r in reads]
            asked.append([known.place.camera, known.place.stream, epochs, rows])
        opened: dict[tuple[int, int], tuple[bytes, int]] = {}
        day_text = str(work.intake.day)
        if asked:
            day_text, answers, patterns = self._vault.call("arrive", asked)
            work.intake.day = date.fromisoformat(day_text)
            for (known, _), rows in zip(work.reads, answers, strict=True):
                for row in rows:
                    if len(row) == 2:
                        work.intake.alarms.append(
                            (known.place.camera, "unreadable", f"record {row[0]}: {row[1]}")
                        )
                        continue
                    seq, wrapped, captured_us, tokens = row
                    opened[known.place.id, seq] = wrapped, captured_us
                    work.intake.tokens += [
                        (work.intake.day, token, known.place.id, seq) for token in set(tokens)
                    ]
            work.intake.patterns += [
                (work.intake.day, camera, slot, new_part(), sealed)
                for camera, slot, sealed in patterns
            ]
        for (stream, seq), (_, record, encoding) in work.records.items():
            wrapped, captured = opened.get((stream, seq), (None, None))
            work.intake.records.append(
                (work.intake.day, stream, seq, int(record.kind), encoding, wrapped, captured)
            )
        work.intake.positions += work.places.values()

    def _answers(self, work: Work) -> list[Answer]:
        """Receipts and requests, signed by the vault after the commit."""
        for camera, stream in work.closed:
            self._vault.call("close_stream", camera, stream)
        held = []
        for name in work.receipts | set(work.held_pictures):
            place = self._known[name].place
            if place.seq >= 0:
                pictures = [list(p) for p in work.held_pictures.get(name, [])]
                held.append([name[0], name[1], place.seq, place.digest, pictures])
        answers = []
        if held:
            signed = self._vault.call("receipt", held)
            answers = [(row[0], data) for row, data in zip(held, signed, strict=True)]
        for (camera, stream), after_seq in work.requests.items():
            answers.append((camera, self._vault.call("request", camera, stream, after_seq)))
        return answers

    def _recall(self, name: tuple[str, bytes]) -> Known | None:
        place = self._store.position(*name)
        if place is None:
            return None
        self._known[name] = Known(place)
        return self._known[name]

    def _set_aside(self, work: Work, camera: str, why: str, payload: bytes) -> None:
        log.warning("a message was set aside: %s", why, extra={"camera": camera})
        work.intake.alarms.append((camera[:64], "refused", why))
        self._keep(work, camera, why, payload)

    def _keep(self, work: Work, camera: str, why: str, payload: bytes) -> None:
        key = (camera, work.intake.day)
        self._poison[key] = self._poison.get(key, 0) + 1
        if self._poison[key] > KEPT_POISON:
            return
        work.intake.quarantined.append(
            Quarantined(
                day=work.intake.day,
                at=datetime.now(UTC),
                camera=camera[:64],
                why=why[:200],
                payload=payload,
            )
        )


class Work:
    """What one call of `take` has gathered so far."""

    def __init__(self, day: date) -> None:
        self.intake = Intake(day)
        self.records: dict[tuple[int, int], tuple[int, Record, bytes]] = {}
        self.reads: list[tuple[Known, list[Record]]] = []
        self.places: dict[int, Position] = {}
        self.touched: set[tuple[str, bytes]] = set()
        self.receipts: set[tuple[str, bytes]] = set()
        self.requests: dict[tuple[str, bytes], int] = {}
        self.closed: list[tuple[str, bytes]] = []
        self.pictures: dict[date, list[tuple[int, int, int, bytes]]] = {}
        self.held_pictures: dict[tuple[str, bytes], list[tuple[int, int]]] = {}


def _check(record: Record) -> None:
    """Refuse a record whose fields are not what its kind has, before anything is taken of it.

    Raises:
        WireError: It is malformed.
    """
    if record.kind is Kind.READ:
        take(record.body, 1, int, "a read's epoch")
        for row in take(record.body, 5, list, "a read's pictures"):
            if not isinstance(row, list) or [type(v) for v in row] != [int, bytes, int]:
                raise WireError("a read's pictures are malformed")
    elif record.kind is Kind.BOOT and record.body.get(2) is not None:
        row = record.body[2]
        if not isinstance(row, list) or [type(v) for v in row] != [bytes, int, bytes]:
            raise WireError("a boot record's predecessor is malformed")
