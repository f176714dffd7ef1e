"""The console's word to systemd's watchdog: given only while a page was really answered.

The worker's loop has one of its own threads answer a page every few seconds, and counts; the
arbiter passes a new count on. So silence means that the arbiter, the loop or every thread hangs,
and systemd starts the console again.
"""

from __future__ import annotations

import time
from concurrent.futures import Future
from mmap import mmap
from typing import Any
from wsgiref.util import setup_testing_defaults

from gunicorn.arbiter import Arbiter
from gunicorn.workers.gthread import ThreadWorker

from alpr_city.asked import PET_S, notify

PAGE = "/static/web/console.css"
"""Passes the first of the middleware and needs no database: a new start would not mend that."""
# Shared with the worker, which is a fork: how many pages were answered.
_answered = mmap(-1, 8)


class BeatingWorker(ThreadWorker):
    """A worker that now and then asks itself for a page."""

    _asked: Future[None] | None = None
    _asked_s = float("-inf")

    def notify(self) -> None:
        """What the worker's loop does at every turn."""
        super().notify()
        now_s = time.monotonic()
        if now_s - self._asked_s < PET_S or not (self._asked is None or self._asked.done()):
            return
        self._asked_s = now_s
        self._asked = self.tpool.submit(self._answer)

    def _answer(self) -> None:
        asked: dict[str, Any] = {"PATH_INFO": PAGE, "wsgi.url_scheme": "https"}
        setup_testing_defaults(asked)
        told: list[str] = []
        page = self.wsgi(asked, lambda status, *_: told.append(status))
        try:
            for _ in page:
                pass
        finally:
            getattr(page, "close", bool)()
        if told:
            _answered[:] = (_count() + 1).to_bytes(8)


class BeatingArbiter(Arbiter):
    """An arbiter that tells systemd of each page that was answered."""

    _told = 0

    def murder_workers(self) -> None:
        """What the arbiter's loop does at every turn."""
        super().murder_workers()
        if _count() != self._told:
            self._told = _count()
            notify("WATCHDOG=1")


def _count() -> int:
    return int.from_bytes(_answered[:8])
