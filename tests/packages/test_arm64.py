"""The arm64 packages, installed in an arm64 root and run there on a clip, under qemu's user mode.

`qemu-aarch64-static` is called by the kernel (binfmt), which this registers and takes back; where
that is not allowed the test says so. Long: every instruction is translated.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import cv2
import pytest

from models.training.clip import demo_clip
from tests.daemon.camera import Camera
from tests.packages.test_deb import build

BINFMT = Path("/proc/sys/fs/binfmt_misc")
NAME = "alpr-test-aarch64"
# 64-bit little-endian ELF, any ABI, executable or shared object, machine 183; F: opened now, so
# that it works inside a root that holds no qemu.
MAGIC = (
    rf":{NAME}:M::"
    r"\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00:"
    r"\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff:"
    "{qemu}:F"
)
# A translated detector takes longer than a worker of a real board may be silent.
PATIENT = """
from alpr_edge import cli, daemon
daemon.LOOP_BEAT_S = daemon.CAMERA_BEAT_S = daemon.LOOP_S = 3600.0
raise SystemExit(cli.main(["capture", "--config", "/srv/camera/edge.toml"]))
"""
# From the first vehicle's coming to a while after its going.
FIRST, LAST = 8, 75


@pytest.fixture(scope="module")
def arm64() -> Iterator[None]:
    qemu = shutil.which("qemu-aarch64-static")
    assert qemu is not None, "qemu-user-static is not installed. Fix: apt install qemu-user-static"
    mounted = (BINFMT / "register").exists()
    if not mounted:
        subprocess.run(["mount", "-t", "binfmt_misc", "binfmt_misc", str(BINFMT)], check=True)
    (BINFMT / "register").write_text(MAGIC.format(qemu=qemu))
    yield
    (BINFMT / NAME).write_text("-1")
    if not mounted:
        subprocess.run(["umount", str(BINFMT)], check=True)


def inside(root: Path, *command: str, timeout_s: int = 3600) -> subprocess.CompletedProcess[str]:
    """Run in the root, without any network."""
    enter = f'mount -t proc proc "{root}/proc" && exec chroot "{root}" "$@"'
    return subprocess.run(
        ["unshare", "--net", "--mount", "sh", "-c", enter, "sh", *command],
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"},
    )


def bare(folder: Path, release: str) -> Path:
    """A bare Debian of the other architecture."""
    root = folder / "debian"
    include = "--include=python3,python3-venv,mosquitto"
    begin = ["debootstrap", "--foreign", "--arch=arm64", "--variant=minbase", include, release]
    for command in (
        [*begin, str(root)],
        ["chroot", str(root), "/debootstrap/debootstrap", "--second-stage"],
    ):
        made = subprocess.run(command, capture_output=True, text=True, timeout=7200, check=False)
        assert made.returncode == 0, made.stdout[-500:]
    return root


def camera_in(root: Path) -> Camera:
    """An enrolled camera's folder and some seconds of the clip, inside the root."""
    folder = root / "srv/camera"
    folder.mkdir(parents=True)
    camera = Camera(folder)
    for number, (frame, _) in enumerate(islice(demo_clip().frames(), LAST)):
        if number >= FIRST:
            (folder / "clip").mkdir(exist_ok=True)
            cv2.imwrite(str(folder / "clip" / f"{number:04}.png"), frame)
    settings = camera.configure(
        camera={"source": "playback"}, playback={"path": "/srv/camera/clip", "speed": "full"}
    )
    settings.write_text(settings.read_text().replace(str(root), ""))
    return camera


@pytest.mark.long
@pytest.mark.timeout(0)
@pytest.mark.parametrize("release", ["bookworm", "trixie"])
def test_both_packages_install_and_the_daemon_reads_a_plate(
    release: str, arm64: None, tmp_path: Path
) -> None:
    root = bare(tmp_path, release)
    for part in ("edge", "city"):
        built = build(part, "arm64", release, str(tmp_path))
        assert built.returncode == 0, built.stderr[-500:]
        shutil.copy(built.stdout.strip(), root / f"alpr-{part}.deb")
        installed = inside(root, "dpkg", "-i", f"/alpr-{part}.deb")
        assert installed.returncode == 0, installed.stderr[-500:]

    assert inside(root, "alpr-edge", "health", "--check", "models").returncode == 0
    camera = camera_in(root)
    ran = inside(root, "/usr/lib/alpr-edge/venv/bin/python", "-c", PATIENT, timeout_s=14_400)
    assert ran.returncode == 0, ran.stderr[-500:]
    assert camera.reads(), ran.stderr[-500:]
    counted = json.loads(inside(root, "alpr-edge", "outbox", "/srv/camera/outbox", "--json").stdout)
    assert counted["records"]["read"] == len(camera.reads())

    begun = inside(root, "alpr-city", "init", "--name", "Testville", "--folder", "/srv/city")
    assert begun.returncode == 0, begun.stderr[-500:]
    assert "Testville: ready in /srv/city" in begun.stdout
    assert inside(root, "dpkg", "--purge", "alpr-edge").returncode == 0
    assert not (root / "usr/lib/alpr-edge").exists()
