"""The arm64 packages, installed in an arm64 root and run there on a clip, under qemu's user mode.

`qemu-aarch64-static` is called by the kernel (binfmt), which this registers and takes back; where
that is not allowed, or ALPR_TEST_PROOT is set, proot calls it for each program. Long: every
instruction is translated. The bare roots are made once and kept in `$XDG_CACHE_HOME/alpr`.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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
# What the packages depend on, and nothing else. Setting a root up is nearly all translated shell,
# most of it for certificates that no test here asks for.
HOLDS = "python3,python3-venv,libstdc++6,mosquitto,tzdata"
WITHOUT = ("ca-certificates/*", "man/*", "locale/*", "doc/*")
# A translated detector takes longer than a worker of a real board may be silent.
PATIENT = """
from alpr_edge import cli, daemon
daemon.LOOP_BEAT_S = daemon.CAMERA_BEAT_S = daemon.LOOP_S = 3600.0
raise SystemExit(cli.main(["capture", "--config", "/srv/camera/edge.toml"]))
"""
# Fifteen frames at five a second, in which the first vehicle passes.
FIRST, LAST, EVERY = 30, 75, 3
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"}

Inside = Callable[..., subprocess.CompletedProcess[str]]


@contextmanager
def translated(qemu: str) -> Iterator[bool]:
    """Whether the kernel calls qemu for a program of the other architecture."""
    asked = BINFMT / "register"
    mounted, known = asked.exists(), (BINFMT / NAME).exists()
    try:
        if not mounted:
            subprocess.run(["mount", "-t", "binfmt_misc", "binfmt_misc", str(BINFMT)], check=True)
        if not known:
            asked.write_text(MAGIC.format(qemu=qemu))
    except (OSError, subprocess.CalledProcessError):
        yield False
        return
    yield True
    if not known:
        (BINFMT / NAME).write_text("-1")
    if not mounted:
        subprocess.run(["umount", str(BINFMT)], check=True)


@pytest.fixture(scope="module")
def by_kernel() -> Iterator[bool]:
    qemu = shutil.which("qemu-aarch64-static")
    assert qemu is not None, "qemu-user-static is not installed. Fix: apt install qemu-user-static"
    if os.environ.get("ALPR_TEST_PROOT"):
        yield False
        return
    with translated(qemu) as kernel:
        yield kernel


def entered(root: Path, *, by_kernel: bool) -> list[str]:
    """What stands before a command so that it runs in the root, as root and without a network."""
    apart = ["unshare", "--net", "--mount"]
    if not by_kernel:
        proot = shutil.which("proot")
        assert proot is not None, "neither binfmt nor proot is here. Fix: apt install proot"
        called = [proot, "-q", "qemu-aarch64-static", "-r", str(root), "-0", "-w", "/"]
        return [*apart, *called, "-b", "/proc"]
    script = f'mount -t proc proc "{root}/proc" && exec chroot "{root}" "$@"'
    return [*apart, "sh", "-c", script, "sh"]


def bare(release: str, *, by_kernel: bool) -> Path:
    """A bare Debian of the other architecture, as an archive."""
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "alpr"
    made_of = hashlib.sha256(" ".join((HOLDS, *WITHOUT)).encode()).hexdigest()[:8]
    archive = cache / f"arm64-{release}-{made_of}.tar"
    if archive.exists():
        return archive
    cache.mkdir(parents=True, exist_ok=True)
    half = archive.with_suffix(".half.tar")
    if by_kernel:
        command = ["mmdebstrap", "--arch=arm64", "--variant=essential", f"--include={HOLDS}"]
        command += [f"--dpkgopt=path-exclude=/usr/share/{path}" for path in WITHOUT]
        make([*command, "--dpkgopt=force-unsafe-io", release, str(half)])
    else:
        root = cache / f"{release}.half"
        begin = ["debootstrap", "--foreign", "--arch=arm64", "--variant=minbase"]
        make([*begin, f"--include={HOLDS}", release, str(root)])
        make([*entered(root, by_kernel=False), "/debootstrap/debootstrap", "--second-stage"])
        make(["tar", "-C", str(root), "-cf", str(half), "."])
        shutil.rmtree(root)
    half.rename(archive)
    return archive


def make(command: list[str]) -> None:
    made = subprocess.run(
        command, capture_output=True, text=True, timeout=14_400, check=False, env=ENVIRONMENT
    )
    assert made.returncode == 0, made.stdout[-500:] + made.stderr[-500:]


def camera_in(root: Path) -> Camera:
    """An enrolled camera's folder and some seconds of the clip, inside the root."""
    folder = root / "srv/camera"
    (folder / "clip").mkdir(parents=True)
    camera = Camera(folder)
    for number, (frame, _) in enumerate(islice(demo_clip().frames(), LAST)):
        if number >= FIRST and number % EVERY == 0:
            cv2.imwrite(str(folder / "clip" / f"{number:04}.png"), frame)
    settings = camera.configure(
        camera={"source": "playback", "frames_per_s": 15.0 / EVERY},
        playback={"path": "/srv/camera/clip", "speed": "full"},
    )
    settings.write_text(settings.read_text().replace(str(root), ""))
    return camera


@pytest.fixture(params=["bookworm", "trixie"])
def release(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def root(release: str, by_kernel: bool, tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "debian"
    folder.mkdir()
    archive = bare(release, by_kernel=by_kernel)
    subprocess.run(["tar", "-C", str(folder), "--exclude=./dev/*", "-xf", str(archive)], check=True)
    for device in ("null", "urandom"):
        subprocess.run(["cp", "-a", f"/dev/{device}", str(folder / "dev")], check=True)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def inside(root: Path, by_kernel: bool) -> Inside:
    """Run in the root, and say how long it took."""

    def run(*command: str, timeout_s: float = 7200) -> subprocess.CompletedProcess[str]:
        began_s = time.monotonic()
        done = subprocess.run(
            [*entered(root, by_kernel=by_kernel), *command],
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
            env=ENVIRONMENT,
        )
        print(f"{time.monotonic() - began_s:6.0f} s  {' '.join(command)[:60]}")
        return done

    return run


def install(part: str, release: str, root: Path, inside: Inside) -> None:
    built = build(part, "arm64", release, str(root.parent))
    assert built.returncode == 0, built.stderr[-500:]
    shutil.copy(built.stdout.strip(), root / f"alpr-{part}.deb")
    installed = inside("dpkg", "--force-unsafe-io", "-i", f"/alpr-{part}.deb")
    assert installed.returncode == 0, installed.stderr[-500:]


@pytest.mark.long
@pytest.mark.timeout(0)
def test_the_cameras_package_installs_and_its_daemon_reads_a_plate(
    release: str, root: Path, inside: Inside
) -> None:
    install("edge", release, root, inside)
    assert inside("alpr-edge", "health", "--check", "models").returncode == 0
    camera = camera_in(root)
    ran = inside("/usr/lib/alpr-edge/venv/bin/python", "-c", PATIENT)
    assert ran.returncode == 0, ran.stderr[-500:]
    assert camera.reads(), ran.stderr[-500:]
    counted = json.loads(inside("alpr-edge", "outbox", "/srv/camera/outbox", "--json").stdout)
    assert counted["records"]["read"] == len(camera.reads())
    assert inside("dpkg", "--purge", "alpr-edge").returncode == 0
    assert not (root / "usr/lib/alpr-edge").exists()


@pytest.mark.long
@pytest.mark.timeout(0)
def test_the_citys_package_installs_and_a_city_begins(
    release: str, root: Path, inside: Inside
) -> None:
    install("city", release, root, inside)
    begun = inside("alpr-city", "init", "--name", "Testville", "--folder", "/srv/city")
    assert begun.returncode == 0, begun.stderr[-500:]
    assert "Testville: ready in /srv/city" in begun.stdout
