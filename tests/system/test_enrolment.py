"""A city of real processes: a camera enrols, has a session, renews, is stolen, and is out."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from alpr_city.config import template
from alpr_city.policy.store import EXAMPLE

BIN = Path(sys.executable).parent
WAIT_S = 120.0
REVOKED_S = 60.0
"""Within this a camera that was put out must have lost its session."""


def ports(count: int) -> list[int]:
    with ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]


def eventually(condition: Callable[[], bool], within_s: float = WAIT_S) -> None:
    until_s = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < until_s
        time.sleep(0.1)


class RealCity:
    """Vault, broker, ingest and enrolment, each its own process."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder, self._stack = folder, stack
        camera_port, city_port, self.port = ports(3)
        self.settings = folder / "city.toml"
        self.settings.write_text(template("Test", Path("city"), camera_port, city_port))
        self.edge = folder / "edge.toml"
        self.edge.write_text(
            f'[outbox]\nfolder = "{folder / "outbox"}"\nidentity = "{folder / "identity"}"\n'
            f'[health]\nfolder = "{folder / "run"}"\nbaseline = "{folder / "baseline.png"}"\n'
        )
        for name in ("outbox", "run"):
            (folder / name).mkdir()
        self.call("alpr-city", "init", "--policy", str(EXAMPLE))
        self.start("alpr-city", "vault")
        eventually((folder / "city/run/vault.sock").exists)
        self.start("alpr-city", "broker")
        self.start("alpr-city", "ingest")
        self.start("alpr-city", "enrol", "--port", str(self.port))
        for port in (camera_port, self.port):
            eventually(lambda port=port: answers(port))  # type: ignore[misc]

    def command(self, program: str, name: str, *arguments: str) -> list[str]:
        settings = self.settings if program == "alpr-city" else self.edge
        return [str(BIN / program), name, "--config", str(settings), *arguments]

    def call(self, program: str, *arguments: str, code: int = 0) -> str:
        done = subprocess.run(
            self.command(program, *arguments),
            capture_output=True,
            text=True,
            timeout=WAIT_S,
            check=False,
        )
        assert done.returncode == code, done.stderr
        assert "Traceback" not in done.stderr
        return done.stdout + done.stderr

    def start(self, program: str, *arguments: str) -> None:
        log = self._stack.enter_context((self.folder / f"{arguments[0]}.log").open("wb"))
        process = subprocess.Popen(self.command(program, *arguments), stdout=log, stderr=log)
        self._stack.callback(process.wait, WAIT_S)
        self._stack.callback(process.terminate)

    def phase(self) -> str:
        """Of the camera's session."""
        try:
            return str(json.loads((self.folder / "run/sync.json").read_text())["phase"])
        except (OSError, ValueError):
            return ""


def answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


@pytest.fixture
def city(tmp_path: Path) -> Iterator[RealCity]:
    with ExitStack() as stack:
        yield RealCity(tmp_path, stack)


@pytest.mark.timeout(600)
def test_a_camera_enrols_renews_and_is_out_within_a_minute_once_stolen(city: RealCity) -> None:
    code = city.call("alpr-city", "camera", "code", "cam-one", "--site", "Bridge", "--by", "me")
    city.call("alpr-city", "camera", "approve", "cam-one", "--by", "another")
    place = f"https://localhost:{city.port}"
    command = ("enroll", place, "--camera", "cam-one", "--code", code.splitlines()[0])
    assert "enrolled as cam-one" in city.call("alpr-edge", *command)
    assert "this code was used already" in city.call("alpr-edge", *command, code=1)
    (row,) = (
        json.loads(line) for line in city.call("alpr-city", "camera", "list", "--json").splitlines()
    )
    assert (row["state"], row["site"]) == ("active", "Bridge")

    city.start("alpr-edge", "sync")
    eventually(lambda: city.phase() == "connected")
    before = (city.folder / "sync.log").read_text().count("connected to the city")
    assert "renewed until" in city.call("alpr-edge", "renew")
    eventually(
        lambda: (city.folder / "sync.log").read_text().count("connected to the city") > before
    )

    wanted = city.folder / "wanted.toml"
    wanted.write_text(city.edge.read_text().replace("max_mph = 45.0", "max_mph = 65.0"))
    city.call("alpr-city", "camera", "settings", "cam-one", str(wanted))
    assert ": applied" in city.call("alpr-edge", "settle")
    assert "max_mph = 65.0" in city.edge.read_text()
    told = city.call("alpr-city", "camera", "settings", "cam-one")
    assert json.loads(told)["outcome"] == "applied"

    said = city.call("alpr-city", "camera", "stolen", "cam-one")
    assert "2 certificates revoked" in said
    eventually(lambda: city.phase() == "away", REVOKED_S)
    assert "was revoked" in city.call("alpr-edge", "renew", code=1)
    assert "was revoked" in city.call("alpr-edge", "settle", code=1)
    assert "was revoked" in city.call("alpr-edge", "decommission", code=1)
    assert city.phase() == "away"
    assert (city.folder / "identity/signing.pem").exists()
