"""Checks of the process that watches the road: alive, fed with frames, and fast enough."""

from __future__ import annotations

from alpr_edge.health.evidence import Evidence, State
from alpr_edge.health.verdict import Level, Measure, Verdict, worst

SILENT_S = 20.0
"""A state is written every few seconds; one so old is of a process that is dead or hangs."""
RESTART = "journalctl -u {unit} -n 50, mend what it says, then sudo systemctl restart {unit}"


def dead(state: State | None) -> str | None:
    """Why a process does not run, or None where it does."""
    if state is None:
        return "has not run since this board started"
    if state.says("stopped", "phase"):
        return "was stopped"
    return f"is silent for {state.age_s:.0f} s" if state.age_s > SILENT_S else None


def blind(name: str) -> Verdict:
    """The answer of a check that capture alone could give."""
    return Verdict(
        name=name,
        level=Level.UNKNOWN,
        what="cannot be known while capture does not run",
        fix="mend the check capture first",
    )


def graded(name: str, what: str, fix: str, *measures: Measure) -> Verdict:
    """A verdict as its measures stand; the fix is told only where one is wrong."""
    level = worst(m.level for m in measures)
    return Verdict(
        name=name,
        level=level,
        what=what,
        fix=None if level is Level.OK else fix,
        measures=measures,
    )


def capture(e: Evidence) -> Verdict:
    """Whether the capture process runs."""
    why = dead(e.capture)
    if why is None:
        return Verdict(name="capture", level=Level.OK, what="runs")
    return Verdict(
        name="capture",
        level=Level.CRITICAL,
        what=f"alpr-edge-capture {why}",
        fix=RESTART.format(unit="alpr-edge-capture"),
    )


def frames(e: Evidence) -> Verdict:
    """Age of the newest frame, and frames a second."""
    if e.capture is None or dead(e.capture):
        return blind("frames")
    age_s = e.capture.number("camera", "frame_age_s")
    rate = e.capture.number("camera", "frames_per_s")
    wanted = e.config.camera.frames_per_s
    if age_s is None or rate is None:
        return Verdict(
            name="frames",
            level=Level.CRITICAL,
            what="no frame has come since capture started",
            fix=_camera_fix(e),
        )
    return graded(
        "frames",
        f"newest {age_s + e.capture.age_s:.1f} s old, {rate:.1f} of {wanted:g} frames/s",
        _camera_fix(e),
        Measure(
            name="frame_age", value=round(age_s + e.capture.age_s, 2), unit="s", warn=6, critical=15
        ),
        Measure(name="frame_rate", value=rate, warn=wanted * 0.6, critical=wanted * 0.2, low=True),
    )


def latency(e: Evidence) -> Verdict:
    """How long the detector and the reader take, 95th percentile."""
    if e.capture is None or dead(e.capture):
        return blind("latency")
    measures = []
    # Slower than these a fast vehicle is gone before it has been seen three times.
    for stage, warn_ms, critical_ms in (("detect", 200, 500), ("read", 300, 1000)):
        found_ms = e.capture.number("stages", stage, "p95_ms")
        if found_ms is not None:
            measures.append(
                Measure(
                    name=f"{stage}_p95",
                    value=round(found_ms / 1000, 4),
                    unit="s",
                    warn=warn_ms / 1000,
                    critical=critical_ms / 1000,
                )
            )
    shown = ", ".join(f"{m.name.split('_')[0]} {m.value * 1000:.0f} ms" for m in measures)
    return graded(
        "latency",
        f"{shown} (95 of 100 are faster)" if shown else "nothing was looked at yet",
        "see temperature and power; let nothing else run on this board; lower camera.frames_per_s",
        *measures,
    )


def _camera_fix(e: Evidence) -> str:
    match e.config.camera.source:
        case "picamera2":
            return "reseat the ribbon cable; rpicam-hello --list-cameras must name the camera"
        case "rtsp":
            return "ping the camera; journalctl -u alpr-edge-grab -n 50"
        case "v4l2":
            return "reseat the USB plug; v4l2-ctl --list-devices must name the camera"
        case "gstreamer":
            return "try the pipeline with gst-launch-1.0"
        case _:
            return "check playback.path"
