"""The camera worker: what it does when the light goes out."""

from __future__ import annotations

import random
import threading

import numpy as np
import pytest

from alpr_edge.capture.backoff import MOST_S, Backoff
from alpr_edge.capture.feed import Feed
from alpr_edge.capture.shot import Shot, take
from alpr_edge.capture.slot import NewestSlot
from alpr_edge.capture.source import Source
from alpr_edge.errors import CameraError

DARK = np.zeros((90, 160), np.uint8)


class FakeLamp:
    """A source that gives so many shots and then fails or ends."""

    def __init__(self, shots: int, then: CameraError | None = None) -> None:
        self.left = shots
        self.then = then
        self.given = 0
        self.closed = False

    def read(self) -> Shot | None:
        if self.left == 0:
            if self.then:
                raise self.then
            return None
        self.left -= 1
        self.given += 1
        return take(
            DARK, lambda: DARK, monotonic_s=float(self.given), sequence=self.given, source="lamp"
        )

    def close(self) -> None:
        self.closed = True


class Quick(Backoff):
    """Waits for nothing, and counts."""

    waits = 0

    def next_s(self) -> float:
        self.waits += 1
        return 0.0


def a_feed(*sources: FakeLamp | CameraError) -> tuple[Feed, NewestSlot[Shot], Quick]:
    left = list(sources)

    def open_next() -> Source:
        source = left.pop(0)
        if isinstance(source, CameraError):
            raise source
        return source

    slot: NewestSlot[Shot] = NewestSlot(live=True)
    quick = Quick()
    return Feed(open_next, slot, stop=threading.Event(), backoff=quick), slot, quick


STALL = CameraError("no frame for 3 s")
GONE = CameraError("no such device", fix="plug the camera in", permanent=True)


def test_a_camera_that_was_never_there_ends_the_process() -> None:
    feed, _, _ = a_feed(GONE)
    with pytest.raises(CameraError, match="Fix: plug the camera in"):
        feed.open()


def test_a_source_that_proves_useless_before_its_first_frame_ends_the_process() -> None:
    feed, _, _ = a_feed(FakeLamp(0, GONE))
    feed.open()
    with pytest.raises(CameraError, match="plug the camera in"):
        feed.step()


def test_a_camera_that_goes_away_later_is_waited_for() -> None:
    feed, slot, quick = a_feed(FakeLamp(1, STALL), GONE, GONE, FakeLamp(1))
    feed.open()
    for _ in range(5):
        feed.step()
    assert slot.offered == 2
    assert quick.waits == 3
    assert feed.connected
    assert feed.reconnects == 3


def test_sequence_numbers_go_on_over_a_new_connection() -> None:
    first = FakeLamp(3, STALL)
    feed, slot, _ = a_feed(first, FakeLamp(2))
    feed.open()
    numbers = []
    for _ in range(6):
        feed.step()
        if shot := slot.take(0):
            numbers.append(shot.sequence)
    assert numbers == [1, 2, 3, 4, 5]
    assert first.closed


def test_the_end_of_a_recording_closes_the_slot() -> None:
    feed, slot, _ = a_feed(FakeLamp(1))
    feed.open()
    assert feed.step()
    assert not feed.step()
    assert slot.take(0) is not None
    assert slot.over


def test_waits_are_jittered_grow_and_stay_under_the_cap() -> None:
    backoff = Backoff(draw=random.Random(3))
    first = [Backoff(draw=random.Random(seed)).next_s() for seed in range(50)]
    assert len({round(wait_s, 3) for wait_s in first}) > 40
    assert max(first) <= 0.5
    waits = [backoff.next_s() for _ in range(200)]
    assert all(0 < wait_s <= MOST_S for wait_s in waits)
    assert max(waits[20:]) > MOST_S * 0.8
    backoff.reset()
    assert backoff.next_s() <= 0.5
