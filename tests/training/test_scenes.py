"""Scenes, golden pictures and the cache: known corners, no plate outside, the same by seed."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from models.training import cache, golden
from models.training.lighting import erase
from models.training.plates import PlateRenderer
from models.training.scenes import SceneComposer

PICTURES = Path(__file__).parents[1] / "pictures"


@pytest.fixture(scope="module")
def composer():
    return SceneComposer(None, PlateRenderer())


@pytest.fixture
def data(tmp_path):
    """A picture folder as the composer wants it, with drawn pictures in it."""
    sets = {
        "openimages_plates": 6,
        "kaggle_car_plates_433": 1,
        "openlpr_web_mixed": 1,
        "romania_dashcam": 1,
        "negatives_openalpr": 1,
        "us_state_plates": 2,
        "openalpr_us_crops": 1,
        "california_plates": 1,
    }
    rng = np.random.default_rng(0)
    splits = {}
    for name, count in sets.items():
        (tmp_path / name / "images").mkdir(parents=True)
        rows = []
        for index in range(count):
            image = cv2.resize(rng.integers(60, 200, (9, 12, 3), np.uint8), (600, 400))
            plate = {"box": [200.0 + 20 * index, 220.0, 110.0, 55.0], "text": None, "region": None}
            row = {
                "image": f"images/{index}.jpg",
                "width": 600,
                "height": 400,
                "plates": [plate],
                "text": "ABC123",
                "region": "us-ca",
            }
            if name == "negatives_openalpr":
                row["plates"] = []
            cv2.imwrite(str(tmp_path / name / row["image"]), image)
            splits[f"{name}/{row['image']}"] = "train"
            rows.append(json.dumps(row))
        (tmp_path / name / "labels.jsonl").write_text("\n".join(rows))
    (tmp_path / "splits.json").write_text(json.dumps(splits))
    return tmp_path


def check(scene, size_wh):
    assert scene.image.shape == (size_wh[1], size_wh[0], 3)
    for plate in scene.plates:
        assert (plate.corners >= 0).all()
        assert (plate.corners <= size_wh).all()
        assert plate.text is None or plate.text.isalnum()


@pytest.mark.parametrize("size_wh", [(1280, 720), (640, 384)])
def test_corners_lie_inside_the_picture(composer, size_wh):
    found = 0
    for seed in range(12):
        scene = composer.compose(np.random.default_rng([seed, 1]), size_wh)
        check(scene, size_wh)
        found += len(scene.plates)
    assert found >= 8


def test_corners_lie_inside_the_picture_on_pictured_vehicles(data):
    composer = SceneComposer(data, PlateRenderer())
    widths = []
    for seed in range(15):
        scene = composer.compose(np.random.default_rng([seed, 2]), (640, 384))
        check(scene, (640, 384))
        widths += [float(np.linalg.norm(p.corners[1] - p.corners[0])) for p in scene.plates]
    assert len(widths) >= 15
    assert 20 < np.median(widths) < 140


def test_a_scene_is_the_same_for_the_same_seed(composer, data):
    for one in (composer, SceneComposer(data, PlateRenderer())):
        first, again = (one.compose(np.random.default_rng(9), (640, 384)) for _ in range(2))
        assert np.array_equal(first.image, again.image)
        assert [p.text for p in first.plates] == [p.text for p in again.plates]


def test_pictures_of_other_splits_are_not_used(data):
    splits = json.loads((data / "splits.json").read_text())
    (data / "splits.json").write_text(
        json.dumps({k: "val" if k.startswith("openimages") else v for k, v in splits.items()})
    )
    composer = SceneComposer(data, PlateRenderer())
    assert {v.path.parts[-3] for v in composer.vehicles} == {
        "kaggle_car_plates_433",
        "openlpr_web_mixed",
        "romania_dashcam",
    }


def test_an_old_plate_is_covered_before_a_new_one_is_laid():
    image = np.full((100, 200, 3), 80, np.uint8)
    image[40:70, 60:140] = 255
    erase(image, (60, 40, 80, 30))
    assert image.max() == 80


def test_the_cache_goes_on_where_it_stopped(tmp_path):
    renderer, composer = PlateRenderer(), SceneComposer(None, PlateRenderer())
    cache.write_plates(tmp_path / "whole", renderer, 6, 3)
    cache.write_scenes(tmp_path / "scenes", composer, 3, 3)
    cut = tmp_path / "cut"
    cache.write_plates(cut, renderer, 6, 3)
    (cut / "READY").unlink()
    lines = (cut / "labels.jsonl").read_text().splitlines(keepends=True)
    (cut / "labels.jsonl").write_text("".join(lines[:3]) + lines[3][:9])
    images = np.load(cut / "images.npy", mmap_mode="r+")
    images[3:] = 0
    images.flush()
    cache.write_plates(cut, renderer, 6, 3)
    assert (cut / "READY").exists()
    assert (cut / "labels.jsonl").read_text() == (tmp_path / "whole" / "labels.jsonl").read_text()
    assert np.array_equal(np.load(cut / "images.npy"), np.load(tmp_path / "whole" / "images.npy"))
    rows = [
        json.loads(line) for line in (tmp_path / "scenes" / "labels.jsonl").read_text().splitlines()
    ]
    assert [r["image"] for r in rows] == ["000000.jpg", "000001.jpg", "000002.jpg"]
    assert cv2.imread(str(tmp_path / "scenes" / rows[0]["image"])).shape == (384, 640, 3)


def test_the_golden_pictures_are_small_varied_and_true():
    rows = [json.loads(line) for line in (PICTURES / "truth.jsonl").read_text().splitlines()]
    assert len(rows) == 12
    assert {r["image"] for r in rows} == {p.name for p in PICTURES.glob("*.jpg")}
    plates = [p for r in rows for p in r["plates"]]
    widths = [float(np.linalg.norm(np.subtract(*p["corners"][:2]))) for p in plates]
    assert 58 <= min(widths) < 75
    assert 180 < max(widths) <= 215
    assert sum(p["region"] == "us-ca" for p in plates) >= 5
    assert {"us-ny", "eu", "br"} <= {p["region"] for p in plates}
    assert sorted(len(r["plates"]) for r in rows) == [0] + [1] * 10 + [2]
    for row in rows:
        path = PICTURES / row["image"]
        assert path.stat().st_size < 120_000
        height, width = cv2.imread(str(path)).shape[:2]
        corners = np.array([p["corners"] for p in row["plates"]]).reshape(-1, 2)
        assert (corners >= 0).all()
        assert (corners <= (width, height)).all()


def test_the_golden_pictures_are_what_the_code_draws():
    row = json.loads((PICTURES / "truth.jsonl").read_text().splitlines()[0])
    image, plates = golden.shoot(golden.SHOTS[0])
    assert plates == row["plates"]
    stored = cv2.imread(str(PICTURES / row["image"]))
    assert np.abs(image.astype(int) - stored).mean() < 4
