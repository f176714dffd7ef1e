"""A network camera: a real RTSP server, the grabber as its own process, and the pipe between."""

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

from alpr_edge.capture.grabbed import GrabbedSource
from alpr_edge.capture.grabber import address_of
from alpr_edge.capture.handed import HEADER_BYTES, Header, make_fifo
from alpr_edge.config import EdgeConfig, build, text
from alpr_edge.errors import CameraError

SERVER = Path(__file__).with_name("rtsp_server.py")


def a_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def port() -> int:
    return a_free_port()


class Server:
    """A network camera that can be unplugged."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._process: subprocess.Popen[bytes] | None = None

    def plug_in(self) -> None:
        self._process = subprocess.Popen(
            ["/usr/bin/python3", str(SERVER), str(self._port)], stdout=subprocess.PIPE
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == b"ready\n"

    def freeze(self) -> None:
        """Connected as before, and silent."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def unplug(self) -> None:
        if self._process:
            self._process.kill()
            self._process.communicate()
            self._process = None


@pytest.fixture
def server(port: int) -> Iterator[Server]:
    server = Server(port)
    yield server
    server.unplug()


@pytest.fixture
def config(port: int, tmp_path: Path) -> EdgeConfig:
    (tmp_path / "password").write_text("p@ss\n")
    return build(
        {
            "camera": {"source": "rtsp", "stall_s": 1.0},
            "rtsp": {
                "url": f"rtsp://127.0.0.1:{port}/live",
                "user": "user",
                "password_file": str(tmp_path / "password"),
                "fifo": str(tmp_path / "run" / "frames"),
            },
        }
    )


@pytest.fixture
def grab(config: EdgeConfig, tmp_path: Path) -> Iterator[Callable[[], subprocess.Popen[str]]]:
    """Starts `alpr-edge grab` as a process of its own."""
    started: list[subprocess.Popen[str]] = []
    path = tmp_path / "edge.toml"
    path.write_text(text(config))

    def start() -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "alpr_edge.cli", "grab", "--config", str(path)]
        started.append(subprocess.Popen(command, stderr=subprocess.PIPE, text=True))
        return started[-1]

    yield start
    for process in started:
        process.terminate()
        process.communicate(timeout=10)


def frames(config: EdgeConfig, count: int, *, within_s: float = 30) -> list[float]:
    """Read as capture does, opening again after every failure; capture times of `count` shots."""
    until_s = time.monotonic() + within_s
    times: list[float] = []
    while len(times) < count:
        assert time.monotonic() < until_s, f"only {len(times)} of {count} frames came"
        try:
            source = GrabbedSource(config.camera, config.rtsp)
        except CameraError:
            threading.Event().wait(0.05)
            continue
        try:
            while len(times) < count:
                shot = source.read()
                assert shot.develop().shape == (240, 322, 3)
                times.append(shot.monotonic_s)
        except CameraError:
            continue
        finally:
            source.close()
    return times


def test_a_missing_grabber_is_told_with_its_fix(config: EdgeConfig) -> None:
    with pytest.raises(CameraError, match="Fix: start `alpr-edge grab`") as refused:
        GrabbedSource(config.camera, config.rtsp)
    assert not refused.value.permanent


def test_a_grabber_that_hands_over_nothing_is_noticed(config: EdgeConfig) -> None:
    make_fifo(config.rtsp.fifo)
    writing = os.open(config.rtsp.fifo, os.O_RDWR)
    source = GrabbedSource(config.camera, config.rtsp)
    began_s = time.monotonic()
    with pytest.raises(CameraError, match="no frame for 1 s"):
        source.read()
    assert time.monotonic() - began_s < 2
    source.close()
    os.close(writing)


SOUND = Header(width_px=64, height_px=48, monotonic_s=1.0, sequence=1)


@pytest.mark.parametrize(
    "sent",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\n",
        SOUND.pack()[:2] + b"\xff" * (HEADER_BYTES - 2),
        Header(width_px=65, height_px=48, monotonic_s=1.0, sequence=1).pack(),
        Header(width_px=0, height_px=48, monotonic_s=1.0, sequence=1).pack(),
        Header(width_px=65000, height_px=65000, monotonic_s=1.0, sequence=1).pack(),
        Header(width_px=64, height_px=48, monotonic_s=2.5, sequence=1).pack(),  # from the future
        Header(width_px=64, height_px=48, monotonic_s=-99.0, sequence=1).pack(),
        Header(width_px=64, height_px=48, monotonic_s=float("nan"), sequence=1).pack(),
    ],
)
def test_what_a_hostile_grabber_sends_is_refused(sent: bytes) -> None:
    with pytest.raises(CameraError, match="no frame"):
        Header.parse(sent[:HEADER_BYTES].ljust(HEADER_BYTES, b"\0"), now_s=2.0)
    assert Header.parse(SOUND.pack(), now_s=2.0) == SOUND


def test_a_file_in_the_pipes_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "frames").write_text("")
    with pytest.raises(CameraError, match="is not a named pipe") as refused:
        make_fifo(tmp_path / "frames")
    assert refused.value.permanent


def test_a_missing_password_file_ends_the_grabber_with_one_line(
    config: EdgeConfig, grab: Callable[[], subprocess.Popen[str]]
) -> None:
    assert config.rtsp.password_file is not None
    config.rtsp.password_file.unlink()
    process = grab()
    _, said = process.communicate(timeout=20)
    assert process.returncode == 1
    assert said == (
        f"alpr-edge: {config.rtsp.password_file}: No such file or directory. Fix: write the"
        " camera's password there, readable by the grabber only\n"
    )


def test_the_address_carries_the_password_and_nothing_else_does(config: EdgeConfig) -> None:
    assert address_of(config.rtsp).startswith("rtsp://user:p%40ss@127.0.0.1:")
    assert "p@ss" not in text(config)


def test_frames_of_a_network_camera_arrive_through_the_grabber(
    config: EdgeConfig, server: Server, grab: Callable[[], subprocess.Popen[str]]
) -> None:
    server.plug_in()
    grab()
    times = frames(config, 20)
    assert sorted(times) == times
    assert 0.3 < times[-1] - times[0] < 6
    assert abs(time.monotonic() - times[-1]) < 1


def test_a_camera_that_is_unplugged_comes_back_without_a_hand(
    config: EdgeConfig, server: Server, grab: Callable[[], subprocess.Popen[str]]
) -> None:
    server.plug_in()
    process = grab()
    frames(config, 3)
    server.unplug()
    server.plug_in()
    assert len(frames(config, 5)) == 5
    assert process.poll() is None


def _read_on(source: GrabbedSource) -> None:
    while True:
        source.read()


def test_a_camera_that_falls_silent_is_noticed_within_five_seconds_and_read_again(
    config: EdgeConfig, server: Server, grab: Callable[[], subprocess.Popen[str]]
) -> None:
    server.plug_in()
    process = grab()
    frames(config, 3)
    source = GrabbedSource(config.camera, config.rtsp)
    source.read()
    server.freeze()
    began_s = time.monotonic()
    with pytest.raises(CameraError, match=r"no frame for 1 s|the frames ended"):
        _read_on(source)
    assert time.monotonic() - began_s < 5
    source.close()
    server.thaw()
    assert len(frames(config, 5)) == 5
    assert process.poll() is None


def test_a_new_reader_gets_whole_frames_and_so_does_one_after_a_new_grabber(
    config: EdgeConfig, server: Server, grab: Callable[[], subprocess.Popen[str]]
) -> None:
    server.plug_in()
    process = grab()
    frames(config, 3)
    frames(config, 3)  # the first reader left in the middle of a frame
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=10)
    assert process.returncode == 0
    assert "p@ss" not in said
    assert "p%40ss" not in said
    grab()
    assert len(frames(config, 5)) == 5
