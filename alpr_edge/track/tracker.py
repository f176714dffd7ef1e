"""Follows plates from frame to frame and decides passages."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Protocol

import cv2
import numpy as np

from alpr_edge.seams import Corners, Frame, Image, Mode, Passage, PlateBox, PlateText
from alpr_edge.track.doubt import is_cut, is_doubtful
from alpr_edge.track.fuse import is_fragment, similarity
from alpr_edge.track.settings import TrackSettings
from alpr_edge.track.track import Look, Track, centre

SAME_TEXT, OTHER_TEXT = 0.7, 0.45
SIZE_STEP = 0.6
"""Largest change of the width's logarithm within a second, beyond a fixed 0.25."""
FIRST_READINGS = 3
SPECK_S = 0.15
"""What held no text can be taken up again only so soon."""
BETTER = 1.2
"""A plate that much wider than it was read at is worth another reading."""
EDGE_SAY = 0.05
"""A plate at the frame's edge may be cut: its reading counts so little."""


class Reads(Protocol):
    """Reads plates."""

    label: str

    def rectify(self, image: Image, corners: Corners) -> Image:
        """The straightened crop."""

    def read(self, image: Image, corners: Corners) -> PlateText:
        """What it says."""


class Tracker:
    """Boxes in, passages out: exactly one for each vehicle that passed. One thread uses it."""

    def __init__(
        self, reader: Reads, settings: TrackSettings | None = None, *, models: tuple[str, ...] = ()
    ) -> None:
        self._reader = reader
        self._settings = settings or TrackSettings()
        self._models = models
        self._tracks: list[Track] = []
        self._told: list[tuple[str, float]] = []
        """Texts of the last passages and when each vehicle was last seen."""

    @property
    def open(self) -> int:
        """Vehicles that are followed and not yet decided; what holds no text is none."""
        return sum(not t.told and t.fused is not None for t in self._tracks)

    def update(self, frame: Frame, boxes: Sequence[PlateBox], *, mode: Mode) -> list[Passage]:
        """What a frame showed; passages that are decided now."""
        now_s = frame.monotonic_s
        left = list(boxes)
        tracks = sorted(self._tracks, key=lambda t: t.told)
        self._match(tracks, left, now_s)
        unseen = [t for t in tracks if t.last_s < now_s]
        heard: dict[int, PlateText] = {}
        for box in list(left):
            track = self._rejoin(frame, box, unseen, heard)
            if track is None:
                track = Track.begin(box, now_s)
                self._tracks.append(track)
            else:
                unseen.remove(track)
                track.follow(box, now_s)
        for track in self._tracks:
            if track.last_s == now_s and self._worth_reading(track, frame):
                self._read(track, frame, mode, heard.get(id(track.box)))
        return self._decide(now_s)

    def elapse(self, monotonic_s: float) -> list[Passage]:
        """Time went by without a look; passages that are decided by now."""
        return self._decide(monotonic_s)

    def flush(self) -> list[Passage]:
        """Nothing more comes: every open passage, decided as it stands."""
        open_tracks = [t for t in self._tracks if not t.told]
        passages = [p for t in open_tracks if (p := self._passage(t)) and self._is_new(p)]
        self._tracks.clear()
        return passages

    def _match(self, tracks: list[Track], boxes: list[PlateBox], now_s: float) -> None:
        """Give each track its nearest box, nearest pair first; takes them out of `boxes`."""
        pairs = []
        for track in tracks:
            for box in boxes:
                distance = self._near(track, box, now_s)
                if distance is not None:
                    pairs.append((distance, id(track), track, box))
        # A plate with a course comes before a speck that was seen once where it now passes.
        pairs.sort(key=lambda p: (p[2].looks < 3, p[0]))
        for _, _, track, box in pairs:
            if track.last_s < now_s and any(b is box for b in boxes):
                boxes[:] = [b for b in boxes if b is not box]
                track.follow(box, now_s)

    def _near(self, track: Track, box: PlateBox, now_s: float) -> float | None:
        """Distance from where the track should be, in widths; None where it cannot be it."""
        passed = now_s - track.last_s
        if not _same_size(track, box, passed) or _is_old_speck(track, passed):
            return None
        x, y = centre(box)
        width = max(1.0, (track.width + box.width_px) / 2)
        if track.widest_move < self._settings.still_widths:
            here = math.hypot(x - track.x, y - track.y) / width
            if here < 0.5:
                return here
        if track.looks < 2 or track.told:
            return None
        ex, ey = track.expected(now_s)
        distance = math.hypot(x - ex, y - ey) / width
        # Perspective and braking bend the course in proportion to how far it went.
        went = math.hypot(ex - track.x, ey - track.y) / width
        allowed = 0.6 + self._settings.bend * went + self._settings.swerve * passed
        return distance if distance < min(allowed, 3.0) else None

    def _rejoin(
        self, frame: Frame, box: PlateBox, unseen: list[Track], heard: dict[int, PlateText]
    ) -> Track | None:
        """The track that a box far from every course belongs to, by what it says."""
        now_s = frame.monotonic_s
        near = [t for t in unseen if not t.told and self._reachable(t, box, now_s)]
        if not near:
            return None
        text = self._reader.read(frame.image, box.corners)
        heard[id(box)] = text
        if text.nothing > 0.5:
            return None  # a badge, a lamp: not the plate that was lost
        near.sort(key=lambda t: -self._likeness(t, text))
        likeness = self._likeness(near[0], text)
        if likeness >= SAME_TEXT:
            return near[0]
        # Too blurred to say: the only one that could be it, unless the texts disagree.
        young = [t for t in near if t.looks == 1]
        return young[0] if len(young) == 1 and likeness > OTHER_TEXT else None

    def _reachable(self, track: Track, box: PlateBox, now_s: float) -> bool:
        passed = now_s - track.last_s
        if _is_old_speck(track, passed):
            return False
        x, y = centre(box)
        width = max(1.0, min(track.width, box.width_px))
        distance = math.hypot(x - track.x, y - track.y) / width
        return distance < 1 + self._settings.widths_per_s * passed and _same_size(
            track, box, passed, loose=True
        )

    def _likeness(self, track: Track, text: PlateText) -> float:
        if track.fused is None or not text.raw_text:
            return (SAME_TEXT + OTHER_TEXT) / 2  # nothing speaks for it, nothing against
        return similarity(track.fused.raw_text, text.raw_text)

    def _worth_reading(self, track: Track, frame: Frame) -> bool:
        """Whether another reading could change anything."""
        settings = self._settings
        if track.told:
            return frame.monotonic_s - track.read_s >= settings.reread_s
        if len(track.readings) < FIRST_READINGS:
            return True
        if is_cut(track.box, frame):
            return False
        sure = track.fused is not None and track.fused.confidence >= settings.sure
        if sure or len(track.readings) >= settings.most_readings:
            return track.best is None or track.box.width_px > BETTER * track.best.box.width_px
        return True

    def _read(self, track: Track, frame: Frame, mode: Mode, text: PlateText | None) -> None:
        crop = self._reader.rectify(frame.image, track.box.corners)
        text = text or self._reader.read(frame.image, track.box.corners)
        if track.told:
            self._check_parked(track, text, frame.monotonic_s)
            return
        sharp = float(cv2.Laplacian(crop[..., 1], cv2.CV_32F).var())
        value = track.box.width_px * math.log1p(sharp) * (0.1 + text.confidence)
        if is_cut(track.box, frame):
            value *= EDGE_SAY
        overview = _reduced(frame.image, self._settings.overview_px)
        track.hear(
            text,
            Look(frame=frame, box=track.box, crop=crop, overview=overview, value=value, mode=mode),
        )

    def _check_parked(self, track: Track, text: PlateText, now_s: float) -> None:
        """Another plate in a parked vehicle's place is another vehicle."""
        track.read_s = now_s
        known = track.fused.raw_text if track.fused else ""
        if text.confidence >= 0.8 and similarity(known, text.raw_text) < OTHER_TEXT:
            self._tracks.remove(track)
            fresh = Track.begin(track.box, now_s)
            self._tracks.append(fresh)

    def _decide(self, now_s: float) -> list[Passage]:
        passages = []
        for track in list(self._tracks):
            unseen_s = now_s - track.last_s
            if track.told:
                moved = track.widest_move >= self._settings.still_widths
                patience = self._settings.gone_s if moved else self._settings.parked_gone_s
                if unseen_s > patience:
                    self._tracks.remove(track)
                continue
            standing = track.widest_move < self._settings.still_widths
            parked = standing and track.last_s - track.first_s >= self._settings.parked_s
            # A car that waits behind a passing bus is still there; give it longer.
            patience = self._settings.gone_s * (3.0 if standing and track.looks > 5 else 1.0)
            if parked or unseen_s > patience:
                passage = self._passage(track)
                if passage is not None and self._is_new(passage):
                    passages.append(passage)
                if parked:
                    track.told = True
                else:
                    self._tracks.remove(track)
        return passages

    def _is_new(self, passage: Passage) -> bool:
        """Whether this is not the rest of a passage that was told already; remembers it."""
        since = passage.first_seen_s - self._settings.again_s
        self._told = [(text, seen_s) for text, seen_s in self._told if seen_s >= since]
        text = passage.text.raw_text
        known = any(text == other for other, _ in self._told)
        if passage.looks < self._settings.brief_looks:
            texts = [other for other, _ in self._told]
            texts += [t.fused.raw_text for t in self._tracks if t.fused]
            if any(is_fragment(text, other) for other in texts):
                return False  # what a post or the frame's edge left of a plate that is read
        self._told.append((text, passage.last_seen_s))
        return not known

    def _passage(self, track: Track) -> Passage | None:
        """The passage of a track, or None where detector, geometry and reader doubt it."""
        settings, text, look = self._settings, track.fused, track.best
        direction = track.direction(settings.still_widths)
        if text is None or look is None or is_doubtful(track, text, look, direction, settings):
            return None
        height, width = look.frame.image.shape[:2]
        return Passage(
            text=text,
            captured_at=look.frame.captured_at,
            monotonic_s=look.frame.monotonic_s,
            clock=look.frame.clock,
            first_seen_s=track.first_s,
            last_seen_s=track.last_s,
            direction=direction,
            looks=track.looks,
            readings=len(track.readings),
            box=look.box,
            frame_size_wh=(width, height),
            crop=look.crop,
            overview=look.overview,
            mode=look.mode,
            source=look.frame.source,
            models=self._models,
        )


def _is_old_speck(track: Track, passed_s: float) -> bool:
    """Whether a track is no more than a badge or a lamp that flickered some time ago."""
    return track.fused is None and track.looks < 3 and passed_s > SPECK_S


def _same_size(track: Track, box: PlateBox, passed_s: float, *, loose: bool = False) -> bool:
    """Whether a plate's width can have changed so much in that time."""
    change = abs(math.log(max(1.0, box.width_px) / max(1.0, track.width)))
    return change < 0.3 + SIZE_STEP * (4.0 if loose else 1.5) * min(passed_s, 1.0)


def _reduced(image: Image, width: int) -> Image:
    """A copy no wider than `width`."""
    if image.shape[1] <= width:
        return image.copy()
    size = (width, round(image.shape[0] * width / image.shape[1]))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
