"""The board's own sensors, on a drawn /sys."""

from __future__ import annotations

from pathlib import Path

import pytest

from alpr_edge.machine import Vitals, disk, footprint, vitals


def write(path: Path, content: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)


def test_a_board_without_sensors_says_so(tmp_path: Path) -> None:
    assert vitals(tmp_path) == Vitals(temperature_c=None, throttled=None)


def test_the_hottest_believable_zone_counts(tmp_path: Path) -> None:
    for number, content in enumerate(("41000\n", "67500\n", "-274000\n", "999999\n", "busy\n", "")):
        write(tmp_path / f"class/thermal/thermal_zone{number}/temp", content)
    assert vitals(tmp_path).temperature_c == 67.5


@pytest.mark.parametrize(
    ("flags", "throttled"),
    [("0", False), ("50000", False), ("50005", True), ("4", True), ("1", True), ("8", True)],
)
def test_throttling_counts_while_it_lasts_and_not_since_boot(
    tmp_path: Path, flags: str, throttled: bool
) -> None:
    write(tmp_path / "devices/platform/soc/soc:firmware/get_throttled", f"{flags}\n")
    assert vitals(tmp_path).throttled is throttled


def test_disk_and_footprint_are_this_machines(tmp_path: Path) -> None:
    free, total = disk(tmp_path)
    assert 0 <= free <= total
    own = footprint()
    assert own["memory_bytes"] > 1_000_000
    assert own["threads"] >= 1
    assert own["descriptors"] >= 3
