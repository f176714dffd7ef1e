"""Starts mosquitto with its settings, for a demonstration or where systemd does not."""

from __future__ import annotations

import logging
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

from alpr_city.broker.refusals import Refusals
from alpr_city.errors import BrokerError

log = logging.getLogger(__name__)

START_S, STOP_S = 10.0, 10.0


class Broker:
    """One mosquitto; a context manager."""

    def __init__(self, settings_file: Path, port: int) -> None:
        """`port` is one of those it listens on; it is ready once that answers."""
        self._file, self._port = settings_file, port
        self._process: subprocess.Popen[bytes] | None = None
        self._reader: threading.Thread | None = None
        self._refusals, self._last = Refusals(), ""
        self.log = settings_file.parent / "broker.log"
        """What was worth a line; also in this process's log."""

    def start(self) -> None:
        """Start it and wait until it listens.

        Raises:
            BrokerError: Mosquitto is not installed, or it ended at once; its own words are given.
        """
        program = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
        if program is None:
            raise BrokerError("mosquitto is not installed", fix="apt install mosquitto")
        # Systemd hears from us, and would refuse mosquitto's own word.
        environment = {k: v for k, v in os.environ.items() if k != "NOTIFY_SOCKET"}
        self._process = subprocess.Popen(  # noqa: S603
            [program, "-c", str(self._file)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=environment,
        )
        self._reader = threading.Thread(
            target=self._read, args=(self._process,), name="broker-lines", daemon=True
        )
        self._reader.start()
        until = time.monotonic() + START_S
        while time.monotonic() < until:
            if self._process.poll() is not None:
                break
            try:
                socket.create_connection(("127.0.0.1", self._port), 0.2).close()
            except OSError:
                time.sleep(0.02)
                continue
            return
        self.stop()
        raise BrokerError(f"mosquitto does not start; it said: {self._last or 'nothing'}")

    def reload(self) -> None:
        """Read the revocation list anew. Sessions that stand are not ended by that."""
        if self._process is not None:
            self._process.send_signal(signal.SIGHUP)

    def kill(self) -> None:
        """As a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._gone(self._process)

    def stop(self) -> None:
        """End it."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self._gone(self._process)

    def _gone(self, process: subprocess.Popen[bytes]) -> None:
        process.wait()
        if self._reader is not None:
            self._reader.join(STOP_S)
        self._process = self._reader = None

    def _read(self, process: subprocess.Popen[bytes]) -> None:
        """Every line, for as long as it lives: a pipe that nobody reads would stop it."""
        assert process.stdout is not None
        with process.stdout, self.log.open("a", encoding="utf-8") as file:
            for raw in process.stdout:
                line = raw.decode("utf-8", "replace")
                said = self._refusals.heard(line)
                if said is not None:
                    self._last = said
                    file.write(f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} {said}\n")
                    file.flush()
                    log.warning("broker: %s", said)

    def __enter__(self) -> Broker:
        self.start()
        return self

    def __exit__(
        self, _t: type[BaseException] | None, _e: BaseException | None, _b: TracebackType | None
    ) -> None:
        self.stop()
