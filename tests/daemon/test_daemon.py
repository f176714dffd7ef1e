"""The whole capture process on a drawn clip: real models, tracker and outbox."""

from __future__ import annotations

import logging
import queue
import re
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from alpr_edge import daemon as daemon_module
from alpr_edge import systemd
from alpr_edge.buffer import Outbox
from alpr_edge.buffer.identity import load_identity
from alpr_edge.capture.shot import Shot, take
from alpr_edge.cli import main
from alpr_edge.config import load
from alpr_edge.daemon import Daemon, Rooms
from alpr_edge.errors import AlprError, CameraError, OutboxError
from alpr_edge.rooms import build
from alpr_edge.seams import Image, PlateBox
from alpr_wire.records import Kind
from tests.daemon.camera import Camera, Clip


@pytest.fixture(autouse=True)
def own_logging() -> Iterator[None]:
    """Commands set the root logger; it is given back."""
    root = logging.getLogger()
    level, handlers = root.level, root.handlers[:]
    yield
    root.setLevel(level)
    root.handlers[:] = handlers


def on_clip(camera: Camera, clip: Clip, **playback: object) -> Path:
    return camera.configure(
        camera={"source": "playback", "name": "clip"},
        playback={"path": str(clip.path), "speed": "full"} | playback,
    )


def a_daemon(
    path: Path,
    *,
    change: Callable[[Rooms], Rooms] = lambda rooms: rooms,
    **given: Any,
) -> Daemon:
    config = load(path)
    return Daemon(config, change(build(config)), **({"asked": lambda: False} | given))


# What is missing is named at once, in one line.


@pytest.mark.parametrize(
    ("section", "key", "code", "said"),
    [
        ("recognize", "models", 1, r"nowhere: no such folder\. Fix: set recognize\.models to"),
        ("outbox", "identity", 1, r"camera-id: cannot be read .*Fix: run `sudo alpr-edge enroll`"),
        ("playback", "path", 1, r"no such file or folder\. Fix: set playback\.path"),
    ],
)
def test_what_is_missing_is_told_in_one_line(
    camera: Camera,
    clip: Clip,
    capfd: pytest.CaptureFixture[str],
    section: str,
    key: str,
    code: int,
    said: str,
) -> None:
    sections: dict[str, dict[str, object]] = {
        "camera": {"source": "playback"},
        "playback": {"path": str(clip.path)},
    }
    sections[section] = sections.get(section, {}) | {key: str(camera.folder / "nowhere")}
    assert main(["capture", "--config", str(camera.configure(**sections))]) == code
    complaint = capfd.readouterr().err
    assert complaint.startswith("alpr-edge: ")
    assert complaint.count("\n") == 1
    assert re.search(said, complaint)


def test_a_missing_settings_file_exits_78(
    camera: Camera, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["capture", "--config", str(camera.folder / "none.toml")]) == 78
    assert "no such file. Fix: alpr-edge default-config" in capfd.readouterr().err


# Nothing that was decided, or could have been, is lost when something breaks.


class FailsAfter:
    """The real detector, whose runtime breaks (or hangs) after so many frames."""

    def __init__(self, real: Any, frames: int, then: Callable[[], None]) -> None:
        self._real = real
        self._left = frames
        self._then = then

    def detect(self, image: Image) -> list[PlateBox]:
        self._left -= 1
        if self._left < 0:
            self._then()
        found: list[PlateBox] = self._real.detect(image)
        return found


def test_a_worker_that_dies_ends_the_process_and_its_open_passage_becomes_a_read(
    camera: Camera, clip: Clip
) -> None:
    def fail() -> None:
        raise ZeroDivisionError

    failing = a_daemon(
        on_clip(camera, clip),
        change=lambda rooms: replace(rooms, detector=FailsAfter(rooms.detector, 12, fail)),
    )
    with pytest.raises(AlprError, match=r"the loop worker died of ZeroDivisionError \(test_dae"):
        failing.run()
    assert {read.raw_text for read in camera.reads()} <= clip.passed | clip.parked
    assert len(camera.reads()) >= 1


def test_a_worker_that_hangs_ends_the_process_and_what_was_decided_is_stored(
    camera: Camera, clip: Clip, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(daemon_module, "LOOP_BEAT_S", 1.5)
    monkeypatch.setattr(daemon_module, "LOOP_S", 0.1)
    release = threading.Event()
    hanging = a_daemon(
        on_clip(camera, clip),
        change=lambda rooms: replace(
            rooms, detector=FailsAfter(rooms.detector, 70, lambda: bool(release.wait(60)))
        ),
    )
    with pytest.raises(AlprError, match="the loop worker hangs"):
        hanging.run()
    assert len(camera.reads()) >= 1
    release.set()


def test_a_store_that_fails_is_replaced_for_what_it_did_not_take(
    camera: Camera, clip: Clip
) -> None:
    opened: list[Outbox] = []
    path = on_clip(camera, clip)

    def fails_first() -> Outbox:
        outbox = Outbox.open(camera.outbox, load_identity(camera.identity))
        if not opened:
            store, calls = outbox.store, iter(range(100))

            def break_then_store(*given: Any) -> int:
                if next(calls) == 1:  # the second read meets a disk that fails
                    outbox._db.execute("PRAGMA query_only = ON")
                return store(*given)

            outbox.store = break_then_store  # type: ignore[method-assign]
        opened.append(outbox)
        return outbox

    failing = a_daemon(path, change=lambda rooms: replace(rooms, open_outbox=fails_first))
    with pytest.raises(OutboxError):
        failing.run()
    assert len(opened) == 2
    assert len(camera.reads()) >= 2
    again = Outbox.open(camera.outbox, load_identity(camera.identity))
    again.verify()
    again.close()


# What comes out.


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """The camera after it saw the whole clip, and what systemd heard meanwhile."""

    camera: Camera
    heard: list[str]


def hear_all(listener: socket.socket, heard: list[str]) -> None:
    """Until an empty message."""
    while said := listener.recv(1000).decode():
        heard.append(said)


@pytest.fixture(scope="module")
def played(clip: Clip, tmp_path_factory: pytest.TempPathFactory) -> Played:
    folder = tmp_path_factory.mktemp("played")
    camera = Camera(folder)
    heard: list[str] = []
    with (
        pytest.MonkeyPatch.context() as patch,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener,
    ):
        listener.bind(str(folder / "notify"))
        # The kernel keeps few such messages waiting.
        hearing = threading.Thread(target=lambda: hear_all(listener, heard))
        hearing.start()
        patch.setattr(systemd, "daemon", None)
        patch.setenv("NOTIFY_SOCKET", str(folder / "notify"))
        patch.setenv("WATCHDOG_USEC", "60000000")
        patch.delenv("WATCHDOG_PID", raising=False)
        assert a_daemon(on_clip(camera, clip)).run() is False
        assert systemd.notify("")
        hearing.join(60)
    return Played(camera=camera, heard=heard)


def test_every_vehicle_that_passes_is_one_read(played: Played, clip: Clip) -> None:
    reads = played.camera.reads()
    counted = Counter(read.raw_text for read in reads)
    assert {text: counted[text] for text in clip.passed} == dict.fromkeys(clip.passed, 1)
    assert all(counted[text] <= 1 for text in clip.parked)
    assert all(read.models[0].startswith("plate_detector@") for read in reads)
    assert {(read.source, read.mode) for read in reads} == {("clip", "full")}
    kinds = [record.kind for record in played.camera.records()]
    assert kinds[:2] == [Kind.BOOT, Kind.CONFIG]
    assert kinds.count(Kind.READ) == len(reads)


def test_a_recording_at_full_speed_loses_no_frame_and_the_state_says_so(
    played: Played, clip: Clip
) -> None:
    state = played.camera.state()
    assert state["phase"] == "stopped"
    assert (state["camera"]["frames"], state["camera"]["dropped"]) == (clip.frames, 0)
    assert state["reads"]["total"] == len(played.camera.reads())
    assert set(state["stages"]) == {"gate", "develop", "detect", "read", "track", "encode", "store"}


def test_the_state_holds_every_gauge_that_health_and_maintainers_need(played: Played) -> None:
    state = played.camera.state()
    assert {"frame_age_s", "frames_per_s", "processed_per_s", "looked_per_s", "dropped"} <= set(
        state["camera"]
    )
    assert {"focus", "sharpness", "exposure_s", "gain"} <= set(state["camera"])
    assert all({"p50_ms", "p95_ms"} <= set(stage) for stage in state["stages"].values())
    assert {"last_hour", "abstained_last_hour", "waiting"} <= set(state["reads"])
    assert "view" in state
    outbox = state["outbox"]
    assert outbox["unsent"] == outbox["records"] > 0  # no city has receipted anything
    assert 0 <= time.time() - outbox["oldest_unsent_us"] / 1e6 < 600
    machine = state["machine"]
    assert 0 < machine["disk_free_bytes"] < machine["disk_bytes"]
    assert {"temperature_c", "throttled", "memory_bytes", "threads", "descriptors"} <= set(machine)
    assert set(state["clock"]) == {"synchronised", "error_s"}


def test_the_state_file_holds_no_plate(played: Played, clip: Clip) -> None:
    said = (played.camera.health / "capture.json").read_text()
    assert not any(text in said for text in clip.passed | clip.parked)


def test_systemd_hears_of_readiness_life_and_work(played: Played) -> None:
    assert played.heard[0] == "READY=1\nSTATUS=capturing"
    assert "WATCHDOG=1" in played.heard
    assert played.heard[-1] == "STOPPING=1\nSTATUS=draining"
    assert any(line.startswith("STATUS=full, ") and "reads" in line for line in played.heard)


def test_an_open_passage_becomes_a_read_when_the_process_is_asked_to_stop(
    camera: Camera, clip: Clip
) -> None:
    config = load(on_clip(camera, clip, repeat=True))
    rooms = build(config)
    asked = Daemon(config, rooms, asked=lambda: rooms.tracker.open > 1)
    asked.run()
    assert camera.reads()
    state = camera.state()
    assert state["reads"]["waiting"] == 0


# A camera that stalls (only light is faked here).


class FakeLamp:
    """A lit wall that goes dark after some shots."""

    def __init__(self, shots: int) -> None:
        self._left = shots
        self._given = 0

    def read(self) -> Shot:
        threading.Event().wait(0.02)
        if self._given >= self._left:
            raise CameraError("no frame for 0.5 s")
        self._given += 1
        wall = np.full((90, 160), 120, np.uint8)
        return take(
            wall,
            lambda: np.full((720, 1280, 3), 120, np.uint8),
            monotonic_s=time.monotonic(),
            sequence=self._given,
            source="lamp",
        )

    def close(self) -> None:
        pass


def test_a_stalled_camera_shows_within_five_seconds_and_comes_back(camera: Camera) -> None:
    path = camera.configure(camera={"source": "v4l2"}, log={"level": "error"})
    lamps = iter([FakeLamp(20), CameraError("gone"), CameraError("gone"), FakeLamp(10**6)])

    def next_lamp() -> FakeLamp:
        lamp = next(lamps)
        if isinstance(lamp, CameraError):
            raise lamp
        return lamp

    seen: queue.Queue[dict[str, Any]] = queue.Queue()
    stop = threading.Event()
    watched = a_daemon(path, asked=stop.is_set, camera=next_lamp)
    write = daemon_module.Report.step

    def watch(report: Any) -> str | None:
        status = write(report)
        if status:
            seen.put(camera.state()["camera"])
        return status

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(daemon_module.Report, "step", watch)
        runner = threading.Thread(target=watched.run, daemon=True)
        runner.start()
        try:
            until(seen, lambda state: state["connected"], 20)
            until(seen, lambda state: not state["connected"], 5)
            until(seen, lambda state: state["connected"] and state["reconnects"] == 3, 20)
        finally:
            stop.set()
            runner.join(30)


def until(
    states: queue.Queue[dict[str, Any]], fits: Callable[[dict[str, Any]], bool], within_s: float
) -> None:
    limit_s = time.monotonic() + within_s
    while not fits(states.get(timeout=max(0.1, limit_s - time.monotonic()))):
        assert time.monotonic() < limit_s
