"""The Debian package: built, installed without a network, upgraded, removed and purged."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGING = Path(__file__).parents[2] / "packaging"
BARE = ("debootstrap", "--variant=minbase", "--include=python3,python3-venv")
BUILD = PACKAGING / "build-deb.sh"


def build(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(BUILD), *arguments],
        capture_output=True,
        text=True,
        timeout=3000,
        check=False,
        env=os.environ | {"PYTHON": sys.executable},
    )


def native() -> str:
    """This machine's architecture, as Debian calls it."""
    asked = ["dpkg", "--print-architecture"]
    return subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()


def test_what_it_is_not_built_for_is_named(tmp_path: Path) -> None:
    done = build("edge", "amd64", "buster", str(tmp_path))
    assert done.returncode == 2
    assert done.stderr == (
        "build-deb: buster is no release we build for. Fix: bookworm or trixie\n"
    )
    assert build("edge", "mips", "trixie", str(tmp_path)).returncode == 2


@pytest.mark.parametrize("script", ["build-deb.sh", "postinst.in", "prerm.in", "postrm.in"])
def test_a_script_is_sound_shell(script: str) -> None:
    assert subprocess.run(["sh", "-n", str(PACKAGING / script)], check=False).returncode == 0


def test_a_package_never_removes_a_citys_folder() -> None:
    for script in PACKAGING.glob("*.in"):
        assert "alpr-city" not in script.read_text(), script.name


@pytest.mark.parametrize("part", ["edge", "city"])
def test_a_manual_page_tells_of_every_command(part: str, tmp_path: Path) -> None:
    out = tmp_path / "page.1"
    subprocess.run(
        [sys.executable, str(PACKAGING / "man_pages.py"), part, str(out)],
        check=True,
        timeout=120,
        cwd=PACKAGING.parent,
        env=os.environ | {"PYTHONPATH": str(PACKAGING.parent)},
    )
    page = out.read_text()
    for module in (PACKAGING.parent / f"alpr_{part}" / "commands").glob("[a-z]*.py"):
        assert f"\n.SS {module.stem.replace('_', '-')}\n" in page


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A bare Debian 12 of this machine's architecture."""
    folder = tmp_path_factory.mktemp("root") / "debian"
    made = subprocess.run(
        [*BARE, "bookworm", str(folder)],
        capture_output=True,
        text=True,
        timeout=3000,
        check=False,
    )
    assert made.returncode == 0, made.stdout[-500:]
    yield folder
    shutil.rmtree(folder)


def inside(root: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run in the root, without any network."""
    enter = f'mount -t proc proc "{root}/proc" && exec chroot "{root}" "$@"'
    return subprocess.run(
        ["unshare", "--net", "--mount", "sh", "-c", enter, "sh", *command],
        capture_output=True,
        text=True,
        timeout=1800,
        check=False,
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"},
    )


@pytest.mark.long
@pytest.mark.timeout(7200)
def test_install_upgrade_remove_and_purge(root: Path, tmp_path: Path) -> None:
    built = build("edge", native(), "bookworm", str(tmp_path))
    assert built.returncode == 0, built.stderr[-500:]
    shutil.copy(built.stdout.strip(), root / "alpr.deb")

    installed = inside(root, "dpkg", "-i", "/alpr.deb")
    assert (installed.returncode, installed.stderr) == (0, "")
    assert inside(root, "alpr-edge", "check-config").stdout == ("/etc/alpr-edge/edge.toml: good\n")
    assert inside(root, "alpr-edge", "health").returncode == 2
    assert inside(root, "alpr-edge", "health", "--check", "models").returncode == 0
    assert list((root / "usr/lib/alpr-edge").rglob("*.key")) == []

    outbox = root / "var/lib/alpr-edge/outbox"
    outbox.mkdir(parents=True)
    (outbox / "outbox.db").write_text("reads that wait")
    settings = root / "etc/alpr-edge/edge.toml"
    settings.write_text("[scene]\nmax_mph = 65.0\n")
    assert inside(root, "dpkg", "-i", "/alpr.deb").returncode == 0
    assert (outbox / "outbox.db").read_text() == "reads that wait"
    assert "65.0" in settings.read_text()

    assert inside(root, "dpkg", "--remove", "alpr-edge").returncode == 0
    assert (outbox / "outbox.db").exists()
    assert not (root / "usr/lib/alpr-edge").exists()
    assert inside(root, "dpkg", "--purge", "alpr-edge").returncode == 0
    assert not outbox.exists()
    assert not settings.exists()
