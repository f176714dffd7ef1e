"""`alpr-edge health` and `support-bundle`: codes, forms, and that no plate comes out."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from alpr_edge.cli import main
from tests.health.conftest import Patient

CANARY = "7CANARY9"
CLI = (sys.executable, "-m", "alpr_edge.cli")
LINE = re.compile(r"ALPR (OK|WARNING|CRITICAL|UNKNOWN) - [^|\n]+( \| (\S+=\S+ ?)+)?")


def health(patient: Patient, *arguments: str) -> subprocess.CompletedProcess[str]:
    patient.write()
    return subprocess.run(
        [*CLI, "health", "--config", str(patient.settings), *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_dead_daemon_is_critical_in_one_line_with_its_fix(patient: Patient) -> None:
    patient.age_s = 300.0
    done = health(patient)
    first, *rest = done.stdout.splitlines()
    assert (done.returncode, done.stderr) == (2, "")
    assert LINE.fullmatch(first), first
    assert re.match(r"ALPR CRITICAL - capture: alpr-edge-capture is silent for \d+ s", first)
    assert any("fix: journalctl -u alpr-edge-capture" in line for line in rest)
    assert all(after.startswith("    fix: ") for after in rest[1::2]), (
        "every check that is not good has its fix below it"
    )


@pytest.mark.parametrize(("rolling", "code"), [(400.0, 0), (100.0, 1), (0.0, 2)])
def test_the_exit_code_is_the_level(rolling: float, code: int, patient: Patient) -> None:
    patient.capture["reads"]["rolling_hour"] = rolling
    patient.write()
    assert main(["health", "--config", str(patient.settings), "--check", "reads"]) == code


def test_an_unknown_level_exits_3(patient: Patient, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["health", "--config", str(patient.settings), "--check", "frames"]) == 3
    assert "fix: mend the check capture first" in capsys.readouterr().out


def test_a_check_that_is_not_there_is_named(
    patient: Patient, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["health", "--config", str(patient.settings), "--check", "luck"]) == 3
    assert "no check is called luck. Fix: one of config, power" in capsys.readouterr().out


def test_limits_are_written_as_plugins_write_ranges(
    patient: Patient, capsys: pytest.CaptureFixture[str]
) -> None:
    patient.write()
    main(["health", "--config", str(patient.settings), "--check", "frames"])
    numbers = capsys.readouterr().out.partition(" | ")[2]
    assert re.fullmatch(r"frame_age=[\d.]+s;6;15 frame_rate=15;9:;3:\n", numbers), numbers


def test_json_has_a_schema_and_every_check(patient: Patient) -> None:
    done = health(patient, "--json")
    report = json.loads(done.stdout)
    assert (report["schema"], report["code"]) == (1, done.returncode)
    assert {c["name"] for c in report["checks"]} >= {"capture", "sockets", "receipt"}
    assert all(c["fix"] for c in report["checks"] if c["level"] != "ok")


def test_metrics_are_replaced_whole_in_a_file(patient: Patient, tmp_path: Path) -> None:
    patient.write()
    out = tmp_path / "alpr.prom"
    main(["health", "--config", str(patient.settings), "--metrics", str(out)])
    text = out.read_text()
    assert 'alpr_edge_health_level{check="frames"} 0\n' in text
    assert "alpr_edge_frame_age_seconds " in text
    sample = re.compile(r'(# (HELP|TYPE) .+|[a-z0-9_]+(\{check="[a-z]+"\})? [-+0-9.e]+)')
    assert all(sample.fullmatch(line) for line in text.splitlines())


def test_metrics_that_cannot_be_written_exit_3(
    patient: Patient, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["health", "--config", str(patient.settings), "--metrics", "/nowhere/a.prom"]) == 3
    assert "cannot be written" in capsys.readouterr().err


def test_no_plate_comes_out_even_where_one_was_written_into_the_states(
    patient: Patient, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for state in (patient.capture, patient.sync):
        for key in list(state):
            if not isinstance(state[key], dict):
                continue
            state[key][CANARY] = CANARY
            state[key]["mode"] = CANARY
        state["phase"] = state["mode"] = state["last"] = CANARY
    patient.write()
    (patient.camera.folder / "baseline.json").write_text(json.dumps({"sharpness": CANARY}))
    said = "".join(health(patient, *how).stdout for how in ([], ["--json"], ["--metrics"]))
    assert "ALPR " in said
    assert CANARY not in said
    out = tmp_path / "bundle.tar.gz"
    assert main(["support-bundle", "--config", str(patient.settings), "--out", str(out)]) == 0
    with tarfile.open(out) as bundle:
        names = bundle.getnames()
        for member in bundle:
            held = bundle.extractfile(member)
            assert held is not None
            assert CANARY.encode() not in held.read(), member.name
    assert "alpr-support/health.json" in names
    assert not any(name.endswith((".pem", ".key", ".png", ".jpg", ".db")) for name in names)


def test_a_bundle_holds_no_key(patient: Patient, tmp_path: Path) -> None:
    out = tmp_path / "bundle.tar.gz"
    main(["support-bundle", "--config", str(patient.settings), "--out", str(out)])
    with tarfile.open(out) as bundle:
        for member in bundle:
            held = bundle.extractfile(member)
            assert held is not None
            assert b"PRIVATE KEY" not in held.read()
