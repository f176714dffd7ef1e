"""Disks and clocks that are not as they should be."""

from __future__ import annotations

import os
from pathlib import Path


class BadDisk:
    """Lets calls on the files under `victim` fail, in processes with this `environment`."""

    def __init__(self, library: Path, *, control: Path, victim: Path) -> None:
        control.mkdir()
        self._control = control
        self.victim = victim
        self.environment = {
            "LD_PRELOAD": str(library),
            "BAD_DISK": str(control),
            "BAD_DISK_FOR": str(victim),
        }

    def fails(self, call: str, error: int, *, once: bool = False) -> None:
        """From now on `fsync` or `write` fails with this error number."""
        new = self._control / "new"
        new.write_text(f"{error} once" if once else f"{error}")
        new.rename(self._control / call)

    def failing(self, call: str) -> bool:
        """Whether the call would still fail."""
        return (self._control / call).exists()

    def is_good_again(self) -> None:
        """Nothing fails any more."""
        for file in self._control.iterdir():
            file.unlink()


def full_disk(folder: Path, *, megabytes: int) -> list[str]:
    """A command that runs another one with a small disk of its own in `folder`, for it alone."""
    folder.mkdir()
    as_root = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    script = f'mount -t tmpfs -o size={megabytes}m none "$1" && shift && exec "$@"'
    return ["unshare", *as_root, "--mount", "sh", "-ec", script, "sh", str(folder)]


def faked_clock(offset: Path) -> dict[str, str]:
    """An environment in which the clock is off by what a file says ("+0", "-1h", "+40d")."""
    (library,) = Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1")
    return {
        "LD_PRELOAD": str(library),
        "FAKETIME_TIMESTAMP_FILE": str(offset),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "DONT_FAKE_MONOTONIC": "1",  # as older versions call it
    }
