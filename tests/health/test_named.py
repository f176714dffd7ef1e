"""Every fault that health was asked to tell, in one table: injected, its exit code, its fix."""

from __future__ import annotations

import functools
import json
import os
import shutil
import socket
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from alpr_city.ca import Authority
from alpr_edge.cli import main
from alpr_edge.health import board, evidence
from alpr_edge.health.checks import CHECKS
from alpr_edge.seams import Clock
from alpr_wire.desired import Desired
from tests.health.conftest import Patient
from tests.health.test_faults import THROTTLED, set_in

WARNING, CRITICAL = 1, 2
MODELS = Path(__file__).parents[2] / "models"
Inject = Callable[["Ward"], None]


class Ward:
    """A camera that is well, and what a fault needs to reach."""

    def __init__(self, patient: Patient, patch: pytest.MonkeyPatch, stack: ExitStack) -> None:
        self.patient, self.patch, self.stack = patient, patch, stack
        self.authority = Authority.create(patient.camera.folder / "ca", "Testville")
        patient.certificate(self.authority, timedelta(days=7))
        patch.setattr(board, "read_clock", lambda: Clock(synchronised=True, error_s=0.004))
        places = {"proc": Path("/proc"), "sys": patient.sys, "run": patient.run}
        patch.setattr(evidence, "gather", functools.partial(evidence.gather, **places))


def capture(path: str, value: object) -> Inject:
    return lambda ward: set_in(ward.patient.capture, path, value)


def sync(path: str, value: object) -> Inject:
    return lambda ward: set_in(ward.patient.sync, path, value)


def board_says(file: str, content: str) -> Inject:
    def inject(ward: Ward) -> None:
        path = ward.patient.sys / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content + "\n")

    return inject


def unsent(hours: int) -> Inject:
    def inject(ward: Ward) -> None:
        db = sqlite3.connect(ward.patient.camera.outbox / "outbox.db")
        stored_us = int((time.time() - hours * 3600) * 1e6)
        db.execute(
            "INSERT INTO records (seq, kind, encoding, head, stored_us) VALUES (9, 1, x'', x'', ?)",
            (stored_us,),
        )
        db.commit()
        db.close()

    return inject


def full_outbox(ward: Ward) -> None:
    sizes = {"most_gb": 0.05, "picture_gb": 0.01}
    ward.patient.camera.configure(camera={"source": "playback"}, outbox=sizes)
    with (ward.patient.camera.outbox / "outbox.db-padding").open("wb") as file:
        file.truncate(48_000_000)


def certificate(life: timedelta) -> Inject:
    return lambda ward: ward.patient.certificate(ward.authority, life)


def clock(synchronised: bool) -> Inject:
    now = Clock(synchronised=synchronised, error_s=None if not synchronised else 0.01)
    return lambda ward: ward.patch.setattr(board, "read_clock", lambda: now)


def disk(free: int, flag: int) -> Inject:
    values = [1, 1, 100, free, free, 10, 10, 10, flag, 255, os.statvfs("/").f_fsid]
    return lambda ward: ward.patch.setattr(board.os, "statvfs", lambda _: os.statvfs_result(values))


def another_model(ward: Ward) -> None:
    folder = ward.patient.camera.folder / "models"
    folder.mkdir()
    for file in MODELS.glob("plate_*.t*"):
        shutil.copy(file, folder)
    (folder / "plate_ocr.tflite").write_bytes(b"another")
    where = {"models": str(folder)}
    ward.patient.camera.configure(camera={"source": "playback"}, recognize=where)


def refused_settings(ward: Ward) -> None:
    (ward.patient.camera.identity / "desired.json").write_text('{"outcome": "refused"}')


def edited_by_hand(ward: Ward) -> None:
    """The city's settings were applied, and then somebody changed the file."""
    settings = ward.patient.settings
    wish = Desired(camera="cam-one", number=7, settings=settings.read_text())
    kept = ward.patient.camera.outbox / "wanted-settings"
    kept.write_bytes(wish.sign(Ed25519PrivateKey.generate()))
    said = '{"number": 7, "outcome": "applied"}'
    (ward.patient.camera.identity / "desired.json").write_text(said)
    assert main(["health", "--config", str(settings), "--check", "config"]) == 0
    ward.patient.camera.configure(camera={"source": "playback", "frames_per_s": 5})


def listener(ward: Ward) -> None:
    ward.stack.enter_context(socket.create_server(("127.0.0.1", 0)))


def no_baseline(ward: Ward) -> None:
    (ward.patient.camera.folder / "baseline.json").unlink()


WEB = {"flat": 0.5, "haze": 0.2, "night": True}
NAMED: list[tuple[str, str, Inject, int, str]] = [
    # what was asked for, the check, the fault, the exit code, words of the fix
    ("frame age", "frames", capture("camera.frame_age_s", 40.0), CRITICAL, "playback.path"),
    ("frame rate", "frames", capture("camera.frames_per_s", 2.0), CRITICAL, "playback.path"),
    ("detector latency", "latency", capture("stages.detect.p95_ms", 600.0), CRITICAL, "power"),
    ("OCR latency", "latency", capture("stages.read.p95_ms", 400.0), WARNING, "temperature"),
    ("focus against the baseline", "focus", capture("camera.sharpness", 0.02), CRITICAL, "ring"),
    ("exposure", "exposure", capture("camera.exposure_s", 1 / 300), CRITICAL, "add light"),
    ("view moved", "view", capture("view.down_px", -80.0), CRITICAL, "turn the camera back"),
    ("no baseline", "commissioned", no_baseline, WARNING, "alpr-edge aim"),
    ("lens blocked", "lens", capture("lens.flat", 0.99), CRITICAL, "uncover"),
    ("lens dirty", "lens", capture("lens.kept", 0.5), WARNING, "soft cloth"),
    ("spider web at night", "lens", capture("lens", WEB), WARNING, "spider webs"),
    ("reads an hour", "reads", capture("reads.rolling_hour", 3.0), CRITICAL, "road closed"),
    ("abstention rate", "abstention", capture("reads.abstained_last_hour", 390), CRITICAL, "aim"),
    ("queue depth", "queue", full_outbox, CRITICAL, "bring the link"),
    ("oldest unsent", "queue", unsent(30), CRITICAL, "bring the link"),
    ("last receipt", "receipt", unsent(8), CRITICAL, "is the city up?"),
    ("certificate days", "certificate", certificate(timedelta(days=1)), WARNING, "renew"),
    ("certificate expired", "certificate", certificate(timedelta(days=-3)), CRITICAL, "renew"),
    ("clock offset", "clock", sync("clock_offset_s", 300.0), CRITICAL, "NTP"),
    ("clock source", "clock", clock(False), WARNING, "NTP"),
    ("disk full", "disk", disk(2, 0), CRITICAL, "vacuum"),
    ("disk read-only", "disk", disk(90, os.ST_RDONLY), CRITICAL, "replace it"),
    ("disk wear", "wear", board_says("block/m/device/life_time", "0x0B"), CRITICAL, "replace"),
    (
        "temperature",
        "temperature",
        board_says("class/thermal/thermal_zone0/temp", "88000"),
        CRITICAL,
        "fan",
    ),
    ("throttling", "temperature", board_says(THROTTLED, "4"), WARNING, "shade the box"),
    ("power", "power", board_says(THROTTLED, "1"), CRITICAL, "5 V"),
    ("model hash", "models", another_model, CRITICAL, "reinstall"),
    ("config against the city's", "config", refused_settings, WARNING, "camera settings"),
    ("config edited by hand", "config", edited_by_hand, WARNING, "alpr-edge settle"),
    ("listening sockets", "sockets", listener, CRITICAL, "nothing of ours listens"),
    ("the daemon is dead", "capture", capture("phase", "stopped"), CRITICAL, "restart"),
    ("delivery is dead", "sync", sync("phase", "stopped"), CRITICAL, "alpr-edge-sync"),
]

IDS = [row[0] for row in NAMED]


@contextmanager
def ward_of(patient: Patient, patch: pytest.MonkeyPatch) -> Iterator[Ward]:
    with ExitStack() as stack:
        yield Ward(patient, patch, stack)


@pytest.mark.parametrize(("named", "check", "fault", "code", "fix"), NAMED, ids=IDS)
def test_a_fault_that_is_named_has_its_code_and_its_fix(
    named: str,
    check: str,
    fault: Inject,
    code: int,
    fix: str,
    patient: Patient,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    ask = ["health", "--config", str(patient.settings), "--check", check]
    with ward_of(patient, monkeypatch) as ward:
        patient.write()
        assert main(ask) == 0, named
        assert "fix:" not in capsys.readouterr().out
        fault(ward)
        capsys.readouterr()
        patient.write()
        assert main(ask) == code, named
        said = capsys.readouterr().out
        level = {WARNING: "WARNING", CRITICAL: "CRITICAL"}[code]
        assert said.startswith(f"ALPR {level} - ")
        assert fix in said.partition("fix: ")[2]
        assert main([*ask, "--json"]) == code
        assert json.loads(capsys.readouterr().out)["checks"][0]["fix"]


def test_every_check_is_named() -> None:
    assert {check for _, check, *_ in NAMED} == set(CHECKS)
