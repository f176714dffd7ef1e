"""The whole system as it runs: a city's processes, one camera's sync, and a real outbox between."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any

from alpr_city.config import load, template
from alpr_city.demo.processes import Processes, free_ports
from alpr_edge.answers import Answers
from alpr_edge.buffer.identity import load_identity
from alpr_edge.buffer.outbox import Outbox
from alpr_edge.city_keys import load_city_keys
from alpr_edge.config import load as load_edge
from alpr_edge.rooms import with_newest_seal_key
from tests.buffer.cast import passage
from tests.city.databases import Templates, config_for

CAMERA = "cam-0001"
WAIT_S = 120.0
PROGRAMS = {
    "broker": "alpr-city",
    "vault": "alpr-city",
    "ingest": "alpr-city",
    "sync": "alpr-edge",
}


class _Processes(Processes):
    """Some of them in a world of their own."""

    def __init__(self, folder: Path, asked: Callable[[], bool]) -> None:
        super().__init__(folder, asked)
        self.prefix: dict[str, list[str]] = {}

    def _command(self, program: str, command: str, *arguments: str) -> list[str]:
        whole = super()._command(program, command, *arguments)
        return [*self.prefix.get(command, ()), *whole]


class Whole:
    """Everything in one folder."""

    def __init__(self, folder: Path, host: str = "localhost") -> None:
        self.folder, self._host = folder, host
        self.processes = _Processes(folder, lambda: False)
        self.prefix = self.processes.prefix
        """What the command of a program begins with, by its name."""
        self.camera_port, city_port, _ = free_ports(3)
        settings = template("Testville", Path("city"), self.camera_port, city_port)
        (folder / "city.toml").write_text(settings.replace('"localhost"', f'"{host}"', 1))
        self.config = load(folder / "city.toml")
        _bring_tables(self.config.files.database)
        self.processes.call("alpr-city", "init")
        for name in ("broker", "vault"):
            self.start(name)
        self.wait_for("the vault", self.config.files.socket.exists)
        self.start("ingest")
        self._enrol()
        self.stored = 0
        self.open_camera()

    def start(self, name: str) -> None:
        self.processes.start(name, PROGRAMS[name], name)

    def kill(self, name: str, number: int = signal.SIGKILL) -> None:
        """Together with what it has started."""
        process = self.processes._running[name]
        os.killpg(process.pid, number)
        if number in (signal.SIGKILL, signal.SIGTERM):
            process.wait()

    def open_camera(self) -> None:
        """The capture side; a second call is what a power cut leaves behind."""
        identity = self.folder / "identity"
        # As the capture process builds it: with the newest seal key there is.
        newest = with_newest_seal_key(load_edge(self.folder / "edge.toml"), load_identity(identity))
        self.outbox = Outbox.open(self.folder / "outbox", newest)
        self.answers = Answers(
            self.folder / "outbox", CAMERA, load_city_keys(identity), grace_s=7 * 86400
        )

    def reads(self, count: int, *, pictures: bool = True) -> None:
        for _ in range(count):
            shown = {"crop": os.urandom(3000), "overview": os.urandom(9000)} if pictures else {}
            self.outbox.store(passage(), shown)
        self.stored += count

    def settled(self) -> bool:
        """Whether every record, and every picture, is receipted."""
        self.answers.step(self.outbox)
        waiting = self.outbox._db.execute(
            "SELECT count(*) FROM pictures WHERE receipted = 0"
        ).fetchone()[0]
        state = self.outbox.state()
        return state["receipted_seq"] == state["last_seq"] and not waiting

    def verified(self) -> dict[str, Any]:
        (verdict,) = self.processes.lines("alpr-city", "verify-camera", CAMERA, "--json")
        return verdict

    def ledger(self) -> dict[str, Any]:
        (row,) = self.processes.lines("alpr-city", "reconcile", CAMERA, "--json")
        return row

    def wait_for(self, what: str, there: Callable[[], bool], most_s: float = WAIT_S) -> None:
        until = time.monotonic() + most_s
        while not there():
            assert time.monotonic() < until, f"{what} did not come; {self.said()}"
            time.sleep(0.1)

    def state(self, name: str) -> dict[str, Any]:
        """What a program of the camera last said of itself."""
        try:
            found: dict[str, Any] = json.loads((self.folder / "run" / f"{name}.json").read_text())
        except FileNotFoundError:
            return {}
        return found

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def rest(self, seconds: float) -> None:
        """Let a fault have its time; receipts are taken meanwhile."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.answers.step(self.outbox)
            time.sleep(0.2)

    def said(self) -> str:
        return json.dumps(
            {f.stem: f.read_text(errors="replace")[-600:] for f in self.folder.glob("*.log")}
        )

    def close(self) -> None:
        self.outbox.close()
        self.processes.stop()

    def stored_of_camera(self) -> int:
        """Records in the city's database, without a process of its own to ask."""
        with closing(sqlite3.connect(self.config.files.database)) as db:
            (count,) = db.execute("SELECT count(*) FROM record").fetchone()
        return int(count)

    def _enrol(self) -> None:
        folder = self.folder
        (folder / "edge.toml").write_text(
            f"""[camera]
source = "playback"
[playback]
path = "{folder}"
[outbox]
folder = "{folder / "outbox"}"
identity = "{folder / "identity"}"
[city]
host = "{self._host}"
port = {self.camera_port}
[health]
folder = "{folder / "run"}"
"""
        )
        for name in ("outbox", "run"):
            (folder / name).mkdir()
        request, grant = str(folder / "request"), str(folder / "grant")
        call = self.processes.call
        call("alpr-edge", "enroll", "--camera", CAMERA, "--request", request)
        said = call("alpr-city", "camera", "admit", request, "--grant", grant)
        fingerprint = said.strip().splitlines()[-1]
        call("alpr-edge", "enroll", "--grant", grant, "--city", fingerprint)


@cache
def _tables() -> tempfile.TemporaryDirectory[str]:
    """A migrated database, which takes seconds to make and is the same for every city."""
    folder = tempfile.TemporaryDirectory(prefix="alpr-tables-")
    templates = Templates()
    made = templates.fresh("sqlite", Path(folder.name))
    templates.close()
    assert made.files.database.parent == Path(folder.name)
    return folder


def _bring_tables(database: Path) -> None:
    """What `alpr-city init` would make; it goes over it and finds nothing to do."""
    database.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(config_for(Path(_tables().name)).files.database, database)
