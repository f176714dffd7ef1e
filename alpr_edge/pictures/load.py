"""Opens a picture of unknown origin without trusting it."""

from __future__ import annotations

import struct
from pathlib import Path

import cv2
import numpy as np

from alpr_edge.errors import InputError
from alpr_edge.quiet import quiet_stderr
from alpr_edge.seams import Image

MOST_BYTES = 100 * 1024 * 1024
MOST_PIXELS = 40_000_000
"""About 120 MB decoded: the most a small board can hold beside the networks."""
SMALLEST_SIDE = 16


def load_picture(path: Path) -> Image:
    """The pixels of `load_sized`, for whoever does not ask how large the file's own are."""
    return load_sized(path)[0]


def load_sized(path: Path) -> tuple[Image, tuple[int, int]]:
    """Decode a picture, upright by its EXIF note: uint8 (H, W, 3), BGR; and the file's own size.

    Sixteen-bit, grey, palette, alpha and CMYK pictures are converted. A JPEG too large for
    memory is decoded at a half, quarter or eighth of its size; what is told is the full one.

    Raises:
        InputError: Not a picture, damaged, empty, too small or too large. Names the file.
    """
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise InputError(
                f"{path}: {size / 1e6:.0f} MB is too large", fix="give a picture under 100 MB"
            )
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error
    if not data:
        raise InputError(f"{path}: the file is empty")
    dimensions = picture_size(data)
    if dimensions is None:
        raise InputError(f"{path}: not a picture", fix="give a JPEG, PNG, TIFF, BMP or WebP file")
    width, height = dimensions
    if min(width, height) < SMALLEST_SIDE:
        raise InputError(f"{path}: {width}x{height} pixels are too few to hold a plate")
    flags = cv2.IMREAD_COLOR
    if width * height > MOST_PIXELS:
        flags = _reduced(width * height) if data[:2] == b"\xff\xd8" else 0
        if not flags:
            raise InputError(
                f"{path}: {width}x{height} pixels are more than the {MOST_PIXELS // 10**6} "
                "million that fit in memory",
                fix="shrink the picture, or save it as JPEG",
            )
    if data[:2] == b"\xff\xd8" and b"\xff\xd9" not in data[-4096:]:
        raise InputError(f"{path}: the JPEG is cut short")
    with quiet_stderr():
        try:
            image = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
        except cv2.error:
            image = None
    if image is None:
        raise InputError(f"{path}: the picture is damaged")
    if flags == cv2.IMREAD_COLOR:
        width, height = image.shape[1], image.shape[0]
    elif (width < height) != (image.shape[1] < image.shape[0]):  # the EXIF note turned it
        width, height = height, width
    return np.asarray(image, np.uint8), (width, height)


def picture_size(data: bytes) -> tuple[int, int] | None:
    """Width and height as the header states them, or None where it is no known picture."""
    if data[:2] == b"\xff\xd8":
        return _jpeg_size(data)
    if data[:8] == b"\x89PNG\r\n\x1a\n" and len(data) >= 24:
        return struct.unpack(">II", data[16:24])
    if data[:2] == b"BM" and len(data) >= 26:
        width, height = struct.unpack("<ii", data[18:26])
        return abs(width), abs(height)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return _webp_size(data)
    if data[:4] in (b"II*\x00", b"MM\x00*"):
        return _tiff_size(data)
    if data[:2] in (b"P2", b"P3", b"P5", b"P6"):
        return _pnm_size(data)
    if data[4:8] == b"jP  " and (at := data.find(b"ihdr", 0, 256)) >= 0 and len(data) >= at + 12:
        height, width = struct.unpack(">II", data[at + 4 : at + 12])
        return width, height
    return None


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    at = 2
    while at + 9 < len(data):
        if data[at] != 0xFF:
            return None
        marker = data[at + 1]
        if marker == 0xFF:  # fill byte
            at += 1
            continue
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return width, height
        if marker in (0x01, *range(0xD0, 0xD9)):
            at += 2
            continue
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return None


def _webp_size(data: bytes) -> tuple[int, int] | None:
    kind = data[12:16]
    if kind == b"VP8X" and len(data) >= 30:
        return (
            1 + int.from_bytes(data[24:27], "little"),
            1 + int.from_bytes(data[27:30], "little"),
        )
    if kind == b"VP8L" and len(data) >= 25:
        bits = int.from_bytes(data[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if kind == b"VP8 " and len(data) >= 30:
        width, height = struct.unpack("<HH", data[26:30])
        return width & 0x3FFF, height & 0x3FFF
    return None


def _tiff_size(data: bytes) -> tuple[int, int] | None:
    order = "<" if data[:2] == b"II" else ">"
    try:
        (at,) = struct.unpack_from(order + "I", data, 4)
        (count,) = struct.unpack_from(order + "H", data, at)
        sizes = {}
        for index in range(count):
            tag, kind = struct.unpack_from(order + "HH", data, at + 2 + 12 * index)
            if tag in (256, 257):
                form = order + ("H" if kind == 3 else "I")
                (sizes[tag],) = struct.unpack_from(form, data, at + 10 + 12 * index)
    except struct.error:
        return None
    return (sizes[256], sizes[257]) if len(sizes) == 2 else None


def _pnm_size(data: bytes) -> tuple[int, int] | None:
    words = [word for line in data[:512].split(b"\n") for word in line.split(b"#")[0].split()][1:3]
    if len(words) < 2 or not all(w.isdigit() for w in words):
        return None
    return int(words[0]), int(words[1])


def _reduced(pixels: int) -> int:
    for factor, flag in (
        (2, cv2.IMREAD_REDUCED_COLOR_2),
        (4, cv2.IMREAD_REDUCED_COLOR_4),
        (8, cv2.IMREAD_REDUCED_COLOR_8),
    ):
        if pixels / factor**2 <= MOST_PIXELS:
            return int(flag)
    return 0
