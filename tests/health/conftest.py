"""A camera that is well, whose every part a test can make ill."""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from alpr_edge.buffer import Outbox
from alpr_edge.buffer.identity import load_identity
from alpr_edge.health.checks import examine
from alpr_edge.health.evidence import gather
from alpr_edge.health.verdict import Verdict
from tests.city.party import key_and_request
from tests.daemon.camera import Camera


@dataclass
class Patient:
    """The camera and what its processes last said."""

    camera: Camera
    settings: Path
    proc: Path
    sys: Path
    run: Path
    capture: dict[str, Any] = field(default_factory=dict)
    sync: dict[str, Any] = field(default_factory=dict)
    age_s: float = 1.0

    def check(self, name: str) -> Verdict:
        """Write the states and look."""
        self.write()
        evidence = gather(self.settings, proc=self.proc, sys=self.sys, run=self.run)
        return examine(evidence, [name])[0]

    def write(self) -> None:
        self.camera.health.mkdir(exist_ok=True)
        head = {"schema": 1, "pid": os.getpid()}
        head["written_monotonic_s"] = time.monotonic() - self.age_s
        for name, state in (("capture", self.capture), ("sync", self.sync)):
            (self.camera.health / f"{name}.json").write_text(json.dumps(head | state))

    def certificate(self, authority: Any, life: timedelta) -> None:
        _, request = key_and_request("cam-one")
        issued = authority.issue_device(request, "cam-one", life=life)
        (self.camera.identity / "client.pem").write_bytes(issued.certificate)


@pytest.fixture
def patient(camera: Camera, tmp_path: Path) -> Patient:
    proc, sys, run = (tmp_path / name for name in ("proc", "sys", "run-of-the-board"))
    for folder in (proc / "net", sys / "class/thermal/thermal_zone0", run / "systemd/timesync"):
        folder.mkdir(parents=True)
    (sys / "class/thermal/thermal_zone0/temp").write_text("48000\n")
    cv2.imwrite(str(tmp_path / "baseline.png"), np.full((90, 160), 90, np.uint8))
    (tmp_path / "baseline.json").write_text(json.dumps({"schema": 1, "sharpness": 0.2}))
    (camera.identity / "city-root.pub").write_bytes(bytes(32))
    settings = camera.configure(camera={"source": "playback", "frames_per_s": 15})
    Outbox.open(camera.outbox, load_identity(camera.identity)).close()
    capture = {
        "phase": "capturing",
        "camera": {
            "frame_age_s": 0.1,
            "frames_per_s": 15.0,
            "sharpness": 0.19,
            "brightness": 92.0,
            "exposure_s": 1 / 1000,
        },
        "stages": {"detect": {"p95_ms": 14.0}, "read": {"p95_ms": 4.0}},
        "view": {"right_px": 2.0, "down_px": 1.0},
        "lens": {"flat": 0.3, "kept": 0.98, "haze": 0.0, "night": False},
        "reads": {
            "last_hour": 400,
            "abstained_last_hour": 20,
            "rolling_hour": 400.0,
            "usual_hour": 410.0,
        },
    }
    sync = {"phase": "connected", "clock_offset_s": 0.02}
    return Patient(camera, settings, proc, sys, run, capture, sync)


@pytest.fixture
def camera(tmp_path: Path) -> Camera:
    return Camera(tmp_path)
