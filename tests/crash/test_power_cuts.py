"""Power fails at any instant, and nothing that was acknowledged is lost; and the test can tell."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from typing import Any

import pytest

from tests.crash.disk import Disk, StepError


def crash(store: str, cuts: int, *arguments: str, fails: bool = False) -> dict[str, Any]:
    """The simulator, in processes of its own."""
    done = subprocess.run(
        [
            *(sys.executable, "-m", "tests.crash", "--json"),
            *("--store", store, "--cuts", str(cuts), *arguments),
        ],
        capture_output=True,
        text=True,
        timeout=None if cuts > 20_000 else 1700,
        check=False,
    )
    assert done.returncode == int(fails), done.stderr or done.stdout
    found: dict[str, Any] = json.loads(done.stdout)
    assert found["cuts"] >= cuts
    return found


# The disk does what a bad disk does.


def test_what_was_not_synced_may_be_gone_and_what_was_is_not() -> None:
    disk = Disk()
    file = disk.open("a", create=True, journal=True)
    disk.write(file, 0, b"x" * 1024)
    disk.sync(file)
    disk.write(file, 0, b"y" * 1024)
    left = {disk.survivors(random.Random(seed))["a"] for seed in range(200)}
    assert {b"x" * 1024, b"y" * 1024, b"x" * 512 + b"y" * 512} <= left
    assert all(data[i : i + 512] in (b"x" * 512, b"y" * 512) for data in left for i in (0, 512))


def test_a_name_that_was_not_synced_may_be_gone() -> None:
    disk = Disk()
    file = disk.open("a", create=True, journal=False)
    disk.write(file, 0, b"x")
    disk.sync(file)
    assert {len(disk.survivors(random.Random(seed))) for seed in range(50)} == {0, 1}
    disk.sync_names()
    assert {len(disk.survivors(random.Random(seed))) for seed in range(50)} == {1}


def test_a_failed_sync_shows_bytes_that_no_later_sync_keeps() -> None:
    disk = Disk()
    file = disk.open("a", create=True, journal=True)
    disk.write(file, 0, b"x")
    disk.fail_at = disk.steps + 1
    with pytest.raises(StepError):
        disk.sync(file)
    disk.sync(file)
    assert disk.read(file, 0, 1) == b"x"
    disk.sync_names()
    assert disk.survivors(random.Random(1)) == {"a": b""}


# Teeth: what breaks the promise is found.


def test_losses_are_found_when_commits_are_not_synced() -> None:
    found = crash("outbox", 1000, "--weaken", "PRAGMA synchronous = NORMAL", fails=True)["found"]
    assert found["lost"] + found["forked"] > 50


def test_losses_are_found_on_a_disk_that_lies() -> None:
    found = crash("outbox", 1000, "--lies", "0.5", fails=True)["found"]
    assert found["lost"] + found["forked"] + found["damaged"] > 50


def test_losses_are_found_when_the_vaults_commits_are_not_synced() -> None:
    found = crash("vault", 500, "--weaken", "PRAGMA synchronous = NORMAL", fails=True)["found"]
    assert found["lost"] > 20


def test_the_same_seed_cuts_the_same_power() -> None:
    once, again = (
        crash("outbox", 300, "--weaken", "PRAGMA synchronous = NORMAL", "--seed", "5", fails=True)
        for _ in range(2)
    )
    assert once["found"] == again["found"]
    assert once["faults"] == again["faults"]


# And the product keeps it.


@pytest.mark.timeout(1800)  # half a minute on two idle cores
def test_an_outbox_keeps_what_it_acknowledged_when_power_is_cut() -> None:
    assert set(crash("outbox", 20_000)["found"]) == {"whole"}


@pytest.mark.timeout(1800)
def test_the_citys_store_keeps_what_it_committed_when_power_is_cut() -> None:
    assert set(crash("city", 1000)["found"]) == {"whole"}


@pytest.mark.timeout(1800)
def test_the_vault_keeps_its_keys_and_its_access_log_when_power_is_cut() -> None:
    assert set(crash("vault", 1000)["found"]) == {"whole"}


@pytest.mark.long
@pytest.mark.timeout(0)
def test_a_million_cuts_lose_nothing() -> None:
    assert set(crash("outbox", 1_000_000, "--seed", "100000")["found"]) == {"whole"}
