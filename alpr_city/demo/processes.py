"""The programs of the demonstration, started and ended as systemd would."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from alpr_city.errors import SetupError

START_S, STOP_S = 60.0, 45.0
ORDER = ("capture", "sync", "web", "enrol", "ingest", "vault", "broker")
"""In which they end: the camera first, the vault and the broker last."""


class Processes:
    """Everything that runs in one folder; `asked` says when to give up waiting."""

    def __init__(self, folder: Path, asked: Callable[[], bool]) -> None:
        self._folder, self._asked = folder, asked
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, program: str, *arguments: str) -> None:
        """Start one; what it says goes to `NAME.log`."""
        with (self._folder / f"{name}.log").open("ab") as log:
            self._running[name] = subprocess.Popen(  # noqa: S603
                self._command(program, *arguments),
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is ours to pass on, in order
            )

    def call(self, program: str, *arguments: str, accept: tuple[int, ...] = (0,)) -> str:
        """Run a command to its end; what it printed.

        Raises:
            SetupError: It failed; its last line is given.
        """
        done = subprocess.run(  # noqa: S603
            self._command(program, *arguments),
            capture_output=True,
            text=True,
            check=False,
            start_new_session=True,
        )
        if done.returncode not in accept:
            raise SetupError((done.stderr.strip().splitlines() or [f"{program} failed"])[-1])
        return done.stdout

    def lines(self, *command: str) -> list[dict[str, Any]]:
        """The JSON objects that a command prints; 1 means it found something, which they say."""
        return [json.loads(line) for line in self.call(*command, accept=(0, 1)).splitlines()]

    def wait_for(self, what: str, there: Callable[[], bool], most_s: float = START_S) -> None:
        """Wait until something is there.

        Raises:
            SetupError: It did not come, or a process ended meanwhile.
        """
        until = time.monotonic() + most_s
        while not there():
            self.check(*[name for name in self._running if name != "capture"])
            if self._asked() or time.monotonic() > until:
                raise SetupError(f"{what} did not come within {most_s:.0f} s")
            time.sleep(0.3)

    def ended(self, name: str) -> bool:
        """Whether one has ended by itself."""
        return self._running[name].poll() is not None

    def check(self, *names: str) -> None:
        """See to it that these, or all, are alive.

        Raises:
            SetupError: One is not; its last line is given.
        """
        for name in names or self._running:
            code = self._running[name].poll()
            if code is not None:
                lines = (self._folder / f"{name}.log").read_text(errors="replace").splitlines()
                raise SetupError(f"{name} ended with {code}: {(lines or ['it said nothing'])[-1]}")

    def stop(self) -> None:
        """End all, in data order."""
        for name in sorted(self._running, key=_turn):
            process = self._running[name]
            if process.poll() is not None:
                continue
            process.terminate()
            try:
                process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _command(self, program: str, command: str, *arguments: str) -> list[str]:
        beside = Path(sys.executable).with_name(program)
        settings = "city.toml" if program == "alpr-city" else "edge.toml"
        config = [] if command == "outbox" else ["--config", str(self._folder / settings)]
        return [str(beside if beside.exists() else program), command, *config, *arguments]


def _turn(name: str) -> int:
    """When a process ends; of several, `ingest-2` is one, all have the same turn."""
    return ORDER.index(name.partition("-")[0])


def call_module(module: str, *arguments: str) -> str | None:
    """Run a module of the project to its end; its last line where it failed."""
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-m", module, *arguments],
        capture_output=True,
        text=True,
        check=False,
        start_new_session=True,
    )
    return (done.stderr.strip().splitlines() or ["?"])[-1] if done.returncode else None


def free_ports(count: int) -> list[int]:
    """Ports that nothing listens on."""
    with ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]


def listens(port: int) -> bool:
    """Whether something takes connections at a port of this machine."""
    try:
        socket.create_connection(("127.0.0.1", port), 0.2).close()
    except OSError:
        return False
    return True
