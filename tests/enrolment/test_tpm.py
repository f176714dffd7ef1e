"""A camera with a TPM 2.0: its TLS key never leaves it, and the city sees nothing unusual."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from alpr_edge import device_key
from alpr_edge.token_key import NO_TOKEN
from tests.city.conftest import free_port
from tests.enrolment.conftest import CAMERA, City

UNITS = Path(__file__).parents[2] / "systemd"


def program(name: str) -> str:
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin")
    assert found is not None, f"{name} is not installed. Fix: run provisioning/setup.sh"
    return found


@pytest.fixture
def tpm(tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment in which a software TPM answers, behind a resource manager."""
    started = []
    port = free_port()
    (tmp_path / "tpm").mkdir()
    bus = subprocess.Popen(
        [program("dbus-daemon"), "--session", "--nofork", "--print-address"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert bus.stdout is not None
    environment = os.environ | {
        "DBUS_SESSION_BUS_ADDRESS": bus.stdout.readline().strip(),
        device_key.TCTI: "tabrmd:bus_type=session",
    }
    started.append(bus)
    for command in (
        [
            *(program("swtpm"), "socket", "--tpm2", "--tpmstate", f"dir={tmp_path / 'tpm'}"),
            *("--server", f"type=tcp,port={port},bindaddr=127.0.0.1"),
            *("--ctrl", f"type=tcp,port={port + 1},bindaddr=127.0.0.1"),
            *("--flags", "not-need-init,startup-clear"),
        ],
        [program("tpm2-abrmd"), "--session", "--allow-root", f"--tcti=swtpm:port={port}"],
    ):
        with (tmp_path / "tpm.log").open("ab") as log:
            started.append(subprocess.Popen(command, stdout=log, stderr=log, env=environment))
        time.sleep(1)
    yield environment
    for process in reversed(started):
        process.terminate()
        process.wait(60)
    bus.stdout.close()


def edge(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """In a process of its own, for the way to the TPM is opened once and for all."""
    return subprocess.run(
        [sys.executable, "-m", "alpr_edge.cli", *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env=environment,
    )


def test_the_key_is_made_in_the_tpm_and_used_there_to_enrol_and_renew(
    city: City, tmp_path: Path, tpm: dict[str, str]
) -> None:
    settings = tmp_path / "edge.toml"
    settings.write_text(
        f'[outbox]\nidentity = "{tmp_path / "identity"}"\nfolder = "{tmp_path / "outbox"}"\n'
    )
    own = ["--config", str(settings)]
    enrolled = edge(
        tpm, "enroll", f"https://{city.place}", "--camera", CAMERA, "--code", city.code(), *own
    )
    assert enrolled.returncode == 0, enrolled.stderr
    assert "the TLS key was made here, and is in this machine's TPM 2.0" in enrolled.stdout
    key = tmp_path / "identity/client.key"
    assert device_key.home(key) is device_key.Home.TPM
    with pytest.raises(ValueError, match="PEM"):
        load_pem_private_key(key.read_bytes(), password=None)
    held = x509.load_pem_x509_certificate((tmp_path / "identity/client.pem").read_bytes())
    assert held.subject.rfc4514_string() == f"CN={CAMERA}"

    renewed = edge(tpm, "renew", *own)
    assert renewed.returncode == 0, renewed.stderr
    again = x509.load_pem_x509_certificate((tmp_path / "identity/renewed/client.pem").read_bytes())
    assert again.public_key() == held.public_key()

    elsewhere = {k: v for k, v in tpm.items() if k != device_key.TCTI}
    stolen = edge(elsewhere | {device_key.TCTI: "device:/dev/null"}, "renew", *own)
    assert stolen.returncode == 1, "the file is worth nothing without this TPM"
    assert "Traceback" not in stolen.stderr


def test_without_a_tpm_the_key_is_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(device_key.TCTI, raising=False)
    monkeypatch.setattr(device_key, "DEVICE", Path("/nowhere/tpmrm0"))
    assert not device_key.tpm_is_here()
    made = device_key.make(tmp_path / "client.key", NO_TOKEN)
    assert made.startswith(b"-----BEGIN PRIVATE KEY-----")


def test_the_units_that_show_the_key_reach_the_tpm_and_stay_under_one(tmp_path: Path) -> None:
    device_key.allow(tmp_path)
    for unit in device_key.UNITS:
        name = f"alpr-edge-{unit}.service"
        shutil.copy(UNITS / name, tmp_path / name)
        judged = subprocess.run(
            ["systemd-analyze", "security", "--offline=true", "--threshold=10", "--no-pager", name],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            env=os.environ | {"SYSTEMD_UNIT_PATH": f"{tmp_path}:/lib/systemd/system"},
        )
        assert "DeviceAllow" in judged.stdout
        assert judged.returncode == 0, judged.stdout.splitlines()[-1]
