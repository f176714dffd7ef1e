"""The sync process: mailbag, sender, link and inbox, whatever the city does."""

from __future__ import annotations

import json
import logging
import queue
import time
from collections.abc import Callable
from typing import Any

from alpr_edge import device_key, successor_key
from alpr_edge.city_keys import load_city_keys
from alpr_edge.config import EdgeConfig
from alpr_edge.enrolment import certificate_file
from alpr_edge.errors import EnrollError, SyncError
from alpr_edge.health_state import StateFile
from alpr_edge.obeying import told
from alpr_edge.sparing import Sparing
from alpr_edge.sync import inbox
from alpr_edge.sync.link import Address, Link
from alpr_edge.sync.mailbag import Mailbag
from alpr_edge.sync.sender import Sender
from alpr_edge.systemd import notify
from alpr_wire import seal_keys
from alpr_wire.commands import open_command
from alpr_wire.errors import WireError
from alpr_wire.receipts import open_answer
from alpr_wire.topics import Channel

log = logging.getLogger(__name__)

OUTBOX_FILE = "outbox.db"
TICK_S = 0.05
LOOK_S = 2.0
REPORT_S = 10.0


class Postman:
    """Runs in one thread beside paho's own."""

    def __init__(self, config: EdgeConfig) -> None:
        """Load certificates and keys.

        Raises:
            EnrollError: The camera is not enrolled.
            SyncError: A certificate cannot be loaded.
        """
        identity = config.outbox.identity
        self._config = config
        self._camera = _camera_name(config)
        self._keys = load_city_keys(identity)
        self._shown = b""
        self._link = self._new_link()
        self._path = config.outbox.folder / OUTBOX_FILE
        self._mailbag: Mailbag | None = None
        self._sender: Sender | None = None
        self._session = 0
        self._looked_s = float("-inf")
        self._state = StateFile(config.health.folder, "sync")
        self._refused = 0
        self._sparing = Sparing(log, logging.WARNING)
        self._receipt_s: float | None = None
        self._offset_s: float | None = None
        self._reported: tuple[int, bytes] | None = None
        self._reported_s = float("-inf")

    def run(self, asked: Callable[[], bool]) -> None:
        """Until asked to stop."""
        self._link.start()
        try:
            while not asked():
                if not self.step(time.monotonic()):
                    self._listen(TICK_S)
        finally:
            self._link.stop()
            self._write_state()
            if self._mailbag is not None:
                self._mailbag.close()

    def step(self, now_s: float) -> bool:
        """Hear what came, send what is due; whether something was sent."""
        self._listen(0.0)
        if now_s - self._looked_s >= LOOK_S:
            self._looked_s = now_s
            self._write_state()
            notify("WATCHDOG=1")
            self._look_for_outbox()
            self._look_for_certificate()
        if not self._link.up or self._mailbag is None:
            return False
        if self._sender is None or self._session != self._link.sessions:
            # A new session: what was under way may be lost, so from the last receipt again.
            self._session = self._link.sessions
            rate = self._config.city.most_kbit_s * 1000 / 8
            self._sender = Sender(self._mailbag, self._link, bytes_per_s=rate)
        self._report(now_s)
        return self._sender.step(now_s)

    def _report(self, now_s: float) -> None:
        """Tell the city how far this outbox goes, so that what is under way shows there."""
        assert self._mailbag is not None
        if now_s - self._reported_s < REPORT_S:
            return
        self._reported_s = now_s
        report = json.dumps(
            {
                "version": 1,
                "stream": self._mailbag.stream.hex(),
                "last_seq": self._mailbag.last(),
                "receipted_seq": self._mailbag.receipted(),
                **self._of_orders(),
            }
        ).encode()
        if self._reported != (self._session, report):
            self._reported = self._session, report
            self._link.send_health(report)

    def _of_orders(self) -> dict[str, Any]:
        """Which seal key is in use, and what became of the city's orders."""
        outbox = self._config.outbox
        key = successor_key.newest(outbox.identity, outbox.folder, self._keys.root)
        seal = None if key is None else seal_keys.key_id(key.public).hex()
        return {"seal_key": seal, **told(outbox.folder, outbox.identity)}

    def _new_link(self) -> Link:
        config, identity = self._config, self._config.outbox.identity
        certificate = certificate_file(identity)
        device_key.ready(identity / "client.key")
        self._shown = certificate.read_bytes() if certificate.exists() else b""
        return Link(
            self._camera,
            Address(
                host=config.city.host,
                port=config.city.port,
                ca=identity / "city-ca.pem",
                certificate=certificate,
                key=identity / "client.key",
            ),
        )

    def _look_for_certificate(self) -> None:
        """Show the city a renewed certificate: the session is made anew with it."""
        if certificate_file(self._config.outbox.identity).read_bytes() == self._shown:
            return
        log.info("the certificate was renewed")
        self._link.stop()
        self._link = self._new_link()
        self._session, self._sender = 0, None
        self._link.start()

    def _look_for_outbox(self) -> None:
        """Open the outbox once it is there, and anew when capture has replaced it."""
        try:
            if self._mailbag is not None:
                if self._path.exists() and self._path.stat().st_ino == self._mailbag.inode:
                    return
                self._mailbag.close()
                self._mailbag = self._sender = None
            self._mailbag = Mailbag(self._path, self._camera)
        except SyncError as error:
            log.info("%s", error)

    def _listen(self, timeout_s: float) -> None:
        """Check what the city said, and hand it to capture; a forgery goes no further."""
        while True:
            try:
                channel, payload = self._link.heard.get(
                    timeout=timeout_s or None, block=timeout_s > 0
                )
            except queue.Empty:
                return
            timeout_s = 0.0
            if self._is_the_citys(channel, payload):
                inbox.put(self._config.outbox.folder, channel, payload)

    def _is_the_citys(self, channel: Channel, payload: bytes) -> bool:
        """Whether a word is the city's for here and now; what sync itself needs of it is taken."""
        try:
            if channel is Channel.COMMAND:
                open_command(
                    payload,
                    camera=self._camera,
                    key=self._keys.command,
                    last_number=-1,  # capture counts
                    now_us=time.time_ns() // 1000,
                )
                return True
            answer = open_answer(payload, camera=self._camera, key=self._keys.receipt)
        except WireError as error:
            self._refused += 1
            what = "a command" if channel is Channel.COMMAND else "an answer"
            self._sparing.say(f"{what} was refused: {error}")
            return False
        self._receipt_s = time.time()
        self._offset_s = self._receipt_s - answer.at_us / 1e6
        if self._sender is not None:
            self._sender.heard(answer, time.monotonic())
        return True

    def _write_state(self) -> None:
        sender, bag = self._sender, self._mailbag
        self._state.write(
            {
                "phase": "connected" if self._link.up else "away",
                "sessions": self._link.sessions,
                "last_seq": None if bag is None else bag.last(),
                "receipted_seq": None if bag is None else bag.receipted(),
                "city_holds_seq": None if sender is None else sender.receipted,
                "last_answer_utc_s": self._receipt_s,
                "clock_offset_s": self._offset_s,
                "refused_answers": self._refused,
                "resent": 0 if sender is None else sender.resent,
            }
        )


def _camera_name(config: EdgeConfig) -> str:
    path = config.outbox.identity / "camera-id"
    try:
        return path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise EnrollError(f"{path}: cannot be read", fix="run `sudo alpr-edge enroll`") from error
