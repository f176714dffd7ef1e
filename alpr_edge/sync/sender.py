"""Decides what goes out next: a window of batches, pictures behind them, and what to send again."""

from __future__ import annotations

import random
from typing import Protocol

from alpr_edge.sync.mailbag import Mailbag
from alpr_wire.batches import FULL_BYTES, MOST_RECORDS, WINDOW_S
from alpr_wire.receipts import Receipt, Request

WINDOW = 8
"""Batches under way without a receipt."""
PICTURE_WINDOW = 4
PATIENCE_S = 20.0
"""Without a receipt for so long, everything not receipted is sent again, slower each time."""
MOST_PATIENCE_S = 300.0
EXPLAIN_AGAIN_S = 0.5
OVERTAKEN_US = 60_000_000
"""An answer so much older than the newest, or less, is a late one."""


class Carries(Protocol):
    """The link to the city."""

    def send_batch(self, payload: bytes) -> None:
        """Hand a batch over; whether it arrives is the receipt's to say."""

    def send_picture(self, payload: bytes) -> None:
        """Hand a sealed picture over."""


class Budget:
    """Bytes that may go out, so many a second; 0 is no limit."""

    def __init__(self, bytes_per_s: float) -> None:
        self._rate = bytes_per_s
        self._left = max(bytes_per_s, float(FULL_BYTES))
        self._at_s: float | None = None

    def allows(self, now_s: float) -> bool:
        """Whether anything may go now."""
        if self._rate <= 0:
            return True
        if self._at_s is not None:
            most = max(self._rate, float(FULL_BYTES))
            self._left = min(most, self._left + self._rate * (now_s - self._at_s))
        self._at_s = now_s
        return self._left > 0

    def spend(self, size: int) -> None:
        """So much went."""
        self._left -= size


class Sender:
    """The state of one connection. One thread uses it."""

    def __init__(self, mailbag: Mailbag, link: Carries, *, bytes_per_s: float = 0.0) -> None:
        self._mailbag, self._link = mailbag, link
        self._budget = Budget(bytes_per_s)
        self._receipted = mailbag.receipted()
        self._sent = self._receipted
        self._under_way: list[int] = []
        """Last sequence number of each batch without a receipt."""
        self._pictures: set[tuple[int, int]] = set()
        self._patience_s = PATIENCE_S
        self._progress_s: float | None = None
        self._waiting_s: float | None = None
        self._answered_us = 0
        self._explain_s: float | None = None
        """When to look for the record that explains a gap; None where none is asked for."""
        self._explain_after = -1
        self._pulled, _ = mailbag.pulled()
        self._for_city: set[tuple[int, int]] = set()
        """Pictures that went because the city pulled them."""
        self.resent = 0
        """How often everything not receipted was sent again."""

    @property
    def receipted(self) -> int:
        """The last record that the city has said it holds, on this connection or before."""
        return self._receipted

    @property
    def done(self) -> bool:
        """Whether every record is receipted."""
        return self._receipted >= self._mailbag.last()

    def step(self, now_s: float) -> bool:
        """Send one thing if something is due; whether it did."""
        self._mind_silence(now_s)
        self._mind_pull(now_s)
        if not self._budget.allows(now_s):
            return False
        if self._send_wanted():
            return True
        if self._explain(now_s):
            return True
        if len(self._under_way) < WINDOW and self._is_due(now_s):
            batch = self._mailbag.batch(self._sent)
            if batch is not None:
                self._waiting_s = None
                payload = batch.encode()
                self._link.send_batch(payload)
                self._budget.spend(len(payload))
                self._sent = batch.last_seq
                self._under_way.append(batch.last_seq)
                self._progress_s = self._progress_s or now_s
                return True
        return self._send_picture()

    def heard(self, answer: Receipt | Request, now_s: float) -> None:
        """The city answered for this stream."""
        if answer.stream != self._mailbag.stream:
            return
        if 0 < self._answered_us - answer.at_us < OVERTAKEN_US:
            return  # on the way, by a newer one; one older still says that the city's clock was set
        self._answered_us = answer.at_us
        if isinstance(answer, Request):
            self._again_from(answer.after_seq)
            if answer.after_seq < self._mailbag.base:
                self._explain_s, self._explain_after = now_s, answer.after_seq
            return
        if answer.seq < self._receipted:
            self._again_from(answer.seq)  # the city has lost what it had: it gets it again
        moved = answer.seq > self._receipted
        self._receipted = answer.seq
        self._sent = max(self._sent, answer.seq)
        self._under_way = [seq for seq in self._under_way if seq > answer.seq]
        held = {(seq, int(kind)) for seq, kind in answer.pictures}
        self._pictures -= held
        self._for_city -= held
        if moved or held:
            self._patience_s = PATIENCE_S
            self._progress_s = now_s if self._under_way else None

    def _again_from(self, after_seq: int) -> None:
        """Nothing after this record is held."""
        self._sent = self._receipted = after_seq
        self._under_way.clear()
        self._pictures.clear()
        self._for_city.clear()

    def _mind_pull(self, now_s: float) -> None:
        """Send again from where the city pulls, once capture has checked that it does."""
        number, after_seq = self._mailbag.pulled()
        if number == self._pulled:
            return
        self._pulled = number
        self._again_from(after_seq)
        if after_seq < self._mailbag.base:
            self._explain_s, self._explain_after = now_s, after_seq

    def _send_wanted(self) -> bool:
        """A picture that the city pulls goes before everything else: somebody waits for it."""
        if len(self._for_city) >= PICTURE_WINDOW:
            return False
        message = self._mailbag.wanted(self._for_city)
        if message is None:
            return False
        payload = message.encode()
        self._link.send_picture(payload)
        self._budget.spend(len(payload))
        self._for_city.add((message.seq, int(message.picture.kind)))
        return True

    def _explain(self, now_s: float) -> bool:
        """What the city asks for is gone: send the record that says so, once capture wrote it."""
        if self._explain_s is None or now_s < self._explain_s:
            return False
        batch = self._mailbag.explanation(self._explain_after)
        self._explain_s = now_s + EXPLAIN_AGAIN_S if batch is None else None
        if batch is None:
            return False
        payload = batch.encode()
        self._link.send_batch(payload)
        self._budget.spend(len(payload))
        return True

    def _is_due(self, now_s: float) -> bool:
        """Whether a batch is full, or its first record has waited long enough."""
        waiting = self._mailbag.last() - self._sent
        if waiting <= 0:
            self._waiting_s = None
            return False
        if waiting >= MOST_RECORDS:
            return True
        if self._waiting_s is None:
            self._waiting_s = now_s
        return now_s - self._waiting_s >= WINDOW_S

    def _send_picture(self) -> bool:
        """Behind the reads: only while no batch waits, and only of reads that are receipted."""
        if self._under_way or len(self._pictures) >= PICTURE_WINDOW:
            return False
        message = self._mailbag.picture(self._receipted, self._pictures)
        if message is None:
            return False
        payload = message.encode()
        self._link.send_picture(payload)
        self._budget.spend(len(payload))
        self._pictures.add((message.seq, int(message.picture.kind)))
        return True

    def _mind_silence(self, now_s: float) -> None:
        """Send again from the last receipt when none came for long."""
        if not self._under_way and not self._pictures and not self._for_city:
            self._progress_s = None
            return
        if self._progress_s is None:
            self._progress_s = now_s
        if now_s - self._progress_s < self._patience_s:
            return
        self._again_from(self._receipted)
        self._progress_s = None
        self._patience_s = min(MOST_PATIENCE_S, 2 * self._patience_s * random.uniform(0.8, 1.2))  # noqa: S311
        self.resent += 1
