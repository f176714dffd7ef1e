"""Plates from abroad, those that are not, and folders without the second reader."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import numpy as np
import pytest

from alpr_edge.errors import ModelError
from alpr_edge.recognize import Recognizer
from alpr_edge.recognize.abroad import agree, at_home
from alpr_edge.recognize.manifest import SECOND
from alpr_edge.recognize.reader import Reader
from alpr_edge.recognize.recognizer import SHIPPED
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
    (folder / SECOND).unlink()
    alone = Recognizer.load(folder)
    assert len(alone.labels) == 2
    square = render_plate(np.random.default_rng(0), "eu:square")
    assert alone.reader.read_crop(square.image).lines == 1


def test_an_american_plate_is_not_read_twice(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    second = reader._second
    assert second is not None

    def note(*_: object) -> None:
        asked.append("asked")

    monkeypatch.setattr(second, "read_after", note)
    plates = [render_plate(np.random.default_rng(seed), "us-ca:passenger") for seed in range(5)]
    texts = [reader.read_crop(plate.image) for plate in plates]
    assert not asked
    assert sum(t.raw_text == p.text for t, p in zip(texts, plates, strict=True)) >= 4
    reader.read_crop(render_plate(np.random.default_rng(0), "eu:line").image)
    assert asked


def test_readers_that_agree_are_surer_than_one_and_that_differ_less_sure(reader: Reader) -> None:
    second = reader._second
    assert second is not None
    plate = render_plate(np.random.default_rng(3), "br:grey")
    crop = reader.rectify(plate.image, whole(plate.image))
    first, _ = reader._alone(crop)
    alike = second.read_after(dataclasses.replace(first, raw_text=plate.text), crop, False)
    assert alike is not None
    assert alike.text == plate.text
    other = dataclasses.replace(first, raw_text="AAA0000", confidence=1.0)
    differ = second.read_after(other, crop, False)
    assert differ is not None
    assert differ.raw_text == plate.text
    alone, _ = second._alone(crop)
    assert differ.confidence < alone.confidence < alike.confidence


def test_what_the_second_reader_calls_american_is_left_to_the_first(reader: Reader) -> None:
    second = reader._second
    assert second is not None
    plate = render_plate(np.random.default_rng(1), "us-ny")
    crop = reader.rectify(plate.image, whole(plate.image))
    first, _ = reader._alone(crop)
    assert second.read_after(first, crop, False) is None


@pytest.mark.parametrize("style", ["eu:square", "br:two", "br:mercosur-two", "ar:mercosur"])
def test_plates_from_abroad_are_read_on_one_line_or_two(reader: Reader, style: str) -> None:
    plates = [render_plate(np.random.default_rng(seed), style) for seed in range(8)]
    read = [reader.read_crop(plate.image) for plate in plates]
    right = [text.raw_text == plate.text for text, plate in zip(read, plates, strict=True)]
    assert sum(right) >= 6
    lines = 2 if plates[0].upper else 1
    assert all(text.lines == lines for text, hit in zip(read, right, strict=True) if hit)


def test_no_second_line_is_sought_on_a_wide_plate(reader: Reader) -> None:
    square = render_plate(np.random.default_rng(0), "eu:square").image
    assert reader.read_crop(square).lines == 2
    assert reader.read_crop(np.repeat(square, 2, axis=1)).lines == 1


def test_readings_that_differ_in_look_alikes_agree() -> None:
    assert agree("BOI1234", "B0I1234")
    assert not agree("BOI1234", "BDI1234")
    assert not any(at_home(region) for region in (None, "eu", "br", "ar"))
    assert all(at_home(region) for region in ("us", "us-ca", "can"))


def whole(image: np.ndarray) -> tuple[tuple[float, float], ...]:
    """The corners of a whole picture."""
    height, width = image.shape[:2]
    return ((0.0, 0.0), (width, 0.0), (width, height), (0.0, height))
