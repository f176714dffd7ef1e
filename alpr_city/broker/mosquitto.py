"""Starts mosquitto with its settings, for a demonstration or where systemd does not."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from types import TracebackType

from alpr_city.errors import BrokerError

START_S, STOP_S = 10.0, 10.0


class Broker:
    """One mosquitto; a context manager."""

    def __init__(self, settings_file: Path, port: int) -> None:
        """`port` is one of those it listens on; it is ready once that answers."""
        self._file, self._port = settings_file, port
        self._process: subprocess.Popen[bytes] | None = None
        self.log = settings_file.parent / "broker.log"

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
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603
                [program, "-c", str(self._file)], stdout=log, stderr=log, env=environment
            )
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
        said = self.log.read_text(errors="replace").strip().splitlines()[-1:] or ["nothing"]
        self.stop()
        raise BrokerError(f"mosquitto does not start; it said: {said[0]}")

    def reload(self) -> None:
        """Read the revocation list anew. Sessions that stand are not ended by that."""
        if self._process is not None:
            self._process.send_signal(signal.SIGHUP)

    def kill(self) -> None:
        """As a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def stop(self) -> None:
        """End it."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def __enter__(self) -> Broker:
        self.start()
        return self

    def __exit__(
        self, _t: type[BaseException] | None, _e: BaseException | None, _b: TracebackType | None
    ) -> None:
        self.stop()
