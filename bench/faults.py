"""Faults put before a running camera, and how long health takes: `python -m bench.faults`.

The real capture daemon watches a drawn road whose light this changes: a cover, a smear, a shift, a
dead lamp. Then its process is stopped and hung. `alpr-edge health --check NAME` is asked every
second, from outside, until it says the level that is due; its exit code and its fix are checked.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import io
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from alpr_edge.capture.shot import Shot, take
from alpr_edge.capture.view import save_baseline
from alpr_edge.cli import main as edge
from alpr_edge.config import load
from alpr_edge.daemon import Daemon
from alpr_edge.errors import CameraError
from alpr_edge.rooms import build
from alpr_edge.seams import Image, PlateBox
from tests.daemon.camera import Camera

WIDTH, HEIGHT, RATE = 1280, 720, 8.0
START_S, MOST_S, ASK_S = 90.0, 180.0, 1.0
WARNING, CRITICAL = 1, 2
GREY = cv2.COLOR_BGR2GRAY


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What is done, which check tells it, and with which exit code at least."""

    mode: str
    check: str
    code: int
    fix: str


FAULTS = (
    Fault(mode="covered", check="lens", code=CRITICAL, fix="uncover"),
    Fault(mode="dirty", check="lens", code=WARNING, fix="soft cloth"),
    Fault(mode="web", check="lens", code=WARNING, fix="spider webs"),
    Fault(mode="moved", check="view", code=CRITICAL, fix="turn the camera back"),
    Fault(mode="blurred", check="focus", code=WARNING, fix="lens ring"),
    Fault(mode="dark", check="exposure", code=CRITICAL, fix="infra-red lamp"),
    Fault(mode="bright", check="exposure", code=CRITICAL, fix="shade the lens"),
    Fault(mode="shutter", check="exposure", code=CRITICAL, fix="add light"),
    Fault(mode="slow", check="frames", code=WARNING, fix="playback.path"),
    Fault(mode="frozen", check="frames", code=CRITICAL, fix="playback.path"),
    Fault(mode="busy", check="latency", code=CRITICAL, fix="temperature"),
    Fault(mode="hung", check="capture", code=CRITICAL, fix="systemctl restart"),
    Fault(mode="stopped", check="capture", code=CRITICAL, fix="systemctl restart"),
)


def road() -> Image:
    """A kerb, lane marks, a fence and some bushes."""
    rng = np.random.default_rng(5)
    grey = np.full((HEIGHT, WIDTH), 105.0, np.float32)
    grey += cv2.resize(rng.normal(0, 14, (45, 80)).astype(np.float32), (WIDTH, HEIGHT))
    for x in range(80, WIDTH, 144):
        cv2.line(grey, (WIDTH // 2, 0), (x, HEIGHT), 190.0, 6)
    fence = rng.normal(0, 30, (18, 160)).astype(np.float32)
    grey[: HEIGHT // 5] += cv2.resize(fence, (WIDTH, HEIGHT // 5), interpolation=cv2.INTER_NEAREST)
    return cv2.cvtColor(np.clip(grey, 0, 255).astype(np.uint8), cv2.COLOR_GRAY2BGR)


def seen(scene: Image, mode: str) -> Image:
    """The road as the lens shows it."""
    if mode == "covered":
        return np.full_like(scene, 40)
    if mode == "dark":
        return np.zeros_like(scene)
    if mode == "bright":
        return np.full_like(scene, 253)
    if mode == "blurred":
        return cv2.GaussianBlur(scene, (0, 0), 5)
    if mode == "dirty":
        smeared = scene.copy()
        smeared[:, WIDTH // 3 :] = cv2.GaussianBlur(scene, (0, 0), 60)[:, WIDTH // 3 :]
        return smeared
    if mode == "moved":
        return np.roll(scene, (HEIGHT // 10, WIDTH // 8), (0, 1))
    if mode == "web":
        strands = np.zeros((HEIGHT, WIDTH), np.float32)
        cv2.line(strands, (0, 240), (WIDTH, 560), 220.0, 110)
        cv2.line(strands, (240, HEIGHT), (960, 0), 220.0, 110)
        veil = cv2.GaussianBlur(strands, (0, 0), 40)[..., None]
        return np.clip(scene * 0.2 + veil, 0, 255).astype(np.uint8)
    return scene


class Scene:
    """A source whose light a file decides."""

    def __init__(self, control: Path) -> None:
        self._control, self._scene, self._sequence = control, road(), 0
        self._shown: dict[str, Image] = {}
        self._rng = np.random.default_rng(1)

    def read(self) -> Shot | None:
        """The next frame, as the mode has it."""
        mode = self._control.read_text()
        if mode == "frozen":
            time.sleep(2)
            raise CameraError("nothing came")
        time.sleep(1 / (1.5 if mode == "slow" else RATE))
        image = self._shown.setdefault(mode, seen(self._scene, mode))
        noise = self._rng.integers(0, 4, (HEIGHT // 8, WIDTH // 8, 1), np.uint8)
        grain = cv2.resize(noise, (WIDTH, HEIGHT), interpolation=cv2.INTER_NEAREST)
        self._sequence += 1
        frame = cv2.add(image, cv2.merge([grain] * 3))
        luma = cv2.cvtColor(cv2.resize(frame, (160, 90), interpolation=cv2.INTER_AREA), GREY)
        return take(
            luma,
            lambda: frame,
            monotonic_s=time.monotonic(),
            sequence=self._sequence,
            source="scene",
            exposure_s=1 / 200 if mode == "shutter" else 1 / 2000,
        )

    def close(self) -> None:
        """Nothing is held."""


class Busy:
    """A detector that a busy machine slows down."""

    def __init__(self, inner: Any, control: Path) -> None:
        self._inner, self._control = inner, control

    def detect(self, *given: Any, **named: Any) -> list[PlateBox]:
        """Find plates, late."""
        if self._control.read_text() == "busy":
            time.sleep(0.7)
        found: list[PlateBox] = self._inner.detect(*given, **named)
        return found


def run_camera(settings: Path, control: Path) -> None:
    """The daemon, until it is asked to stop."""
    asked: list[int] = []
    signal.signal(signal.SIGTERM, lambda *_: asked.append(1))
    config = load(settings)
    rooms = build(config)
    rooms = dataclasses.replace(rooms, detector=Busy(rooms.detector, control))
    Daemon(config, rooms, asked=lambda: bool(asked), camera=lambda: Scene(control)).run()


def ask(settings: Path, check: str) -> tuple[int, str]:
    """Exit code and words of health."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        code = edge(["health", "--config", str(settings), "--check", check])
    return code, said.getvalue()


def until(
    settings: Path, check: str, wanted: Callable[[int], bool], most_s: float
) -> tuple[float | None, str]:
    """Seconds until a check's exit code is as wanted; None where it never is."""
    began_s = time.monotonic()
    while time.monotonic() - began_s < most_s:
        found, said = ask(settings, check)
        if wanted(found):
            return time.monotonic() - began_s, said
        time.sleep(ASK_S)
    return None, said


def start(settings: Path, control: Path) -> subprocess.Popen[bytes]:
    """A camera that gives frames."""
    command = [sys.executable, "-m", "bench.faults", "--camera", str(settings), str(control)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    assert until(settings, "frames", lambda c: c == 0, START_S)[0] is not None
    return process


def measure(folder: Path) -> list[dict[str, Any]]:
    """Every fault, one after the other; between them the camera is well."""
    camera, control = Camera(folder), folder / "mode"
    control.write_text("well")
    settings = camera.configure(
        camera={"source": "playback", "frames_per_s": RATE},
        playback={"path": str(folder)},
        health={"every_s": 2.0},
        gate={"full_look_s": 1.0},
    )
    small = cv2.resize(road(), (160, 90), interpolation=cv2.INTER_AREA)
    save_baseline(folder / "baseline.png", cv2.cvtColor(small, GREY))
    command = [sys.executable, "-m", "bench.faults", "--camera", str(settings), str(control)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    found = []
    try:
        assert until(settings, "frames", lambda c: c == 0, START_S)[0] is not None, (
            "the camera does not start"
        )
        time.sleep(15)
        sharp = camera.state()["camera"]["sharpness"]
        (folder / "baseline.json").write_text(json.dumps({"schema": 1, "sharpness": sharp}))
        for fault in FAULTS:

            def due(code: int, fault: Fault = fault) -> bool:
                return fault.code <= code <= CRITICAL

            def milder(code: int, fault: Fault = fault) -> bool:
                # A busy machine may be slow before anything is done to it.
                return code < fault.code

            well_s, said = until(settings, fault.check, milder, MOST_S)
            assert well_s is not None, f"before {fault.mode}: {said}"
            if fault.mode in ("hung", "stopped"):
                os.kill(process.pid, signal.SIGSTOP if fault.mode == "hung" else signal.SIGTERM)
            control.write_text(fault.mode)
            told_s, said = until(settings, fault.check, due, MOST_S)
            row = {
                "fault": fault.mode,
                "check": fault.check,
                "told_s": None if told_s is None else round(told_s, 1),
                "code": ask(settings, fault.check)[0],
                "fix": fault.fix in said and "fix: " in said,
            }
            found.append(row)
            print(json.dumps(row), flush=True)
            control.write_text("well")
            if fault.mode == "hung":  # it would end by itself once it went on: its workers are late
                process.kill()
                process.wait()
                process = start(settings, control)
    finally:
        process.kill()
        process.wait()
    return found


def main() -> int:
    """Measure; 1 where one took longer than a minute, or had no fix."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--camera", nargs=2, type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.camera:
        run_camera(*args.camera)
        return 0
    with tempfile.TemporaryDirectory() as name:
        found = measure(Path(name))
    good = all(r["told_s"] is not None and r["told_s"] <= 60 and r["fix"] for r in found)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
