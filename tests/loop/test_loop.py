"""The frame loop through its seams: what it looks at, how often, and what it passes on."""

from __future__ import annotations

import queue
import random
from collections.abc import Callable
from datetime import UTC, datetime

import numpy as np
import pytest

from alpr_edge.capture.gate import MotionGate
from alpr_edge.capture.shot import Shot
from alpr_edge.capture.slot import NewestSlot
from alpr_edge.capture.zones import Zones
from alpr_edge.config import PaceConfig, Polygon
from alpr_edge.errors import CameraError
from alpr_edge.health_state import Stages
from alpr_edge.loop import FrameLoop
from alpr_edge.machine import Vitals
from alpr_edge.pace import Pace
from alpr_edge.seams import Clock, Corners, Image, Passage, PlateBox, PlateText
from alpr_edge.track import Tracker
from tests.track.road import FakeReader

RATE = 15
WIDTH, HEIGHT = 1280, 720
DETECTOR = (640, 384)
CLOCK = Clock(synchronised=True, error_s=0.002)
GREY = 120
LEFT_HALF: Polygon = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))


class SureReader(FakeReader):
    """Reads the same plate wherever it is."""

    def read(self, image: Image, corners: Corners) -> PlateText:
        self.said[corners] = "0TEST00"
        return super().read(image, corners)


class FakeDetector:
    """Sees a plate where the test put one, and notes what it was shown."""

    def __init__(self) -> None:
        self.plate: Corners | None = None
        self.shown: list[Image] = []

    def detect(self, image: Image) -> list[PlateBox]:
        self.shown.append(image)
        # In a cut-out it is somewhere else; only whole frames matter to these tests.
        if self.plate is None:
            return []
        return [PlateBox(corners=self.plate, score=0.9)]

    @property
    def whole(self) -> int:
        return sum(image.shape[:2] == (HEIGHT, WIDTH) for image in self.shown)


class Road:
    """A loop, and the light before it."""

    def __init__(self, *, roi: Polygon = (), masks: tuple[Polygon, ...] = ()) -> None:
        self.detector = FakeDetector()
        self.pace = Pace(PaceConfig())
        self.passages: queue.Queue[Passage] = queue.Queue()
        self._slot: NewestSlot[Shot] = NewestSlot(live=True)
        zones = Zones(roi=roi, masks=masks)
        self.loop = FrameLoop(
            slot=self._slot,
            gate=MotionGate(full_look_s=2.0, hold_s=1.0, min_area=0.0006, watched=zones.watched),
            zones=zones,
            pace=self.pace,
            detector=self.detector,
            detector_wh=DETECTOR,
            tracker=Tracker(SureReader(rng=random.Random(1), right=1.0)),
            passages=self.passages,
            stages=Stages(),
        )
        self._frame = 0

    def show(
        self, seconds: float, *, car: bool = False, develop: Callable[[], Image] | None = None
    ) -> None:
        for _ in range(round(seconds * RATE)):
            self._frame += 1
            luma = np.full((90, 160), GREY, np.uint8)
            if car:
                left = 20 + self._frame * 3 % 80
                luma[40:70, left : left + 30] = 230
            self._slot.put(
                Shot(
                    luma=luma,
                    develop=develop or (lambda: np.full((HEIGHT, WIDTH, 3), GREY, np.uint8)),
                    captured_at=datetime(2026, 11, 25, tzinfo=UTC),
                    monotonic_s=100 + self._frame / RATE,
                    clock=CLOCK,
                    sequence=self._frame,
                    source="road",
                )
            )
            self.loop.step()

    def read(self) -> list[Passage]:
        self.loop.finish()
        return [self.passages.get_nowait() for _ in range(self.passages.qsize())]


def plate_at(left: float, top: float) -> Corners:
    return (left, top), (left + 90, top), (left + 90, top + 45), (left, top + 45)


def test_a_frame_that_cannot_be_decoded_is_counted_and_the_next_one_is_looked_at() -> None:
    def spoilt() -> Image:
        raise CameraError("the device gave a frame that is no JPEG")

    road = Road()
    road.show(1, car=True, develop=spoilt)
    assert road.loop.seen.spoilt > 5
    assert road.detector.shown == []
    road.show(1, car=True)
    assert road.detector.shown


def test_an_empty_road_is_looked_at_whole_every_two_seconds_whatever_the_gate_sees() -> None:
    road = Road()
    road.show(20)
    assert 9 <= len(road.detector.shown) <= 11
    assert road.detector.whole == len(road.detector.shown)
    assert road.loop.seen.frames == 20 * RATE


def test_motion_brings_a_look_at_once_and_a_plate_narrows_it_to_a_part() -> None:
    road = Road()
    road.show(5)
    before = len(road.detector.shown)
    road.detector.plate = plate_at(600, 400)
    road.show(2, car=True)
    looks = road.detector.shown[before:]
    assert len(looks) == 2 * RATE
    parts = [image for image in looks if image.shape[:2] != (HEIGHT, WIDTH)]
    assert len(parts) > RATE
    # Nothing enters unseen: the whole frame is due again and again.
    assert len(looks) - len(parts) >= 2 / 0.4 - 1


def test_what_a_mask_covers_nobody_sees_and_no_picture_holds() -> None:
    road = Road(masks=(LEFT_HALF,))
    road.detector.plate = plate_at(900, 400)
    road.show(1, car=True)
    road.show(3)
    whole = [i for i in road.detector.shown if i.shape[:2] == (HEIGHT, WIDTH)]
    assert whole
    assert all(not image[:, : WIDTH // 2 - 2].any() for image in whole)
    assert all((image[:, WIDTH // 2 + 2 :] == GREY).all() for image in whole)
    (passage,) = road.read()
    assert passage.overview is not None
    assert not passage.overview[:, : passage.overview.shape[1] // 2 - 4].any()


@pytest.mark.parametrize(("left", "reads"), [(200, 1), (900, 0)])
def test_only_plates_in_the_region_of_interest_become_reads(left: float, reads: int) -> None:
    road = Road(roi=LEFT_HALF)
    road.detector.plate = plate_at(left, 400)
    road.show(0.2, car=True)
    road.show(3)
    assert len(road.read()) == reads


HOT = Vitals(temperature_c=90.0, throttled=None)
COOL = Vitals(temperature_c=40.0, throttled=False)


def test_a_hot_board_looks_less_often_and_says_so_in_each_read() -> None:
    road = Road()
    road.pace.judge(0.0, HOT, offered=0, dropped=0)
    road.detector.plate = plate_at(600, 400)
    road.show(5, car=True)
    assert 15 <= len(road.detector.shown) <= 25
    (passage,) = road.read()
    assert passage.mode == "hot"
    assert passage.clock == CLOCK


def test_a_loop_that_is_behind_says_so_in_each_read() -> None:
    road = Road()
    road.pace.judge(0.0, COOL, offered=0, dropped=0)
    road.pace.judge(10.0, COOL, offered=150, dropped=60)
    road.detector.plate = plate_at(600, 400)
    road.show(0.5, car=True)
    (passage,) = road.read()
    assert passage.mode == "slow"
