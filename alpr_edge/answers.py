"""What capture does with the city's words: it checks each, obeys, and forgets what may go."""

from __future__ import annotations

import logging
import time
from pathlib import Path
from typing import Protocol

from alpr_edge.city_keys import CityKeys
from alpr_edge.errors import OutboxError, ReceiptError
from alpr_edge.obeying import Obeying, Pulls
from alpr_edge.orders import Orders
from alpr_edge.sparing import Sparing
from alpr_edge.sync import inbox
from alpr_wire.errors import WireError
from alpr_wire.receipts import Receipt, Request, open_answer
from alpr_wire.topics import Channel

log = logging.getLogger(__name__)

FORGET_S = 600.0


class Keeps(Pulls, Protocol):
    """An outbox."""

    def take(self, answer: Receipt | Request, statement: bytes) -> None:
        """Act on the city's word."""

    def forget(self, grace_s: float) -> int:
        """Delete what was receipted longer ago than the grace."""


class Answers:
    """Empties the inbox into the outbox. One thread uses it."""

    def __init__(self, folder: Path, camera: str, keys: CityKeys, *, grace_s: float) -> None:
        self._folder, self._camera, self._keys, self._grace_s = folder, camera, keys, grace_s
        self._orders = Orders(folder, camera, keys.command)
        self._obeying = Obeying(folder, camera, keys)
        self._sparing = Sparing(log)
        self._forgot_s = float("-inf")
        self.refused = 0

    def step(self, outbox: Keeps, now_s: float | None = None) -> None:
        """Take what came, and delete what has been receipted long enough.

        Raises:
            OutboxError: The disk failed.
        """
        for channel, payload in inbox.taken(self._folder):
            if channel is Channel.COMMAND:
                self._order(payload, outbox)
                continue
            try:
                answer = open_answer(payload, camera=self._camera, key=self._keys.receipt)
                outbox.take(answer, payload)
            except (WireError, ReceiptError) as error:
                self.refused += 1
                self._sparing.say(f"an answer of the city was refused: {error}")
        self._forget(outbox, time.monotonic() if now_s is None else now_s)

    def _order(self, payload: bytes, outbox: Keeps) -> None:
        try:
            self._obeying.obey(self._orders.take(payload), outbox)
        except (WireError, OutboxError) as error:
            self.refused += 1
            self._sparing.say(f"a command was refused: {error}")

    def _forget(self, outbox: Keeps, now_s: float) -> None:
        if now_s - self._forgot_s >= FORGET_S:
            self._forgot_s = now_s
            gone = outbox.forget(self._grace_s)
            if gone:
                log.info("receipted records deleted", extra={"count": gone})
