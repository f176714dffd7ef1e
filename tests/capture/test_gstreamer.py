"""Frames out of real GStreamer pipelines."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest

from alpr_edge.capture.gstreamer import GstreamerSource
from alpr_edge.config import build
from alpr_edge.errors import CameraError


def a_pipeline(text: str, **camera: object) -> GstreamerSource:
    config = build(
        {
            "camera": {"source": "gstreamer", "width_px": 320, "height_px": 240}
            | {"frames_per_s": 30.0, "stall_s": 0.5}
            | camera,
            "gstreamer": {"pipeline": text},
        }
    )
    return GstreamerSource(config.camera, config.gstreamer)


@pytest.fixture
def pipeline() -> Iterator[GstreamerSource]:
    source = a_pipeline("videotestsrc is-live=true pattern=smpte")
    yield source
    source.close()


def test_a_pipeline_that_cannot_be_built_is_refused_for_good() -> None:
    source = a_pipeline("nosuchelement")
    with pytest.raises(CameraError, match="nosuchelement") as refused:
        source.read()
    assert refused.value.permanent
    assert refused.value.fix == "mend gstreamer.pipeline"
    source.close()


def test_a_source_that_fails_says_why() -> None:
    source = a_pipeline("v4l2src device=/dev/nosuchcamera")
    with pytest.raises(CameraError, match=r"the frames ended: ERROR.*nosuchcamera") as refused:
        source.read()
    assert not refused.value.permanent
    source.close()


def test_a_missing_gst_launch_is_refused_for_good(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(CameraError, match=r"gst-launch-1\.0 is not installed") as refused:
        a_pipeline("videotestsrc")
    assert refused.value.permanent


def test_frames_have_the_size_colours_and_rate_that_were_asked_for(
    pipeline: GstreamerSource,
) -> None:
    shots = [pipeline.read() for _ in range(20)]
    image = shots[-1].develop()
    assert image.shape == (240, 320, 3)
    grey, yellow = image[80, 20], image[80, 68]
    assert np.ptp(grey.astype(int)) < 12
    assert yellow[0] < 60 < 150 < min(yellow[1], yellow[2])  # BGR
    assert shots[-1].luma.shape == (120, 160)
    took_s = shots[-1].monotonic_s - shots[0].monotonic_s
    assert 19 / 30 * 0.5 < took_s < 19 / 30 * 2
    assert [shot.sequence for shot in shots] == list(range(1, 21))


def test_a_faster_source_is_thinned_to_the_rate_that_was_asked_for() -> None:
    source = a_pipeline("videotestsrc is-live=true ! video/x-raw,framerate=60/1", frames_per_s=15.0)
    times = [source.read().monotonic_s for _ in range(10)]
    source.close()
    assert np.median(np.diff(times)) == pytest.approx(1 / 15, rel=0.3)


def test_a_pipeline_that_stalls_is_noticed_and_can_be_closed(pipeline: GstreamerSource) -> None:
    pipeline.read()
    os.kill(pipeline.process_id, signal.SIGSTOP)  # as a driver that hangs
    began_s = time.monotonic()
    with pytest.raises(CameraError, match=r"no frame for 0\.5 s"):
        _read_on(pipeline)
    pipeline.close()
    assert time.monotonic() - began_s < 5
    with pytest.raises(ProcessLookupError):
        os.kill(pipeline.process_id, 0)


def test_closing_ends_the_pipeline_and_may_be_done_twice(pipeline: GstreamerSource) -> None:
    pipeline.read()
    pipeline.close()
    pipeline.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pipeline.process_id, 0)


def test_a_reader_that_pauses_gets_fresh_frames(pipeline: GstreamerSource) -> None:
    for _ in range(3):
        pipeline.read()
    threading.Event().wait(1.0)
    resumed_s = time.monotonic()
    old = 0
    while pipeline.read().monotonic_s - resumed_s < 0.02:
        old += 1
    # Of the 30 frames of that second only what fits the pipe and the leaky queue is left.
    assert 0 < old <= 16


def _read_on(source: GstreamerSource) -> None:
    while True:
        source.read()
