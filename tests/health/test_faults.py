"""Each fault, put in by hand: the level it must have, and that its fix is told."""

from __future__ import annotations

import os
import socket
import sqlite3
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from alpr_city.ca import Authority
from alpr_edge.buffer import Outbox
from alpr_edge.buffer.identity import load_identity
from alpr_edge.health import board
from alpr_edge.health.checks import CHECKS
from alpr_edge.health.evidence import gather
from alpr_edge.health.verdict import Level
from alpr_edge.seams import Clock
from tests.health.conftest import Patient

THROTTLED = "devices/platform/soc/soc:firmware/get_throttled"
MICRO = 1_000_000


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.create(tmp_path_factory.mktemp("ca") / "ca", "Testville")


@pytest.fixture(autouse=True)
def a_good_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(board, "read_clock", lambda: Clock(synchronised=True, error_s=0.004))


def set_in(state: dict[str, Any], path: str, value: object) -> None:
    *parents, last = path.split(".")
    for key in parents:
        state = state[key]
    state[last] = value


@pytest.mark.parametrize("name", CHECKS)
def test_a_camera_that_is_well_passes_every_check(
    name: str, patient: Patient, authority: Authority
) -> None:
    patient.certificate(authority, timedelta(days=7))
    verdict = patient.check(name)
    assert (verdict.level, verdict.fix) == (Level.OK, None), verdict


FAULTS = [
    ("capture", "phase", "stopped", Level.CRITICAL, "systemctl restart alpr-edge-capture"),
    ("frames", "camera.frame_age_s", None, Level.CRITICAL, "playback.path"),
    ("frames", "camera.frame_age_s", 40.0, Level.CRITICAL, "playback.path"),
    ("frames", "camera.frame_age_s", 8.0, Level.WARNING, "playback.path"),
    ("frames", "camera.frames_per_s", 2.0, Level.CRITICAL, "playback.path"),
    ("frames", "camera.frames_per_s", 7.0, Level.WARNING, "playback.path"),
    ("latency", "stages.detect.p95_ms", 260.0, Level.WARNING, "temperature"),
    ("latency", "stages.read.p95_ms", 1500.0, Level.CRITICAL, "temperature"),
    ("focus", "camera.sharpness", 0.08, Level.WARNING, "wipe the window"),
    ("focus", "camera.sharpness", 0.02, Level.CRITICAL, "lens ring"),
    ("exposure", "camera.exposure_s", 1 / 700, Level.WARNING, "under 1/810 s"),
    ("exposure", "camera.exposure_s", 1 / 300, Level.CRITICAL, "add light"),
    ("exposure", "camera.brightness", 1.0, Level.CRITICAL, "infra-red lamp"),
    ("exposure", "camera.brightness", 250.0, Level.CRITICAL, "shade the lens"),
    ("view", "view.right_px", 60.0, Level.WARNING, "turn the camera back"),
    ("view", "view.down_px", -80.0, Level.CRITICAL, "commission"),
    ("lens", "lens.flat", 0.99, Level.CRITICAL, "uncover"),
    ("lens", "lens.kept", 0.1, Level.CRITICAL, "uncover"),
    ("lens", "lens.kept", 0.5, Level.WARNING, "soft cloth"),
    ("lens", "lens", {"flat": 0.5, "haze": 0.2, "night": True}, Level.WARNING, "spider webs"),
    ("reads", "reads.rolling_hour", 100.0, Level.WARNING, "road closed"),
    ("reads", "reads.rolling_hour", 3.0, Level.CRITICAL, "alpr-edge aim"),
    ("abstention", "reads.abstained_last_hour", 230, Level.WARNING, "alpr-edge aim"),
    ("abstention", "reads.abstained_last_hour", 390, Level.CRITICAL, "alpr-edge aim"),
]


@pytest.mark.parametrize(("name", "path", "value", "level", "fix"), FAULTS)
def test_a_fault_of_capture_has_its_level_and_fix(
    name: str, path: str, value: object, level: Level, fix: str, patient: Patient
) -> None:
    set_in(patient.capture, path, value)
    verdict = patient.check(name)
    assert verdict.level is level, verdict
    assert verdict.fix is not None
    assert fix in verdict.fix


def test_a_capture_process_that_hangs_is_critical(patient: Patient) -> None:
    patient.age_s = 25.0
    verdict = patient.check("capture")
    assert verdict.level is Level.CRITICAL
    assert "is silent for " in verdict.what


def test_a_state_of_before_this_boot_is_of_a_dead_process(patient: Patient) -> None:
    patient.age_s = -1e6
    assert patient.check("capture").level is Level.CRITICAL


def test_what_only_capture_knows_is_unknown_without_it(patient: Patient) -> None:
    patient.age_s = 25.0
    for name in ("frames", "latency", "focus", "exposure", "view", "lens", "reads", "abstention"):
        assert patient.check(name).level is Level.UNKNOWN


def test_a_camera_without_a_baseline_is_to_be_commissioned(patient: Patient) -> None:
    (patient.camera.folder / "baseline.json").unlink()
    verdict = patient.check("commissioned")
    assert (verdict.level, "alpr-edge aim" in str(verdict.fix)) == (Level.WARNING, True)


def test_dead_delivery_is_critical_and_a_lost_session_a_warning(patient: Patient) -> None:
    patient.sync["phase"] = "away"
    assert patient.check("sync").level is Level.WARNING
    patient.sync["phase"] = "stopped"
    verdict = patient.check("sync")
    assert (verdict.level, "alpr-edge-sync" in str(verdict.fix)) == (Level.CRITICAL, True)


@pytest.mark.parametrize(
    ("name", "hours", "level"),
    [
        ("queue", 1, Level.WARNING),
        ("queue", 30, Level.CRITICAL),
        ("receipt", 1, Level.WARNING),
        ("receipt", 8, Level.CRITICAL),
    ],
)
def test_a_read_that_nobody_confirms_raises_queue_and_receipt(
    name: str, hours: int, level: Level, patient: Patient
) -> None:
    db = sqlite3.connect(patient.camera.outbox / "outbox.db")
    stored_us = int((time.time() - hours * 3600) * MICRO)
    db.execute(
        "INSERT INTO records (seq, kind, encoding, head, stored_us) VALUES (9, 1, x'', x'', ?)",
        (stored_us,),
    )
    db.commit()
    db.close()
    verdict = patient.check(name)
    assert verdict.level is level, verdict
    assert verdict.fix


def test_a_full_outbox_is_told_before_it_sheds(patient: Patient) -> None:
    patient.camera.configure(
        camera={"source": "playback"}, outbox={"most_gb": 0.05, "picture_gb": 0.01}
    )
    with (patient.camera.outbox / "outbox.db-padding").open("wb") as file:
        file.truncate(45_000_000)
    assert patient.check("queue").level is Level.WARNING


def test_a_spoilt_outbox_is_told_with_what_to_do(patient: Patient) -> None:
    for file in patient.camera.outbox.glob("outbox.db-*"):
        file.unlink()
    (patient.camera.outbox / "outbox.db").write_bytes(b"rubbish" * 1000)
    verdict = patient.check("queue")
    assert verdict.level is Level.UNKNOWN
    assert "restart" in str(verdict.fix)


@pytest.mark.parametrize(
    ("life", "level"),
    [
        (timedelta(days=1), Level.WARNING),
        (timedelta(hours=2), Level.CRITICAL),
        (timedelta(days=-3), Level.CRITICAL),
    ],
)
def test_a_certificate_that_ends_is_told(
    life: timedelta, level: Level, patient: Patient, authority: Authority
) -> None:
    patient.certificate(authority, life)
    verdict = patient.check("certificate")
    assert (verdict.level, "alpr-edge renew" in str(verdict.fix)) == (level, True)


def test_a_camera_that_is_not_enrolled_is_told_how(patient: Patient) -> None:
    verdict = patient.check("certificate")
    assert (verdict.level, "--code" in str(verdict.fix)) == (Level.WARNING, True)


@pytest.mark.parametrize(
    ("clock", "offset_s", "level"),
    [
        (Clock(synchronised=False, error_s=None), 0.0, Level.WARNING),
        (Clock(synchronised=True, error_s=5.0), 0.0, Level.WARNING),
        (Clock(synchronised=True, error_s=0.01), -9.0, Level.WARNING),
        (Clock(synchronised=False, error_s=None), 300.0, Level.CRITICAL),
    ],
)
def test_a_wrong_clock_is_told(
    clock: Clock,
    offset_s: float,
    level: Level,
    patient: Patient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(board, "read_clock", lambda: clock)
    patient.sync["clock_offset_s"] = offset_s
    verdict = patient.check("clock")
    assert (verdict.level, "NTP" in str(verdict.fix)) == (level, True)
    assert "systemd-timesyncd" in verdict.what


@pytest.mark.parametrize(
    ("free", "flag", "level"),
    [(9, 0, Level.WARNING), (2, 0, Level.CRITICAL), (90, os.ST_RDONLY, Level.CRITICAL)],
)
def test_a_disk_that_is_full_or_read_only_is_told(
    free: int, flag: int, level: Level, patient: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.statvfs("/")
    values = [1, 1, 100, free, free, 10, 10, 10, flag, 255]
    monkeypatch.setattr(board.os, "statvfs", lambda _: os.statvfs_result([*values, real.f_fsid]))
    verdict = patient.check("disk")
    assert (verdict.level, bool(verdict.fix)) == (level, True)


def test_a_damaged_outbox_that_was_set_aside_is_told(patient: Patient) -> None:
    (patient.camera.outbox / "outbox.db").write_bytes(b"rubbish" * 1000)
    Outbox.open(patient.camera.outbox, load_identity(patient.camera.identity)).close()
    verdict = patient.check("disk")
    assert (verdict.level, "set aside" in verdict.what) == (Level.WARNING, True)
    assert "replace it" in str(verdict.fix)


@pytest.mark.parametrize(
    ("name", "file", "content", "level", "fix"),
    [
        ("wear", "block/mmcblk0/device/life_time", "0x09 0x01", Level.WARNING, "replace the disk"),
        ("temperature", "class/thermal/thermal_zone0/temp", "80000", Level.WARNING, "shade"),
        ("temperature", "class/thermal/thermal_zone0/temp", "88000", Level.CRITICAL, "fan"),
        ("temperature", THROTTLED, "4", Level.WARNING, "shade the box"),
        ("power", THROTTLED, "1", Level.CRITICAL, "5 V"),
        ("power", THROTTLED, "10000", Level.WARNING, "cable"),
        ("power", "class/hwmon/hwmon1/in0_lcrit_alarm", "1", Level.CRITICAL, "5 V"),
    ],
)
def test_a_board_in_distress_is_told(
    name: str, file: str, content: str, level: Level, fix: str, patient: Patient
) -> None:
    path = patient.sys / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content + "\n")
    verdict = patient.check(name)
    assert verdict.level is level, verdict
    assert fix in str(verdict.fix)


def test_another_model_than_its_manifest_names_is_critical(
    patient: Patient, tmp_path: Path
) -> None:
    folder = tmp_path / "models"
    folder.mkdir()
    shipped = Path(__file__).parents[2] / "models"
    for name in ("plate_detector", "plate_ocr"):
        (folder / f"{name}.toml").write_bytes((shipped / f"{name}.toml").read_bytes())
        (folder / f"{name}.tflite").write_bytes((shipped / f"{name}.tflite").read_bytes())
    (folder / "plate_ocr.tflite").write_bytes(b"another")
    patient.camera.configure(camera={"source": "playback"}, recognize={"models": str(folder)})
    verdict = patient.check("models")
    assert (verdict.level, "reinstall" in str(verdict.fix)) == (Level.CRITICAL, True)


def test_settings_with_a_fault_are_critical_and_the_rest_still_looks(patient: Patient) -> None:
    patient.settings.write_text("[camera]\nwidth_px = 7\n[sink]\n")
    verdict = patient.check("config")
    assert verdict.level is Level.CRITICAL
    assert "camera.width_px" in verdict.what
    assert "and 1 more" in verdict.what
    assert "check-config" in str(verdict.fix)


@pytest.mark.parametrize("outcome", ["refused", "rolled-back"])
def test_settings_that_are_not_the_citys_are_told(outcome: str, patient: Patient) -> None:
    (patient.camera.identity / "desired.json").write_text(f'{{"outcome": "{outcome}"}}')
    verdict = patient.check("config")
    assert (verdict.level, "camera settings" in str(verdict.fix)) == (Level.WARNING, True)


def test_a_process_of_ours_that_listens_is_critical(patient: Patient) -> None:
    patient.write()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        evidence = gather(patient.settings)
        verdict = CHECKS["sockets"](evidence)
    assert verdict.level is Level.CRITICAL
    assert f"tcp {port}" in verdict.what
    assert CHECKS["sockets"](gather(patient.settings)).level is Level.OK


def test_every_check_of_the_list_has_a_fault_above() -> None:
    text = Path(__file__).read_text()
    assert all(f'"{name}"' in text for name in CHECKS)
