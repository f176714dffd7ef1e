"""Plates with two lines, plates that have but one, and folders without the second reader."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from alpr_edge.errors import ModelError
from alpr_edge.recognize import Recognizer
from alpr_edge.recognize.manifest import SQUARES
from alpr_edge.recognize.reader import Reader
from alpr_edge.recognize.recognizer import SHIPPED
from alpr_edge.recognize.twolines import room_for_two
from models.training.plates import render_plate


@pytest.fixture(scope="module")
def reader() -> Reader:
    """The reader as it ships."""
    return Recognizer.load(use_syntax=False).reader


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the shipped models that a test may damage."""
    for file in SHIPPED.glob("plate_*.t*"):
        shutil.copy(file, tmp_path)
    return tmp_path


def test_a_second_reader_that_was_altered_is_refused(folder: Path) -> None:
    (folder / "plate_ocr_two.tflite").write_bytes(b"another")
    with pytest.raises(ModelError, match=r"plate_ocr_two\.tflite: its SHA-256 is"):
        Recognizer.load(folder)


def test_a_folder_may_go_without_the_second_reader(folder: Path) -> None:
    assert [label.split("@")[0] for label in Recognizer.load(folder).labels] == [
        "plate_detector",
        "plate_ocr",
        "plate_ocr_two",
    ]
    (folder / SQUARES).unlink()
    alone = Recognizer.load(folder)
    assert len(alone.labels) == 2
    square = render_plate(np.random.default_rng(0), "eu:square")
    assert alone.reader.read_crop(square.image).lines == 1


@pytest.mark.parametrize("style", ["eu:square", "br:two", "br:mercosur-two"])
def test_both_lines_of_a_motorcycle_s_plate_are_read(reader: Reader, style: str) -> None:
    plates = [render_plate(np.random.default_rng(seed), style) for seed in range(8)]
    read = [reader.read_crop(plate.image) for plate in plates]
    right = [text.raw_text == plate.text for text, plate in zip(read, plates, strict=True)]
    assert sum(right) >= 5
    assert all(text.lines == 2 for text, hit in zip(read, right, strict=True) if hit)


def test_no_second_line_is_sought_on_a_wide_plate(reader: Reader) -> None:
    square = render_plate(np.random.default_rng(0), "eu:square").image
    assert reader.read_crop(square).lines == 2
    assert reader.read_crop(np.repeat(square, 2, axis=1)).lines == 1


def test_american_plates_have_one_line_whatever_their_shape() -> None:
    assert not any(room_for_two(region) for region in ("us", "us-ca", "can"))
    assert all(room_for_two(region) for region in (None, "eu", "br", "ar"))
