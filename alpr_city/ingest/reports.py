"""Has reports of cameras wait for each other: alone, each would cost a transaction and its sync.

A thousand cameras report a hundred times a second. A report need not be durable at once: the
camera makes another in ten seconds, and the broker keeps the last.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from alpr_wire.topics import Channel

if TYPE_CHECKING:
    from alpr_city.ingest.intaker import Message

WAIT_S = 1.0
MOST = 500


class Reports:
    """Those that wait, in the order in which they came."""

    def __init__(self) -> None:
        self._waiting: list[Message] = []
        self._let_through_s = float("-inf")

    def hold_back(self, messages: Iterable[Message], now_s: float) -> list[Message]:
        """What is to be taken in now: everything else, and once a second all reports."""
        now: list[Message] = []
        for message in messages:
            (self._waiting if message[0] is Channel.HEALTH else now).append(message)
        if now_s - self._let_through_s >= WAIT_S or len(self._waiting) >= MOST:
            self._let_through_s = now_s
            now += self._waiting
            self._waiting = []
        return now
