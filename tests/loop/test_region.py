"""Which part of a frame the detector looks at."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from alpr_edge.region import choose, cut, shifted
from alpr_edge.seams import PlateBox

FRAME, DETECTOR = (1920, 1080), (640, 384)


def plate(left: float, top: float, width: float = 100, height: float = 50) -> PlateBox:
    right, bottom = left + width, top + height
    return PlateBox(corners=((left, top), (right, top), (right, bottom), (left, bottom)), score=0.9)


def test_without_a_plate_the_whole_frame_is_looked_at() -> None:
    assert choose(FRAME, DETECTOR, plates=[], moving=(0.1, 0.1, 0.2, 0.2)) is None


def test_one_plate_is_looked_for_around_where_it_was() -> None:
    box = choose(FRAME, DETECTOR, plates=[plate(900, 500)], moving=None)
    assert box == (630, 250, 1270, 800)
    assert cut(np.zeros((1080, 1920, 3), np.uint8), box).shape == (550, 640, 3)


def test_what_moves_elsewhere_widens_the_view_to_the_whole_frame() -> None:
    assert choose(FRAME, DETECTOR, plates=[plate(100, 100)], moving=(0.8, 0.8, 0.9, 0.9)) is None
    near = choose(FRAME, DETECTOR, plates=[plate(900, 500)], moving=(0.4, 0.3, 0.7, 0.7))
    assert near == (650, 250, 1344, 800)


def test_a_plate_of_the_cut_out_is_where_it_is_in_the_frame() -> None:
    moved = shifted(plate(10, 20), (630, 333, 1270, 717))
    assert moved.xyxy == (640, 353, 740, 403)
    assert moved.score == 0.9


@given(
    st.lists(st.tuples(st.floats(-50, 1900), st.floats(-50, 1070), st.floats(1, 400)), max_size=4),
    st.none() | st.tuples(*[st.floats(0, 1)] * 2),
    st.sampled_from([(1920, 1080), (1280, 720), (640, 360), (320, 240)]),
)
def test_a_cut_out_lies_in_the_frame_and_holds_every_plate_in_it(
    plates: list[tuple[float, float, float]],
    moving: tuple[float, float] | None,
    frame: tuple[int, int],
) -> None:
    boxes = [plate(left, top, width, width / 2) for left, top, width in plates]
    patch = (moving[0] * 0.9, moving[1] * 0.9, moving[0], moving[1]) if moving else None
    box = choose(frame, DETECTOR, plates=boxes, moving=patch)
    if box is None:
        return
    left, top, right, bottom = box
    assert 0 <= left < right <= frame[0]
    assert 0 <= top < bottom <= frame[1]
    assert right - left >= min(DETECTOR[0], frame[0])
    assert bottom - top >= min(DETECTOR[1], frame[1])
    for found in boxes:
        x0, y0, x1, y1 = found.xyxy
        assert left <= max(x0, 0) + 1
        assert min(x1, frame[0]) <= right + 1 or x0 > frame[0]
        assert top <= max(y0, 0) + 1
        assert min(y1, frame[1]) <= bottom + 1 or y0 > frame[1]
