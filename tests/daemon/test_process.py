"""`alpr-edge capture` and `alpr-edge run` as processes of their own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from alpr_edge.buffer import Outbox
from alpr_edge.buffer.identity import load_identity
from tests.daemon.camera import Camera, Clip

LISTENS = "0A"  # TCP_LISTEN in /proc/net/tcp
UNIX_ACCEPTS = 0x10000  # __SO_ACCEPTCON in /proc/net/unix

Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a command of the product; what is left running at the end is killed."""
    started: list[subprocess.Popen[str]] = []

    def run(*arguments: str, **environment: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "alpr_edge.cli", *arguments],
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | environment,
        )
        started.append(process)
        return process

    yield run
    for process in started:
        process.kill()
        process.communicate()


def eventually(condition: Callable[[], bool], *, within_s: float = 60) -> None:
    limit_s = time.monotonic() + within_s
    never = threading.Event()
    while not condition():
        assert time.monotonic() < limit_s
        never.wait(0.05)


def reads(camera: Camera) -> int:
    there = (camera.health / "capture.json").exists()
    return int(camera.state()["reads"]["total"]) if there else 0


def listening(process_id: int) -> list[str]:
    """Every socket of a process that accepts connections, or receives from a network."""
    inodes = set()
    for fd in Path(f"/proc/{process_id}/fd").iterdir():
        try:
            target = os.readlink(fd)
        except FileNotFoundError:
            continue  # closed meanwhile, such as the one that lists this folder
        if target.startswith("socket:["):
            inodes.add(target[8:-1])
    found = []
    for name in ("tcp", "tcp6", "udp", "udp6"):
        for line in Path(f"/proc/{process_id}/net/{name}").read_text().splitlines()[1:]:
            columns = line.split()
            if columns[9] in inodes and (columns[3] == LISTENS or name.startswith("udp")):
                found.append(f"{name} {columns[1]}")
    for line in Path(f"/proc/{process_id}/net/unix").read_text().splitlines()[1:]:
        columns = line.split()
        if columns[6] in inodes and int(columns[3], 16) & UNIX_ACCEPTS:
            found.append(f"unix {columns[7:]}")
    return found


def test_the_probe_for_listening_sockets_finds_one() -> None:
    with socket.create_server(("127.0.0.1", 0)), socket.socket(socket.AF_UNIX) as local:
        local.bind(f"\0alpr-test-{os.getpid()}")
        local.listen()
        assert len(listening(os.getpid())) >= 2


def test_sigterm_drains_and_nothing_ever_listened(camera: Camera, clip: Clip, start: Start) -> None:
    path = camera.configure(
        camera={"source": "playback"}, playback={"path": str(clip.path), "repeat": True}
    )
    process = start("capture", "--config", str(path))
    eventually(lambda: reads(camera) >= 1)
    assert listening(process.pid) == []
    process.send_signal(signal.SIGTERM)
    asked_s = time.monotonic()
    _, said = process.communicate(timeout=45)
    assert process.returncode == 0, said
    assert time.monotonic() - asked_s < 35
    assert "capture drained left=0" in said
    assert not any(text in said for text in clip.passed | clip.parked)
    outbox = Outbox.open(camera.outbox, load_identity(camera.identity))
    outbox.verify()
    outbox.close()


def test_run_plays_a_recording_to_its_end_and_exits_0(
    camera: Camera, clip: Clip, start: Start
) -> None:
    path = camera.configure(
        camera={"source": "playback"}, playback={"path": str(clip.path), "speed": "full"}
    )
    process = start("run", "--config", str(path))
    _, said = process.communicate(timeout=120)
    assert process.returncode == 0, said
    assert {read.raw_text for read in camera.reads()} >= clip.passed


def test_run_ends_with_the_code_of_what_failed(camera: Camera, start: Start) -> None:
    path = camera.configure(camera={"source": "playback"}, playback={"path": "/nowhere.mp4"})
    process = start("run", "--config", str(path))
    _, said = process.communicate(timeout=60)
    assert process.returncode == 1
    assert said == "alpr-edge: /nowhere.mp4: no such file or folder. Fix: set playback.path\n"
