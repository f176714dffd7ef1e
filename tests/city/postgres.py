"""A PostgreSQL of the tests' own: a fresh cluster in a folder, on a Unix socket alone."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

PROGRAMS = Path("/usr/lib/postgresql/15/bin")
USER = "postgres"


class Cluster:
    """Started by `start`, gone with `stop`."""

    def __init__(self, folder: Path, *, fsync: bool = False) -> None:
        self._folder, self._fsync = folder, "on" if fsync else "off"
        self._data = folder / "data"

    def start(self) -> None:
        folder = self._folder
        folder.mkdir(parents=True)
        if os.geteuid() == 0:  # initdb refuses root
            shutil.chown(folder, USER, USER)
        self._run("initdb", "-D", str(self._data), "-U", USER, "--no-sync", "-A", "trust")
        said = f"-c listen_addresses='' -c fsync={self._fsync} -k {folder}"
        log = str(folder / "log")
        self._run("pg_ctl", "-D", str(self._data), "-o", said, "-l", log, "-w", "start")

    def stop(self) -> None:
        self._run("pg_ctl", "-D", str(self._data), "-m", "immediate", "-w", "stop")

    def url(self, name: str) -> str:
        return f"postgresql://{USER}@/{name}?host={self._folder}"

    def sql(self, statement: str) -> None:
        self._run("psql", "-h", str(self._folder), "-U", USER, "-q", "-c", statement, "postgres")

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(PROGRAMS / program), *arguments]
        if os.geteuid() == 0:
            command = ["runuser", "-u", USER, "--", *command]
        done = subprocess.run(command, capture_output=True, text=True, cwd="/", check=False)
        assert done.returncode == 0, done.stderr
