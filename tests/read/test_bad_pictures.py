"""Pictures that nobody should have handed in: named, explained, and the rest still read."""

from __future__ import annotations

import io
import json
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from alpr_edge.cli import main
from alpr_edge.errors import InputError
from alpr_edge.pictures.load import load_picture, load_sized, picture_size
from alpr_edge.pictures.report import Found, JsonReport, read_all
from alpr_edge.seams import Image, PlateBox, PlateText

PICTURES = Path(__file__).parent.parent / "pictures"
GOOD = sorted(PICTURES.glob("*.jpg"))[0]


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds nothing."""
    ihdr = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + ihdr
    return (
        b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))
    )


def saved(image: Pillow.Image, kind: str, **options: object) -> bytes:
    """A picture in a format."""
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


BAD: dict[str, tuple[Callable[[], bytes], str]] = {
    "empty.jpg": (lambda: b"", "the file is empty"),
    "text.jpg": (lambda: b"this is no picture\n", "not a picture. Fix: give a JPEG"),
    "cut.jpg": (lambda: GOOD.read_bytes()[:20_000], "the JPEG is cut short"),
    "one.png": (lambda: saved(Pillow.new("RGB", (1, 1)), "PNG"), "1x1 pixels are too few"),
    "huge.png": (
        lambda: png_header(20_000, 20_000),
        "20000x20000 pixels are more than the 40 million",
    ),
    "hollow.png": (lambda: png_header(640, 480), "the picture is damaged"),
    "header.jpg": (lambda: b"\xff\xd8\xff\xe0\x00\x10JFIF", "not a picture"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_named_and_the_rest_is_read(
    name: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    make, complaint = BAD[name]
    bad = tmp_path / name
    bad.write_bytes(make())
    assert main(["read", "--json", str(bad), str(GOOD)]) == 1
    out, err = capfd.readouterr()
    assert err.startswith(f"alpr-edge read: {bad}: {complaint}")
    assert err.count("\n") == 1
    assert [json.loads(line)["image"] for line in out.splitlines()] == [str(GOOD)]


def test_a_file_that_is_not_there_is_named(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["read", "/no/such.jpg"]) == 1
    assert capfd.readouterr().err == "alpr-edge read: /no/such.jpg: no such file or folder\n"


def test_an_empty_folder_is_named(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["read", str(tmp_path)]) == 1
    assert "no picture or video in this folder" in capfd.readouterr().err


def test_a_file_without_permission_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "x.jpg"
    folder.mkdir()
    with pytest.raises(InputError, match=r"x\.jpg: cannot be read"):
        load_picture(folder)


def test_a_broken_video_is_named(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "clip.mp4").write_bytes(b"not a video" * 100)
    assert main(["read", str(tmp_path / "clip.mp4")]) == 1
    assert "clip.mp4: not a video that can be read" in capfd.readouterr().err


def test_an_enrolled_camera_refuses(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["read", "--identity", str(tmp_path), str(GOOD)]) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert err == (
        "alpr-edge read: this camera is enrolled, so it must not show plates. "
        "Fix: read pictures on another machine, or decommission the camera\n"
    )


def plain(width: int = 64, height: int = 48) -> Pillow.Image:
    """A picture whose top left quarter is red."""
    image = Pillow.new("RGB", (width, height), (30, 60, 90))
    image.paste((220, 20, 20), (0, 0, width // 2, height // 2))
    return image


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("cmyk.jpg", saved(plain().convert("CMYK"), "JPEG", quality=95)),
        ("grey.png", saved(plain().convert("L"), "PNG")),
        ("alpha.png", saved(plain().convert("RGBA"), "PNG")),
        ("palette.png", saved(plain().convert("P"), "PNG")),
        ("plain.tif", saved(plain(), "TIFF")),
        ("plain.bmp", saved(plain(), "BMP")),
        ("plain.webp", saved(plain(), "WEBP")),
        ("lossless.webp", saved(plain(), "WEBP", lossless=True)),
        ("plain.ppm", saved(plain(), "PPM")),
        ("plain.jp2", saved(plain(), "JPEG2000")),
    ],
)
def test_other_kinds_of_picture_become_eight_bit_colour(
    name: str, data: bytes, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(data)
    assert picture_size(data) == (64, 48)
    image = load_picture(tmp_path / name)
    assert image.shape == (48, 64, 3)
    assert image.dtype == np.uint8
    if name not in ("grey.png",):
        assert np.abs(image[10, 10].astype(int) - (20, 20, 220)).max() < 60


def test_a_sixteen_bit_picture_keeps_its_brightness(tmp_path: Path) -> None:
    Pillow.fromarray(np.full((40, 40), 0x8000, np.uint16)).save(tmp_path / "deep.png")
    assert np.abs(load_picture(tmp_path / "deep.png").astype(int) - 128).max() <= 1


def test_a_picture_turned_by_exif_is_upright(tmp_path: Path) -> None:
    exif = Pillow.Exif()
    exif[0x0112] = 6  # turn clockwise to view
    (tmp_path / "turned.jpg").write_bytes(saved(plain(), "JPEG", exif=exif, quality=95))
    image = load_picture(tmp_path / "turned.jpg")
    assert image.shape == (64, 48, 3)
    assert image[10, 40, 2] > 150  # red is at the top right now


def test_a_large_jpeg_is_read_at_a_fraction_of_its_size(tmp_path: Path) -> None:
    (tmp_path / "wide.jpg").write_bytes(saved(Pillow.new("L", (20_000, 3_000), 90), "JPEG"))
    image, size_wh = load_sized(tmp_path / "wide.jpg")
    assert image.shape == (1500, 10_000, 3)
    assert size_wh == (20_000, 3_000)


def test_a_large_jpeg_that_stands_on_its_side_tells_its_upright_size(tmp_path: Path) -> None:
    exif = Pillow.Exif()
    exif[0x0112] = 6
    lying = Pillow.new("L", (20_000, 3_000), 90)
    (tmp_path / "tall.jpg").write_bytes(saved(lying, "JPEG", exif=exif))
    image, size_wh = load_sized(tmp_path / "tall.jpg")
    assert image.shape == (10_000, 1500, 3)
    assert size_wh == (3_000, 20_000)


def test_corners_of_a_reduced_picture_are_in_the_files_own_pixels(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    corners = ((10.0, 20.0), (110.0, 20.0), (110.0, 50.0), (10.0, 50.0))

    class OnePlate:
        """Finds one plate wherever it is asked."""

        def recognize(self, image: Image) -> Found:
            box = PlateBox(corners=corners, score=0.9)
            text = PlateText(characters=(), raw_text="", text="", confidence=0.0, region=None)
            return [(box, text)]

    (tmp_path / "wide.jpg").write_bytes(saved(Pillow.new("L", (20_000, 3_000), 90), "JPEG"))
    assert read_all([tmp_path / "wide.jpg"], OnePlate(), JsonReport()) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["width"], told["height"]) == (20_000, 3_000)
    assert told["plates"][0]["corners"] == [[2 * x, 2 * y] for x, y in corners]
