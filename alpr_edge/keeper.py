"""The outbox worker: every decided passage is stored before the next one is taken."""

from __future__ import annotations

import logging
import queue
import time
from typing import Protocol

import cv2

from alpr_edge.errors import OutboxError
from alpr_edge.health_state import Hourly, Stages
from alpr_edge.seams import Image, Passage

log = logging.getLogger(__name__)

TAKE_S = 0.2
CROP_QUALITY = 92
OVERVIEW_QUALITY = 80


class Stores(Protocol):
    """Keeps passages for good."""

    def store(self, passage: Passage, pictures: dict[str, bytes]) -> int:
        """Seal and commit one passage; its sequence number."""


class Keeper:
    """Takes passages from the queue to the outbox."""

    def __init__(self, passages: queue.Queue[Passage], outbox: Stores, stages: Stages) -> None:
        self._passages = passages
        self._outbox = outbox
        self._stages = stages
        self._held: Passage | None = None
        self.reads = Hourly()
        self.abstained = Hourly()

    def step(self) -> bool:
        """Store one passage, when there is one."""
        try:
            self._held = self._passages.get(timeout=TAKE_S)
        except queue.Empty:
            return False
        self._store(self._held)
        return True

    @property
    def waiting(self) -> int:
        """Passages that are decided and not yet stored."""
        return self._passages.qsize() + (self._held is not None)

    def finish(self) -> None:
        """Store everything that is left."""
        while True:
            try:
                self._held = self._passages.get_nowait()
            except queue.Empty:
                return
            self._store(self._held)

    def rescue(self, outbox: Stores) -> int:
        """After the outbox failed: store what it did not take in a fresh one; how many that was."""
        held, self._held, self._outbox = self._held, None, outbox
        rescued = 0
        if held is not None:
            self._store(held)
            rescued = 1
        rescued += self._passages.qsize()
        self.finish()
        return rescued

    def _store(self, passage: Passage) -> None:
        with self._stages.timed("encode"):
            pictures = encode(passage)
        with self._stages.timed("store"):
            sequence = self._outbox.store(passage, pictures)
        self._held = None
        now_s = time.monotonic()
        self.reads.mark(now_s)
        if "?" in passage.text.text or not passage.text.text:
            self.abstained.mark(now_s)
        log.info(
            "read stored",
            extra={"sequence": sequence, "looks": passage.looks, "mode": passage.mode},
        )


def encode(passage: Passage) -> dict[str, bytes]:
    """The pictures as JPEG: the crop that was read, and the overview where there is one."""
    pictures = {"crop": _jpeg(passage.crop, CROP_QUALITY)}
    if passage.overview is not None:
        pictures["overview"] = _jpeg(passage.overview, OVERVIEW_QUALITY)
    return pictures


def _jpeg(image: Image, quality: int) -> bytes:
    good, encoded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not good:
        raise OutboxError("a picture could not be encoded")
    return encoded.tobytes()
