"""Heads and key backups leave the city's machine: refusals first."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "provisioning/city/offsite.sh"


@pytest.fixture
def city(tmp_path: Path) -> Path:
    folder = tmp_path / "city"
    (folder / "key-backups").mkdir(parents=True)
    (folder / "log-heads").write_text("head one\n")
    (folder / "key-backups/keys-1.backup").write_text("sealed")
    return folder


def offsite(*arguments: Path) -> subprocess.CompletedProcess[str]:
    command = [str(SCRIPT), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_a_folder_that_is_not_there_is_refused(city: Path, tmp_path: Path) -> None:
    done = offsite(tmp_path / "unmounted", city)
    assert done.returncode == 2
    assert "is no folder. Fix: mount" in done.stderr


@pytest.mark.parametrize("key", ["recovery.key", "root.key", "kek"])
def test_backups_never_lie_beside_the_key_that_opens_them(
    key: str, city: Path, tmp_path: Path
) -> None:
    away = tmp_path / "away"
    away.mkdir()
    (away / key).write_text("secret")
    done = offsite(away, city)
    assert done.returncode == 1
    assert "different media" in done.stderr
    assert [p.name for p in away.iterdir()] == [key]


def test_heads_that_were_rewritten_here_overwrite_nothing_there(city: Path, tmp_path: Path) -> None:
    away = tmp_path / "away"
    away.mkdir()
    assert offsite(away, city).returncode == 0
    (city / "log-heads").write_text("another past\n")
    done = offsite(away, city)
    assert done.returncode == 1
    assert "tell the auditor" in done.stderr
    assert (away / "log-heads").read_text() == "head one\n"


def test_what_is_new_is_added_and_what_is_too_old_goes(city: Path, tmp_path: Path) -> None:
    away = tmp_path / "away"
    away.mkdir()
    assert offsite(away, city).returncode == 0
    with (city / "log-heads").open("a") as heads:
        heads.write("head two\n")
    (city / "key-backups/keys-2.backup").write_text("sealed too")
    old = time.time() - 37 * 86400
    os.utime(away / "key-backups/keys-1.backup", (old, old))
    (city / "key-backups/keys-1.backup").unlink()
    assert offsite(away, city).returncode == 0
    assert (away / "log-heads").read_text() == "head one\nhead two\n"
    assert [p.name for p in (away / "key-backups").iterdir()] == ["keys-2.backup"]
