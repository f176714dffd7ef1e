"""The shipped models read the rendered pictures, the same way every time."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alpr_edge.recognize import Recognizer
from alpr_edge.recognize.detector import overlap
from alpr_edge.seams import Image

PICTURES = Path(__file__).parent.parent / "pictures"
TRUTH: list[dict[str, Any]] = [
    json.loads(line) for line in (PICTURES / "truth.jsonl").read_text().splitlines()
]


@pytest.fixture(scope="module")
def recognizer() -> Recognizer:
    """The models as they ship."""
    return Recognizer.load()


def picture(name: str) -> Image:
    """One of the rendered pictures."""
    return np.asarray(cv2.imread(str(PICTURES / name)), np.uint8)


@pytest.mark.parametrize("row", TRUTH, ids=lambda row: str(row["image"]))
def test_a_rendered_picture_is_read_right(recognizer: Recognizer, row: dict[str, Any]) -> None:
    found = recognizer.recognize(picture(row["image"]))
    # A sign lettered like a plate may be doubted aloud ('?'), but not read as sure.
    sure = [text.text for _, text in found if text.text and "?" not in text.text]
    assert sorted(sure) == sorted(p["text"] for p in row["plates"])
    for plate in row["plates"]:
        box, text = next(f for f in found if f[1].text == plate["text"])
        truth = np.array(plate["corners"])
        assert overlap(np.array(box.corners), truth) > 0.6
        tall = float(np.linalg.norm(truth[3] - truth[0]))
        assert np.linalg.norm(np.array(box.corners) - truth, axis=1).mean() < 0.3 * tall
        assert len(text.characters) == len(text.text)


def test_the_same_picture_reads_the_same_twice(recognizer: Recognizer) -> None:
    image = picture(TRUTH[0]["image"])
    assert recognizer.recognize(image) == recognizer.recognize(image)
    assert Recognizer.load().recognize(image) == recognizer.recognize(image)


def test_a_doubtful_box_must_hold_text_and_a_sure_one_need_not(recognizer: Recognizer) -> None:
    (box, text), *_ = recognizer.recognize(picture(TRUTH[0]["image"]))
    written, empty = replace(text, nothing=0.0), replace(text, nothing=0.9999)
    doubtful, sure = replace(box, score=0.4), replace(box, score=0.9)
    assert recognizer.believes(doubtful, written)
    assert not recognizer.believes(doubtful, empty)
    assert recognizer.believes(sure, empty)
    assert not recognizer.believes(replace(box, score=0.0), written)


def test_a_picture_is_not_written_to(recognizer: Recognizer) -> None:
    image = picture(TRUTH[0]["image"])
    image.flags.writeable = False
    recognizer.recognize(image)


@settings(max_examples=25)
@given(
    width=st.integers(16, 900),
    height=st.integers(16, 900),
    seed=st.integers(0, 1000),
    coarse=st.integers(1, 12),
)
def test_corners_stay_inside_any_picture(width: int, height: int, seed: int, coarse: int) -> None:
    rng = np.random.default_rng(seed)
    small = rng.integers(0, 255, (-(-height // coarse), -(-width // coarse), 3), dtype=np.uint8)
    image = np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)
    row = TRUTH[seed % len(TRUTH)]
    patch = picture(row["image"])[:height, :width]
    image[: patch.shape[0], : patch.shape[1]] = patch
    for box, text in SHARED.recognize(image):
        assert all(0 <= x <= width and 0 <= y <= height for x, y in box.corners)
        assert 0 <= box.score <= 1
        assert 0 <= text.confidence <= 1
        assert set(text.text) <= set("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ?")


SHARED = Recognizer.load()
