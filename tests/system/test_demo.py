"""One command shows the whole system, and ends cleanly."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

PROGRAM = str(Path(sys.executable).with_name("alpr-city"))
WAIT_S = 150.0


@pytest.mark.timeout(400)
def test_one_clip_is_captured_stored_verified_and_found(tmp_path: Path) -> None:
    done = subprocess.run(
        [PROGRAM, "demo", "--once", "--keep", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert summary["agree"]
    assert summary["reads_captured"] == summary["reads_stored"] > 0
    assert summary["records_verified"] == summary["records_captured"]
    assert summary["access_records"] > 0
    assert "everything has ended" in done.stderr
    assert survivors(tmp_path) == []
    truth = (tmp_path / "clip.truth.jsonl").read_text().splitlines()
    texts = [json.loads(line)["text"].encode() for line in truth]
    for file in tmp_path.rglob("*"):
        if file.is_file() and not file.name.startswith("clip"):
            data = file.read_bytes()
            assert not any(text in data for text in texts), file


@pytest.mark.timeout(400)
def test_ctrl_c_ends_everything(tmp_path: Path) -> None:
    (tmp_path / "clip.mp4").write_bytes(b"no video: the city is up before the camera finds out")
    with (tmp_path / "said").open("wb") as said:
        demo = subprocess.Popen(
            [PROGRAM, "demo", "--keep", str(tmp_path)], stderr=said, stdout=said
        )
    until = time.monotonic() + WAIT_S
    while b"broker, vault and ingest run" not in (tmp_path / "said").read_bytes():
        assert demo.poll() is None
        assert time.monotonic() < until
        time.sleep(0.05)
    demo.send_signal(signal.SIGINT)
    demo.wait(WAIT_S)
    words = (tmp_path / "said").read_text()
    assert "everything has ended" in words
    assert "Traceback" not in words
    assert survivors(tmp_path) == []


def survivors(folder: Path) -> list[str]:
    """Processes that still work in a folder."""
    found = []
    for process in Path("/proc").iterdir():
        if not process.name.isdigit() or int(process.name) == os.getpid():
            continue
        try:
            command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if str(folder) in command:
            found.append(command)
    return found
