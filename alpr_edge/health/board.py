"""Checks of the board: clock, disk and its wear, heat, power."""

from __future__ import annotations

import os
from pathlib import Path

from alpr_edge.capture.clock import read_clock
from alpr_edge.health.camera import graded
from alpr_edge.health.evidence import Evidence
from alpr_edge.health.verdict import Level, Measure, Verdict
from alpr_edge.machine import vitals

THROTTLED = "devices/platform/soc/soc:firmware/get_throttled"
# vcgencmd get_throttled: what is so now, and in the upper half what was since the board started.
UNDER_VOLTAGE, CAPPED, HOT = 0x1, 0x2 | 0x4, 0x8
SINCE_BOOT = 16


def clock(e: Evidence) -> Verdict:
    """Whether the clock is synchronised, by what, and how far it is off."""
    now = read_clock()
    offset_s = None if e.sync is None else e.sync.number("clock_offset_s")
    measures = []
    said = ["synchronised" if now.synchronised else "not synchronised", f"by {_source(e.run)}"]
    if now.error_s is not None:
        measures.append(
            Measure(name="clock_error", value=round(now.error_s, 4), unit="s", warn=1, critical=60)
        )
        said.append(f"within {now.error_s:.3f} s")
    if offset_s is not None:
        # Commands of the city are refused beyond two minutes.
        measures.append(
            Measure(
                name="clock_offset", value=round(abs(offset_s), 3), unit="s", warn=5, critical=60
            )
        )
        said.append(f"{offset_s:+.1f} s off the city's")
    fix = (
        "timedatectl: is NTP active and its server reachable (UDP 123)? Ask the city for its"
        " time server, or plug in the GPS receiver"
    )
    verdict = graded("clock", ", ".join(said), fix, *measures)
    if now.synchronised or verdict.level is not Level.OK:
        return verdict
    return Verdict(
        name="clock",
        level=Level.WARNING,
        what=verdict.what,
        fix=fix,
        measures=verdict.measures,
    )


def disk(e: Evidence) -> Verdict:
    """Room on the outbox's disk, and whether it can be written."""
    folder = e.config.outbox.folder
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    status = os.statvfs(folder)
    if status.f_flag & os.ST_RDONLY:
        return Verdict(
            name="disk",
            level=Level.CRITICAL,
            what="is mounted read-only: nothing can be stored",
            fix="the card is failing: replace it; dmesg | grep -i mmc shows why",
        )
    free = 100 * status.f_bavail / max(1, status.f_blocks)
    damaged = [file.name for file in folder.glob("outbox.db.damaged-*[0-9]")]
    if damaged and free >= 10:
        return Verdict(
            name="disk",
            level=Level.WARNING,
            what=f"{len(damaged)} damaged outbox(es) set aside in {folder}",
            fix="the card may be failing: replace it; send the files to the city's maintainers"
            " before you remove them, reads that were not receipted are in them, sealed",
            measures=(Measure(name="disk_free", value=round(free, 1), unit="%"),),
        )
    return graded(
        "disk",
        f"{free:.0f} % free",
        "sudo journalctl --vacuum-size=200M; remove what is not ours; lower outbox.most_gb",
        Measure(name="disk_free", value=round(free, 1), unit="%", warn=10, critical=3, low=True),
    )


def wear(e: Evidence) -> Verdict:
    """How much of the flash memory's life is used, where it tells."""
    used = []
    for file in e.sys.glob("block/*/device/life_time"):
        # JEDEC eMMC: two numbers, in tenths of its life; 0 is unknown.
        used += [int(word, 16) * 10 for word in _text(file).split() if _is_hex(word)]
    used = [percent for percent in used if 0 < percent <= 110]
    if not used:
        return Verdict(name="wear", level=Level.OK, what="this disk does not tell")
    return graded(
        "wear",
        f"{max(used)} % of the flash memory's life is used",
        "replace the disk at the next visit",
        Measure(name="wear", value=max(used), unit="%", warn=80, critical=100),
    )


def temperature(e: Evidence) -> Verdict:
    """How hot the board is, and whether it is slowed for it."""
    hot_c, flags = vitals(e.sys).temperature_c, _flags(e.sys)
    fix = "shade the box, clean its vents, look at the fan"
    if hot_c is None:
        said, measures = "this board does not tell", []
    else:
        said = f"{hot_c:.0f} °C"
        limit_c = e.config.pace.hot_c
        measures = [
            Measure(name="temperature", value=round(hot_c, 1), warn=limit_c, critical=limit_c + 7)
        ]
    verdict = graded("temperature", said, fix, *measures)
    if flags & (CAPPED | HOT) and not flags & UNDER_VOLTAGE and verdict.level is Level.OK:
        return Verdict(
            name="temperature",
            level=Level.WARNING,
            what=f"{said}, slowed for heat",
            fix=fix,
            measures=verdict.measures,
        )
    return verdict


def power(e: Evidence) -> Verdict:
    """Whether the supply holds."""
    flags = _flags(e.sys)
    alarms = [_text(f) for f in e.sys.glob("class/hwmon/hwmon*/in0_lcrit_alarm")]
    fix = "measure 5 V at the board under load; a longer or thinner cable than the guide's sags"
    if flags & UNDER_VOLTAGE or "1" in alarms:
        return Verdict(
            name="power", level=Level.CRITICAL, what="the voltage is too low now", fix=fix
        )
    if flags & (UNDER_VOLTAGE << SINCE_BOOT):
        return Verdict(
            name="power",
            level=Level.WARNING,
            what="the voltage was too low since this board started",
            fix=fix,
        )
    told = alarms or (e.sys / THROTTLED).exists()
    return Verdict(
        name="power", level=Level.OK, what="holds" if told else "this board does not tell"
    )


def _source(run: Path) -> str:
    """What keeps the clock, as far as its files say."""
    for file, name in (
        ("chrony", "chrony"),
        ("chronyd.pid", "chrony"),
        ("ntpd.pid", "ntpd"),
        ("systemd/timesync", "systemd-timesyncd"),
    ):
        if (run / file).exists():
            return name
    return "nothing known"


def _flags(sys: Path) -> int:
    word = _text(sys / THROTTLED)
    return int(word, 16) if _is_hex(word) else 0


def _text(path: Path) -> str:
    try:
        return path.read_text().strip()
    except (OSError, UnicodeDecodeError):
        return ""


def _is_hex(word: str) -> bool:
    try:
        int(word, 16)
    except ValueError:
        return False
    return True
