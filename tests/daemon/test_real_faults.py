"""The real capture process, with a clock that jumps and a disk that fails under it."""

from __future__ import annotations

import errno
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from alpr_edge.buffer import Outbox
from alpr_edge.buffer.identity import load_identity
from alpr_edge.capture.clock import read_clock
from alpr_wire.records import Kind, Tamper
from tests.buffer.conftest import bad_disk
from tests.buffer.disks import BadDisk, faked_clock
from tests.daemon.camera import Camera, Clip

__all__ = ["bad_disk"]  # a fixture

HOUR_S, DAY_S = 3600, 86_400


@pytest.fixture
def start(camera: Camera, clip: Clip) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts `alpr-edge capture` on the clip, round and round; killed at the end."""
    started: list[subprocess.Popen[str]] = []
    settings = camera.configure(
        camera={"source": "playback"},
        playback={"path": str(clip.path), "speed": "full", "repeat": True},
    )

    def run(**environment: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "alpr_edge.cli", "capture", "--config", str(settings)],
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


def wait_for_reads(camera: Camera, process: subprocess.Popen[str], more: int) -> int:
    """Until so many more reads are stored; how many there are then."""

    def stored() -> int:
        try:
            state = camera.state()
        except FileNotFoundError:
            return 0
        return int(state["reads"]["total"]) if state["pid"] == process.pid else 0

    never, limit_s, wanted = threading.Event(), time.monotonic() + 90, stored() + more
    while stored() < wanted:
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < limit_s
        never.wait(0.05)
    return stored()


def eventually(condition: Callable[[], bool]) -> None:
    never, limit_s = threading.Event(), time.monotonic() + 90
    while not condition():
        assert time.monotonic() < limit_s
        never.wait(0.2)


def clock_steps(camera: Camera) -> int:
    """How often the camera put on record that its clock was set."""
    events = [record for record in camera.records() if record.kind is Kind.TAMPER]
    return sum(record.body[1] == Tamper.CLOCK_STEP for record in events)


def check(camera: Camera) -> None:
    """The chain holds, and no sequence number is missing."""
    outbox = Outbox.open(camera.outbox, load_identity(camera.identity))
    outbox.verify()
    outbox.close()
    seqs = [record.seq for record in camera.records()]
    assert seqs == list(range(len(seqs)))


@pytest.mark.long
@pytest.mark.timeout(0)
def test_a_clock_that_jumps_back_and_far_ahead_neither_loses_nor_reorders_a_read(
    camera: Camera, start: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    offset = tmp_path / "offset"
    offset.write_text("+0")
    process = start(**faked_clock(offset))
    began_s = time.time()
    wait_for_reads(camera, process, 1)
    steps = 0
    for jump, least_s, most_s in (
        ("-1h", -2 * HOUR_S, -HOUR_S / 2),
        ("+40d", 39 * DAY_S, 41 * DAY_S),
    ):
        offset.write_text(jump)
        steps += read_clock().synchronised  # else nobody can say which time was wrong
        eventually(
            lambda least_s=least_s, most_s=most_s, steps=steps: (
                any(least_s < r.captured_us / 1e6 - began_s < most_s for r in camera.reads())
                and clock_steps(camera) == steps
            )
        )
    total = wait_for_reads(camera, process, 1)
    process.send_signal(signal.SIGTERM)
    assert process.wait(45) == 0
    check(camera)
    reads = camera.reads()
    assert len(reads) >= total
    # In the order in which the passages ended, by the clock that cannot jump.
    ended = [read.monotonic_us for read in reads]
    assert max(ended) - min(ended) < HOUR_S * 1e6
    assert clock_steps(camera) == steps


@pytest.mark.parametrize("call", ["fsync", pytest.param("write", marks=pytest.mark.long)])
def test_a_disk_error_ends_the_process_which_saves_what_it_had(
    camera: Camera,
    start: Callable[..., subprocess.Popen[str]],
    bad_disk: Path,
    tmp_path: Path,
    call: str,
) -> None:
    disk = BadDisk(bad_disk, control=tmp_path / "control", victim=camera.outbox)
    process = start(**disk.environment)
    acknowledged = wait_for_reads(camera, process, 1)
    disk.fails(call, errno.EIO, once=True)
    _, said = process.communicate(timeout=90)
    assert process.returncode == 1
    assert not disk.failing(call)
    last = said.splitlines()[-1]
    assert last.startswith("alpr-edge: ")
    assert "the outbox failed (disk I/O error). Fix: the process ends and opens it anew" in last
    check(camera)
    assert len(camera.reads()) > acknowledged  # the read that met the error was saved besides


@pytest.mark.long
@pytest.mark.timeout(0)
def test_a_capture_process_killed_again_and_again_loses_nothing_it_had_stored(
    camera: Camera, start: Callable[..., subprocess.Popen[str]]
) -> None:
    seed = int(os.environ.get("SEED", "1"))
    rng = random.Random(seed)
    stored = 0
    for _ in range(int(os.environ.get("KILLS", "40"))):
        process = start()
        stored += wait_for_reads(camera, process, 1)
        threading.Event().wait(rng.uniform(0, 3))
        process.kill()
        process.wait()
        check(camera)
        assert len(camera.reads()) >= stored
        stored = len(camera.reads())
