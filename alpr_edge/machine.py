"""What the board says about itself: heat, throttling, disk, memory."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from pathlib import Path

SYS = Path("/sys")
# What firmware and hardware say now, not what they said since boot (bits 16 and up):
# under-voltage, frequency capped, throttled, soft temperature limit.
THROTTLED_NOW = 0xF


@dataclass(frozen=True, slots=True, kw_only=True)
class Vitals:
    """One look at the board; None where it has no such sensor."""

    temperature_c: float | None
    throttled: bool | None


def vitals(root: Path = SYS) -> Vitals:
    """Read the hottest thermal zone and, on a Raspberry Pi, the firmware's throttling."""
    zones = [_number(zone / "temp") for zone in root.glob("class/thermal/thermal_zone*")]
    # A zone that is switched off reads as something absurd.
    degrees = [zone / 1000 for zone in zones if zone is not None and -40_000 < zone < 150_000]
    flags = _number(root / "devices/platform/soc/soc:firmware/get_throttled", base=16)
    return Vitals(
        temperature_c=max(degrees, default=None),
        throttled=None if flags is None else bool(flags & THROTTLED_NOW),
    )


def disk(folder: Path) -> tuple[int, int]:
    """Free and total bytes of the disk that holds a folder."""
    status = os.statvfs(folder)
    return status.f_bavail * status.f_frsize, status.f_blocks * status.f_frsize


def footprint() -> dict[str, int]:
    """What this process holds: resident bytes, threads, open descriptors."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return {
        "memory_bytes": pages * os.sysconf("SC_PAGESIZE"),
        "threads": threading.active_count(),
        "descriptors": len(os.listdir("/proc/self/fd")),
    }


def _number(path: Path, *, base: int = 10) -> int | None:
    try:
        return int(path.read_text().strip(), base)
    except (OSError, ValueError):
        return None  # a sensor that is not there, or busy: the next look will tell
