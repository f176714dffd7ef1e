"""A made-up road: where plates appear in the picture, and a reader that errs as real ones do.

The camera hangs 4 m above the road, looks 20 degrees down, and sees a plate about 90 px wide. Only
light is faked: the tracker under test is the product's.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np

from alpr_edge.seams import (
    Character,
    Clock,
    Corners,
    Frame,
    Image,
    Passage,
    PlateBox,
    PlateText,
)
from alpr_edge.track import Tracker

FOCAL_PX, HEIGHT_M, TILT = 3500.0, 3.4, np.deg2rad(20)
PLATE_WH_M = (0.305, 0.152)
SIZE_WH = (1280, 720)
BLANK: Image = np.zeros((SIZE_WH[1], SIZE_WH[0], 3), np.uint8)
ALIKE = {"8": "B", "B": "8", "0": "D", "D": "0", "1": "7", "7": "1", "5": "S", "S": "5", "2": "Z"}
LETTERS, DIGITS = "ABCDEFGHJKLMNPRSTUVWXYZ", "0123456789"


@dataclass(kw_only=True)
class Vehicle:
    """A plate on its way: metres across and along the road, at a time."""

    plate: str
    where: Callable[[float], tuple[float, float] | None]
    """(across, along) in metres, or None while it is not on this road."""
    seen: int = 0


def project(across_m: float, along_m: float) -> Corners | None:
    """A plate's corners in the picture, or None where it is not wholly in it."""
    corners = []
    wide, tall = PLATE_WH_M
    for dx, dz in ((-wide, tall), (wide, tall), (wide, -tall), (-wide, -tall)):
        x, y, z = across_m + dx / 2, along_m, -HEIGHT_M + dz / 2
        depth = y * np.cos(TILT) - z * np.sin(TILT)
        down = -z * np.cos(TILT) - y * np.sin(TILT)
        if depth < 1:
            return None
        corners.append(
            (
                float(SIZE_WH[0] / 2 + FOCAL_PX * x / depth),
                float(SIZE_WH[1] / 2 + FOCAL_PX * down / depth),
            )
        )
    if all(0 <= x <= SIZE_WH[0] and 0 <= y <= SIZE_WH[1] for x, y in corners):
        return corners[0], corners[1], corners[2], corners[3]
    return None


def plate(rng: random.Random) -> str:
    """A serial nobody has."""
    return "0" + "".join(rng.choices(LETTERS, k=3)) + "".join(rng.choices(DIGITS, k=3))


def drive(
    mph: float, *, start_s: float, across_m: float = 0.0, towards: bool = True
) -> Callable[[float], tuple[float, float] | None]:
    """Straight along the road at a constant speed, from before it is seen until after."""
    speed = mph * 0.44704
    far, near = 16.0, 4.0

    def where(now_s: float) -> tuple[float, float] | None:
        gone = (now_s - start_s) * speed
        if not 0 <= gone <= far - near:
            return None
        return across_m, (far - gone) if towards else (near + gone)

    return where


@dataclass(kw_only=True)
class FakeReader:
    """Reads right `right` of the time, whole texts; else errs in one or two places."""

    rng: random.Random
    right: float = 0.5
    label: str = "fake"
    said: dict[Corners, str] = field(default_factory=dict)
    count: int = 0

    def rectify(self, image: Image, corners: Corners) -> Image:
        """A crop that only stands for the plate."""
        self.count += 1
        return np.random.default_rng(self.count).integers(0, 255, (64, 192, 3), dtype=np.uint8)

    def read(self, image: Image, corners: Corners) -> PlateText:
        """What a fallible reader says."""
        truth = self.said[corners]
        if not truth:
            return PlateText(text="", raw_text="", confidence=0.0, characters=(), nothing=0.9)
        right = self.rng.random() < self.right
        text = truth if right else self._wrong(truth)
        characters = []
        for i, c in enumerate(text):
            real = truth[i] if len(text) == len(truth) else c
            if c == real and right:
                p = self.rng.uniform(0.75, 0.99)
                characters.append(Character(alternatives=((c, p), (ALIKE.get(c, "X"), 1 - p))))
            elif c == real:
                characters.append(Character(alternatives=((c, 0.9), (ALIKE.get(c, "X"), 0.05))))
            else:
                p = self.rng.uniform(0.5, 0.8)  # too sure of itself, as readers are
                characters.append(Character(alternatives=((c, p), (real, 1 - p))))
        confidence = self.rng.uniform(0.6, 0.98) if right else self.rng.uniform(0.2, 0.75)
        return PlateText(
            text=text, raw_text=text, confidence=confidence, characters=tuple(characters)
        )

    def _wrong(self, truth: str) -> str:
        kind = self.rng.random()
        if kind < 0.15:
            return truth[1:]
        if kind < 0.3:
            return truth[:-1]
        if kind < 0.4:
            return truth + "1"
        text = list(truth)
        for i in self.rng.sample(range(len(text)), self.rng.choice((1, 1, 2))):
            text[i] = ALIKE.get(text[i], self.rng.choice(LETTERS + DIGITS))
        return "".join(text)


@dataclass(kw_only=True)
class Road:
    """Vehicles and what stands by the road, seen through an imperfect detector."""

    vehicles: list[Vehicle]
    rng: random.Random
    fps: float = 30.0
    dropped: float = 0.0
    missed: float = 0.0
    signs: tuple[tuple[Corners, str], ...] = ()
    flicker: float = 0.0
    right: float = 0.5
    hidden: Callable[[Vehicle, float], bool] = lambda vehicle, now_s: False

    def run(self, seconds: float, tracker: Tracker | None = None) -> list[Passage]:
        """Every passage that the tracker decides, to the end."""
        reader = FakeReader(rng=self.rng, right=self.right)
        tracker = tracker or Tracker(reader)
        tracker._reader = reader
        passages: list[Passage] = []
        begin = datetime(2026, 1, 1, tzinfo=UTC)
        for number in range(int(seconds * self.fps)):
            now_s = number / self.fps
            if self.rng.random() < self.dropped:
                continue
            reader.said.clear()
            boxes = []
            for vehicle in self.vehicles:
                place = vehicle.where(now_s)
                corners = project(*place) if place else None
                if corners is None or self.hidden(vehicle, now_s):
                    continue
                vehicle.seen += 1
                if self.rng.random() >= self.missed:
                    boxes.append(self._seen(reader, corners, vehicle.plate))
            for corners, text in self.signs:
                if self.rng.random() < 0.8:
                    boxes.append(self._seen(reader, corners, text))
            if self.rng.random() < self.flicker:
                x, y = self.rng.uniform(0, 1100), self.rng.uniform(0, 650)
                badge: Corners = ((x, y), (x + 60, y), (x + 60, y + 30), (x, y + 30))
                boxes.append(self._seen(reader, badge, "", score=0.3))
            frame = Frame(
                image=BLANK,
                captured_at=begin + timedelta(seconds=now_s),
                monotonic_s=now_s,
                clock=Clock(synchronised=True, error_s=0.0),
                sequence=number,
                source="road",
            )
            self.rng.shuffle(boxes)
            passages += tracker.update(frame, boxes, mode="full")
        return passages + tracker.flush()

    def _seen(
        self, reader: FakeReader, corners: Corners, text: str, score: float = 0.8
    ) -> PlateBox:
        """The detector's corners are a little off."""
        a, b, c, d = ((x + self.rng.gauss(0, 1), y + self.rng.gauss(0, 1)) for x, y in corners)
        reader.said[(a, b, c, d)] = text
        return PlateBox(corners=(a, b, c, d), score=score)
