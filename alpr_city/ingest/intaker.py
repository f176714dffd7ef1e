"""What is done with each message of a camera. Nothing here knows MQTT."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.db import InterfaceError, OperationalError

from alpr_city.errors import IngestError, VaultError
from alpr_city.ingest.following import Following
from alpr_city.ingest.opening import Asks, open_reads
from alpr_city.ingest.pictures import take_picture
from alpr_city.ingest.work import Work
from alpr_city.reads.models import Camera
from alpr_city.reads.pictures import PictureStore
from alpr_city.reads.store import Heard, Store
from alpr_wire.batches import decode_batch
from alpr_wire.errors import WireError
from alpr_wire.receipts import MOST_PICTURES
from alpr_wire.topics import Channel

log = logging.getLogger(__name__)

KEPT_POISON = 100
"""Messages set aside of one camera and day; more are counted, not kept."""
MOST_HEALTH_BYTES = 8192

Message = tuple[Channel, str, bytes]
"""Channel, the camera whose topic it came on, and the payload."""
Answer = tuple[str, bytes]
"""Camera, and the signed answer for its `ack` topic."""


class Intaker:
    """One ingest worker's mind. One thread uses it."""

    def __init__(self, store: Store, pictures: PictureStore, vault: Asks) -> None:
        self._store, self._pictures, self._vault = store, pictures, vault
        self._following = Following(store)
        self._cameras: dict[str, tuple[Camera, Ed25519PublicKey]] = {}
        self._poison: dict[tuple[str, date], int] = {}
        self._said: set[tuple[str, str, date]] = set()
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

        A message that breaks a round, whatever it is, is found by halving, and set aside alone.

        Raises:
            VaultError: The vault is away. Nothing was stored, and the cameras will send again.
            django.db.Error, sqlite3.Error: The database is away, or a disk fails; likewise.
        """
        messages = list(messages)
        for last_try in (False, True):
            try:
                return self._round(messages)
            except (VaultError, OperationalError, InterfaceError, sqlite3.OperationalError):
                raise
            except Exception as error:
                log.error("a round of messages failed: %s", type(error).__name__)
                if len(messages) > 1:
                    half = len(messages) // 2
                    return self.take(messages[:half]) + self.take(messages[half:])
                if last_try:
                    return self._round([], poisoned=messages)
        raise AssertionError

    def _round(
        self, messages: Sequence[Message], *, poisoned: Sequence[Message] = ()
    ) -> list[Answer]:
        work = Work(datetime.now(UTC).date())
        for _, camera, payload in poisoned:
            self._set_aside(work, camera, "a message that cannot be stored", payload)
        try:
            for channel, camera, payload in messages:
                self._one(work, channel, camera, payload)
            open_reads(work, self._store, self._vault)
            if work.intake:
                self._store.commit(work.intake)
            for day, rows in work.pictures.items():
                self._pictures.put(day, rows)
        except BaseException:
            self._following.forget(work.touched)
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
                self._following.take(work, batch, payload, key)
            elif channel is Channel.PICTURE:
                take_picture(work, self._following, self._store, camera, payload)
            elif channel is Channel.HEALTH:
                _hear(work, camera, payload)
        except (WireError, IngestError) as error:
            self._set_aside(work, camera, str(error), payload)

    def _registered(self, camera: str) -> tuple[Camera, Ed25519PublicKey]:
        found = self._cameras.get(camera)
        if found is None:
            raise IngestError("a camera that was never admitted")
        if found[0].state != Camera.State.ACTIVE:
            raise IngestError(f"a camera that is {found[0].state}")
        return found

    def _answers(self, work: Work) -> list[Answer]:
        """Receipts and requests, signed by the vault after the commit."""
        for camera, stream in work.closed:
            self._vault.call("close_stream", camera, stream)
        held: list[list[Any]] = []
        for name in sorted(work.receipts | set(work.held_pictures)):
            known = self._following.recall(name)
            if known is None or known.place.seq < 0:
                continue
            pictures = [list(p) for p in work.held_pictures.get(name, [])]
            for at in range(0, max(1, len(pictures)), MOST_PICTURES):
                part = pictures[at : at + MOST_PICTURES]
                held.append([*name, known.place.seq, known.place.digest, part])
        answers: list[Answer] = []
        if held:
            signed = self._vault.call("receipt", held)
            answers = [(row[0], data) for row, data in zip(held, signed, strict=True)]
        for (camera, stream), after_seq in work.requests.items():
            answers.append((camera, self._vault.call("request", camera, stream, after_seq)))
        return answers

    def _set_aside(self, work: Work, camera: str, why: str, payload: bytes) -> None:
        day = work.intake.day
        work.alarm(camera, "refused", why)
        count = self._poison[camera, day] = self._poison.get((camera, day), 0) + 1
        if count > KEPT_POISON:
            return
        work.keep(camera, why, payload)
        if (camera, why, day) not in self._said:  # once a day: a flood fills no journal
            self._said.add((camera, why, day))
            log.warning("a message was set aside: %s", why, extra={"camera": camera})


def _hear(work: Work, camera: str, payload: bytes) -> None:
    """A health report, or word that a camera came or went."""
    if len(payload) > MOST_HEALTH_BYTES:
        raise IngestError("a health report is too long")
    report = payload if payload[:1] == b"{" else None
    before = work.intake.heard.get(camera)
    if report is None and before is not None:
        report = before.report
    work.intake.heard[camera] = Heard(payload != b"offline", report)
