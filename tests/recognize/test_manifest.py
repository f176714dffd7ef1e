"""A model that is not the one its manifest describes is refused."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from alpr_edge.errors import ModelError
from alpr_edge.recognize import Detector, Reader, Recognizer
from alpr_edge.recognize.manifest import load_manifest
from alpr_edge.recognize.recognizer import SHIPPED


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the shipped models that a test may damage."""
    for file in SHIPPED.glob("plate_*.t*"):
        shutil.copy(file, tmp_path)
    return tmp_path


def test_a_changed_model_is_refused(folder: Path) -> None:
    file = folder / "plate_detector.tflite"
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    with pytest.raises(
        ModelError, match=r"plate_detector\.tflite: its SHA-256 is .* Fix: reinstall"
    ):
        load_manifest(folder / "plate_detector.toml")


@pytest.mark.parametrize("name", ["plate_detector.tflite", "plate_ocr.toml", "plate_syntax.toml"])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(ModelError, match=name.replace(".", r"\.")):
        Recognizer.load(folder)


def test_other_shapes_than_the_manifest_says_are_refused(folder: Path) -> None:
    manifest = folder / "plate_ocr.toml"
    manifest.write_text(manifest.read_text().replace("[1, 64, 192, 3]", "[1, 64, 200, 3]"))
    with pytest.raises(ModelError, match="tensor shapes differ from its manifest"):
        Reader(load_manifest(manifest))


def test_an_alphabet_of_another_size_is_refused(folder: Path) -> None:
    manifest = folder / "plate_ocr.toml"
    manifest.write_text(manifest.read_text().replace("0123456789A", "0123456789"))
    with pytest.raises(ModelError, match="37 classes do not fit an alphabet of 35"):
        Reader(load_manifest(manifest))


@pytest.mark.parametrize("text", ["", "name = 3", "name = [", "\x00"])
def test_a_malformed_manifest_is_refused(folder: Path, text: str) -> None:
    (folder / "plate_detector.toml").write_text(text)
    with pytest.raises(ModelError, match="is not a model manifest"):
        load_manifest(folder / "plate_detector.toml")


def test_a_manifest_without_its_threshold_is_refused(folder: Path) -> None:
    manifest = folder / "plate_detector.toml"
    manifest.write_text(manifest.read_text().replace("threshold =", "limit ="))
    with pytest.raises(ModelError, match="no number 'threshold'"):
        Detector(load_manifest(manifest))


def test_a_file_that_is_no_model_is_refused(folder: Path) -> None:
    import hashlib

    (folder / "plate_ocr.tflite").write_bytes(b"not a model")
    manifest = folder / "plate_ocr.toml"
    digest = hashlib.sha256(b"not a model").hexdigest()
    lines = [
        f'sha256 = "{digest}"' if x.startswith("sha256") else x
        for x in manifest.read_text().splitlines()
    ]
    manifest.write_text("\n".join(lines))
    with pytest.raises(ModelError, match="the TFLite runtime refuses it"):
        Reader(load_manifest(manifest))


def test_a_missing_delegate_is_named() -> None:
    with pytest.raises(ModelError, match=r"/no/such\.so: the delegate could not be loaded"):
        Detector(load_manifest(SHIPPED / "plate_detector.toml"), delegate="/no/such.so")


def test_both_models_together_stay_under_6_mb() -> None:
    assert sum(f.stat().st_size for f in SHIPPED.glob("*.tflite")) < 6_000_000
