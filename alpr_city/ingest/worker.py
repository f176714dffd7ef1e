"""One ingest worker: its share of the cameras, taken in as they come."""

from __future__ import annotations

import hashlib
import logging
import sqlite3
import time
from collections.abc import Callable

from django.db import Error as DatabaseError
from django.db import close_old_connections

from alpr_city.config import CityConfig
from alpr_city.enrolment.opening import wishes_of
from alpr_city.errors import VaultError
from alpr_city.ingest.closing import close_again
from alpr_city.ingest.intaker import Intaker
from alpr_city.ingest.line import Line
from alpr_city.ingest.reports import Reports
from alpr_city.orders.minder import Minder
from alpr_city.reads.pictures import PictureStore
from alpr_city.reads.store import Store
from alpr_city.vault.client import VaultClient

log = logging.getLogger(__name__)

MOST_MESSAGES, MOST_BYTES = 200, 2 << 20
"""In one transaction. Beyond some thousand reads a larger one saves nothing, and what it gathers
falls out of the processor's caches; the other worker takes its turn at the vault meanwhile."""
WAIT_S = 0.25
REGISTER_S = 2.0
AGAIN_S = 1.0


def share_of(camera: str, workers: int) -> int:
    """Which worker a camera is of, from 0."""
    return int.from_bytes(hashlib.sha256(camera.encode()).digest()[:4], "big") % workers


class Worker:
    """Worker `number` of as many as the settings say."""

    def __init__(self, config: CityConfig, number: int) -> None:
        """Open everything.

        Raises:
            CityError: The database, the certificate or the vault's socket is missing.
        """
        self._number, self._workers = number, config.ingest.workers
        files = config.files
        self._vault = VaultClient(files.socket)
        self._pictures = PictureStore(files.pictures)
        self._store = Store()
        self.intaker = Intaker(self._store, self._pictures, self._vault)
        self._minder = Minder(self._vault, wishes_of(config))
        broker = config.broker
        self._line = Line(
            f"ingest-{number + 1}", broker.city_host, broker.city_port, files.services
        )

    def run(self, asked: Callable[[], bool]) -> None:
        """Until asked to stop. Without vault or database it waits; the cameras keep their reads."""
        self._line.start()
        looked_s, settled, reports = float("-inf"), False, Reports()
        try:
            while not asked():
                try:
                    if not settled:
                        self._store.settle()
                        close_again(self._store, self._vault)
                        settled = True
                    if time.monotonic() - looked_s >= REGISTER_S:
                        looked_s = time.monotonic()
                        self._follow()
                    came = self._line.next(MOST_MESSAGES, MOST_BYTES, WAIT_S)
                    messages = reports.hold_back(came, time.monotonic())
                    if messages:
                        for camera, answer in self.intaker.take(messages):
                            self._line.answer(camera, answer)
                        self._order(self._minder.urgent())
                except (VaultError, DatabaseError, sqlite3.Error) as error:
                    log.error("nothing can be stored now: %s", _first_line(error))
                    close_old_connections()
                    self._pictures.close()  # opened anew, it settles its log as the store does
                    settled = False
                    time.sleep(AGAIN_S)
        finally:
            self._line.stop()
            self._vault.close()
            self._pictures.close()

    def _follow(self) -> None:
        """Cameras that may not send are heard as well: what they send is set aside."""
        self.intaker.learn_cameras()
        mine = {n for n in self.intaker.names() if share_of(n, self._workers) == self._number}
        self._line.follow(mine)
        self._order(self._minder.step(mine, time.monotonic()))

    def _order(self, commands: list[tuple[str, bytes]]) -> None:
        for camera, command in commands:
            self._line.order(camera, command)


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
