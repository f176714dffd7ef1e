"""Characters as alpha masks: die-stamped serials, printed lettering, small symbols, embossing."""

from __future__ import annotations

from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

Mask = NDArray[Any]
Canvas = NDArray[Any]
Colour = tuple[float, float, float]
"""Blue, green, red, 0 to 255."""

FONTS = Path(__file__).parent / "fonts"
CAP_PX = 128
PAD_PX = 4

FACES = {
    "barlow": "barlow-condensed/barlow-condensed-500.ttf",
    "barlow-bold": "barlow-condensed/barlow-condensed-700.ttf",
    "big": "big-shoulders-display/big-shoulders-display-700.ttf",
    "gemunu": "gemunu-libre/GemunuLibre-SemiBold.otf",
    "gothic": "league-gothic/league-gothic-400.ttf",
    "oswald": "oswald/oswald-500.ttf",
    "overpass": "overpass/overpass-700.ttf",
    "road-b": "roadgeek/RG2014B.ttf",
    "road-c": "roadgeek/RG2014C.ttf",
    "road-d": "roadgeek/RG2014D.ttf",
    "road-e": "roadgeek/RG2014E.ttf",
    "saira": "saira-condensed/saira-condensed-600.ttf",
    "saira-x": "saira-extra-condensed/saira-extra-condensed-600.ttf",
    "script": "yellowtail/yellowtail.ttf",
    "serif": "tinos/tinos.ttf",
    "share": "share-tech/share-tech-400.ttf",
}
DIE_FACES = ("california", *(name for name in FACES if name not in ("script", "serif")))


def rgb(code: str) -> Colour:
    """A colour from its six hexadecimal digits, red first."""
    return float(int(code[4:6], 16)), float(int(code[2:4], 16)), float(int(code[0:2], 16))


@cache
def _font(face: str, cap_px: int = CAP_PX) -> ImageFont.FreeTypeFont:
    """The face at the size whose capitals are `cap_px` high."""
    path = str(FONTS / FACES[face])
    box = ImageFont.truetype(path, 200).getbbox("H")
    return ImageFont.truetype(path, round(200 * cap_px / (box[3] - box[1])))


@cache
def _drawn(face: str, text: str) -> Mask:
    font = _font(face)
    left, _, right, _ = font.getbbox(text)
    top, bottom = font.getbbox("H")[1], font.getbbox("H")[3]
    size = (round(right - left) + 2 * PAD_PX, round(bottom - top) + 2 * PAD_PX)
    picture = Pillow.new("L", size)
    ImageDraw.Draw(picture).text((PAD_PX - left, PAD_PX - top), text, fill=255, font=font)
    return np.asarray(picture)


@cache
def die(face: str, char: str, weight: int = 0) -> Mask:
    """One character, CAP_PX high with PAD_PX round it; `weight` thickens or thins it in pixels."""
    if face == "california":
        picture = cv2.imread(str(FONTS / "california" / f"{char}.png"), cv2.IMREAD_UNCHANGED)
        assert picture is not None
        mask = np.ascontiguousarray(picture[..., 3])
    else:
        mask = _drawn(face, char)
    if weight:
        size = 2 * abs(weight) + 1
        brush = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
        mask = cv2.dilate(mask, brush) if weight > 0 else cv2.erode(mask, brush)
    return mask


def aspect(face: str, char: str) -> float:
    """Width of a character's ink over the cap height."""
    return float(die(face, char).shape[1] - 2 * PAD_PX) / CAP_PX


def sized(mask: Mask, cap_px: float, width_scale: float = 1.0) -> Mask:
    """A mask made at CAP_PX shrunk so that its capitals are `cap_px` high."""
    scale = cap_px / CAP_PX
    height = max(2, round(mask.shape[0] * scale))
    width = max(2, round(mask.shape[1] * scale * width_scale))
    return cv2.resize(mask, (width, height), interpolation=cv2.INTER_AREA)


@lru_cache(maxsize=2048)
def lettering(face: str, text: str) -> Mask:
    """Printed words with capitals of 40 px; descenders are kept."""
    font = _font(face, 40)
    left, top, right, bottom = font.getbbox(text)
    picture = Pillow.new("L", (max(2, round(right - left)), max(2, round(bottom - top))))
    ImageDraw.Draw(picture).text((-left, -top), text, fill=255, font=font)
    return np.asarray(picture)


def tripled(plane: NDArray[Any]) -> NDArray[Any]:
    """(H, W) as (H, 3 W), each value once for each channel."""
    return cv2.merge((plane, plane, plane)).reshape(plane.shape[0], -1)


def blend(
    canvas: Canvas, mask: Mask, colour: Colour, x: float, y: float, opacity: float = 1.0
) -> None:
    """Paint a colour through a mask whose top left corner lies at x, y; what is outside is lost."""
    left, top = round(x), round(y)
    x0, y0 = max(0, left), max(0, top)
    x1 = min(canvas.shape[1], left + mask.shape[1])
    y1 = min(canvas.shape[0], top + mask.shape[0])
    if x1 <= x0 or y1 <= y0:
        return
    # As (H, 3 W) rows: numpy is several times slower when the innermost axis is the three channels.
    alpha = tripled(mask[y0 - top : y1 - top, x0 - left : x1 - left]) * np.float32(opacity / 255)
    part = canvas[y0:y1, x0:x1].reshape(y1 - y0, -1)
    part += (np.tile(np.asarray(colour, np.float32), x1 - x0) - part) * alpha


def words(
    canvas: Canvas,
    face: str,
    text: str,
    colour: Colour,
    box: tuple[float, float, float, float],
    opacity: float = 1.0,
) -> None:
    """Print words centred in a box (x, y, width, height), squeezed where they are too wide."""
    if not text:
        return
    source = lettering(face, text)
    x, y, width, height = box
    scale = height / source.shape[0]
    wide = min(source.shape[1] * scale, width)
    mask = cv2.resize(
        source, (max(2, round(wide)), max(2, round(height))), interpolation=cv2.INTER_AREA
    )
    blend(canvas, mask, colour, x + (width - wide) / 2, y, opacity)


_SHAPES: dict[str, list[list[tuple[float, float]]]] = {
    "hand": [
        [
            (0.2, 1),
            (0.8, 1),
            (0.9, 0.55),
            (1, 0.35),
            (0.9, 0.3),
            (0.78, 0.5),
            (0.78, 0.1),
            (0.68, 0.1),
            (0.64, 0.45),
            (0.6, 0),
            (0.5, 0),
            (0.48, 0.45),
            (0.4, 0.05),
            (0.3, 0.07),
            (0.34, 0.5),
            (0.2, 0.2),
            (0.1, 0.25),
        ]
    ],
    "shield": [[(0.1, 0), (0.9, 0), (0.9, 0.6), (0.5, 1), (0.1, 0.6)]],
    "plus": [
        [
            (0.36, 0.1),
            (0.64, 0.1),
            (0.64, 0.36),
            (0.9, 0.36),
            (0.9, 0.64),
            (0.64, 0.64),
            (0.64, 0.9),
            (0.36, 0.9),
            (0.36, 0.64),
            (0.1, 0.64),
            (0.1, 0.36),
            (0.36, 0.36),
        ]
    ],
    "keystone": [
        [
            (0.1, 0.15),
            (0.9, 0.15),
            (0.9, 0.4),
            (0.8, 0.4),
            (0.68, 0.95),
            (0.32, 0.95),
            (0.2, 0.4),
            (0.1, 0.4),
        ]
    ],
    "nystate": [
        [
            (0, 0.62),
            (0.12, 0.5),
            (0.42, 0.48),
            (0.55, 0.2),
            (0.78, 0.15),
            (0.82, 0.45),
            (0.84, 0.72),
            (1, 0.84),
            (0.8, 0.9),
            (0.74, 0.74),
            (0.6, 0.66),
            (0.02, 0.68),
        ]
    ],
    "njstate": [
        [
            (0.35, 0),
            (0.7, 0.12),
            (0.6, 0.3),
            (0.72, 0.5),
            (0.5, 1),
            (0.3, 0.82),
            (0.5, 0.55),
            (0.3, 0.35),
        ]
    ],
    "wedge": [[(0, 0.35), (1, 0.3), (1, 0.65), (0.2, 0.7)]],
    "wheelchair": [
        [
            (0.3, 0),
            (0.45, 0),
            (0.48, 0.35),
            (0.7, 0.35),
            (0.7, 0.48),
            (0.5, 0.48),
            (0.5, 0.6),
            (0.75, 0.6),
            (0.9, 0.95),
            (0.78, 1),
            (0.65, 0.72),
            (0.4, 0.72),
            (0.3, 0.3),
        ]
    ],
}


@cache
def symbol(kind: str) -> Mask:
    """A mark that is no character: hyphen, dot, heart, star, hand, plus, state outline, seal."""
    size = 128
    mask = np.zeros((size, size), np.uint8)
    if kind == "hyphen":
        cv2.rectangle(mask, (18, 54), (110, 76), 255, -1)
    elif kind == "duplicate":  # the small letter of a plate that was issued again
        letter = sized(die("barlow-bold", "D"), 62)
        mask[30 : 30 + letter.shape[0], 46 : 46 + letter.shape[1]] = letter
    elif kind == "dot":
        cv2.circle(mask, (64, 64), 24, 255, -1, cv2.LINE_AA)
    elif kind in ("seal", "sealtwo"):
        cv2.circle(mask, (64, 64), 54, 255, -1, cv2.LINE_AA)
        cv2.circle(mask, (64, 64), 38, 120, 6, cv2.LINE_AA)
    elif kind == "star":
        angles = np.arange(10) * np.pi / 5 - np.pi / 2
        radii = np.where(np.arange(10) % 2 == 0, 60, 25)
        points = np.stack([64 + radii * np.cos(angles), 66 + radii * np.sin(angles)], 1)
        cv2.fillPoly(mask, [points.astype(np.int32)], 255, cv2.LINE_AA)
    elif kind == "heart":
        t = np.linspace(0, 2 * np.pi, 60)
        px = 64 + 3.6 * 16 * np.sin(t) ** 3
        py = 60 - 3.6 * (13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t))
        cv2.fillPoly(mask, [np.stack([px, py], 1).astype(np.int32)], 255, cv2.LINE_AA)
    elif kind == "diamond":
        cv2.polylines(
            mask, [np.array([(64, 4), (124, 64), (64, 124), (4, 64)])], True, 255, 9, cv2.LINE_AA
        )
    elif kind == "octagon":
        angles = np.arange(8) * np.pi / 4 + np.pi / 8
        points = np.stack([64 + 58 * np.cos(angles), 64 + 58 * np.sin(angles)], 1)
        cv2.polylines(mask, [points.astype(np.int32)], True, 255, 9, cv2.LINE_AA)
    else:
        for outline in _SHAPES[kind]:
            cv2.fillPoly(
                mask, [(np.array(outline) * (size - 1)).astype(np.int32)], 255, cv2.LINE_AA
            )
        if kind == "wheelchair":
            cv2.circle(mask, (46, 86), 34, 255, 9, cv2.LINE_AA)
    return mask


def relief(canvas: Canvas, mask: Mask, height: float, angle: float) -> None:
    """Light the edges of what is stamped: bright on the side of the lamp, dark on the other."""
    rows = canvas.reshape(canvas.shape[0], -1)
    dx, dy = np.cos(angle), np.sin(angle)
    kernel = np.array([[-dx - dy, -dy, dx - dy], [-dx, 0, dx], [-dx + dy, dy, dx + dy]], np.float32)
    edge = cv2.filter2D(mask, cv2.CV_32F, kernel * np.float32(height / 255))
    rows += tripled(edge)
