"""The preview shows plates and no text, found or not found."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from alpr_edge.aim.preview import masked
from alpr_edge.recognize.recognizer import Recognizer
from alpr_edge.seams import Image, PlateBox
from models.training.clip import demo_clip, write_clip


@pytest.fixture(scope="module")
def frames(tmp_path_factory: pytest.TempPathFactory) -> list[Image]:
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    write_clip(replace(demo_clip(), count=50), path)
    reader, found = cv2.VideoCapture(str(path)), []
    while (read := reader.read())[0]:
        found.append(np.asarray(read[1], np.uint8))
    reader.release()
    return found[20::10]


@pytest.fixture(scope="module")
def recognizer() -> Recognizer:
    return Recognizer.load()


def texts(recognizer: Recognizer, image: Image, boxes: list[PlateBox]) -> list[str]:
    """What our reader makes of these places, enlarged as anybody would."""
    return [recognizer.reader.read(image, box.corners).raw_text for box in boxes]


def test_neither_found_nor_missed_plates_can_be_read_in_the_preview(
    frames: list[Image], recognizer: Recognizer
) -> None:
    read = 0
    for image in frames:
        pairs = [(b, t) for b, t in recognizer.recognize(image) if t.confidence > 0.6]
        boxes = [box for box, _ in pairs]
        read += len(boxes)
        for shown_boxes in (boxes, []):  # an empty list is a detector that found none
            shown = masked(image, shown_boxes, [True] * len(shown_boxes))
            scale = shown.shape[1] / image.shape[1]
            places = [
                replace(b, corners=tuple((x * scale, y * scale) for x, y in b.corners))  # type: ignore[arg-type]
                for b in boxes
            ]
            for (_, text), again in zip(pairs, texts(recognizer, shown, places), strict=True):
                assert again != text.raw_text
    assert read >= 3, "the frames themselves can be read"


def test_a_preview_is_small_enough_to_send_over_a_poor_link(frames: list[Image]) -> None:
    assert masked(frames[0], [], []).shape[1] == 960
