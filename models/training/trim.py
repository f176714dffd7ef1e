"""What is fixed to a plate and is not its serial: screws, stickers, borders, dealers' frames."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np

from models.training.glyphs import Canvas, Colour, Mask, blend, rgb, words

MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
STICKERS = (
    "d8362a",
    "2a9d4b",
    "2f6fc4",
    "e9c92f",
    "e8762c",
    "f3f3ee",
    "3fb7b0",
    "8a4fa3",
    "c7d8e8",
)
_DEALERS = (
    "TOYOTA",
    "HONDA",
    "FORD",
    "CHEVROLET",
    "NISSAN",
    "AUTO GROUP",
    "MOTORS",
    "OF BROOKLYN",
    "DOWNTOWN",
    "VALLEY",
    "EAST BAY",
    "SOUTH BAY",
    "AUTO MALL",
    "SAN DIEGO",
    "LONG BEACH",
    "QUEENS",
    "BRONX",
    "USED CARS",
    "SALES & SERVICE",
    "LEASING",
    "MY OTHER CAR",
    "I LOVE DOGS",
    "ALUMNI",
    "UNIVERSITY",
    "STATE",
    "CERTIFIED",
    "BMW",
    "MAZDA",
    "SUBARU",
    "KIA",
    "HYUNDAI",
    "JEEP",
    "LEXUS",
    "AUTO REPAIR",
    "COLLISION",
    "WARRIORS",
)


def pick(rng: np.random.Generator, options: tuple[str, ...]) -> str:
    """One of several, much faster than `rng.choice`."""
    return options[int(rng.integers(len(options)))]


def pick_pair(rng: np.random.Generator, options: tuple[tuple[str, str], ...]) -> tuple[str, str]:
    """One of several pairs."""
    return options[int(rng.integers(len(options)))]


@cache
def _phrases() -> tuple[str, ...]:
    """What is written on frames: names, web addresses, telephone numbers."""
    rng = np.random.default_rng(7)
    phrases = [
        f"{rng.integers(200, 990)}-{rng.integers(200, 990)}-{rng.integers(1000, 9999)}"
        for _ in range(60)
    ]
    phrases += [f"www.{name.replace(' ', '').lower()}.com" for name in _DEALERS if "&" not in name]
    phrases += [f"{name} {pick(rng, _DEALERS)}" for name in _DEALERS for _ in range(3)]
    return (*phrases, *_DEALERS)


def dealer_words(rng: np.random.Generator) -> str:
    """A line of a frame's lettering; there are few enough to keep each drawn."""
    return pick(rng, _phrases())


def rounded(size_wh: tuple[int, int], inset: float, radius: float, line: int) -> Mask:
    """A rounded rectangle's outline, or the whole of it with `line` 0."""
    width, height = size_wh
    mask = np.zeros((height, width), np.uint8)
    r, a = round(radius), round(inset)
    b, c = width - 1 - a, height - 1 - a
    if line <= 0:
        cv2.rectangle(mask, (a + r, a), (b - r, c), 255, -1)
        cv2.rectangle(mask, (a, a + r), (b, c - r), 255, -1)
        for x, y in ((a + r, a + r), (b - r, a + r), (b - r, c - r), (a + r, c - r)):
            cv2.circle(mask, (x, y), r, 255, -1, cv2.LINE_AA)
        return mask
    for p, q in (
        ((a + r, a), (b - r, a)),
        ((a + r, c), (b - r, c)),
        ((a, a + r), (a, c - r)),
        ((b, a + r), (b, c - r)),
    ):
        cv2.line(mask, p, q, 255, line, cv2.LINE_AA)
    for x, y, turn in (
        (a + r, a + r, 180),
        (b - r, a + r, 270),
        (b - r, c - r, 0),
        (a + r, c - r, 90),
    ):
        cv2.ellipse(mask, (x, y), (r, r), turn, 0, 90, 255, line, cv2.LINE_AA)
    return mask


def screws(
    canvas: Canvas, rng: np.random.Generator, places: tuple[tuple[float, float], ...], radius: float
) -> None:
    """Screw heads or empty holes at places given as shares of width and height."""
    height, width = canvas.shape[:2]
    filled = rng.random()
    for fx, fy in places:
        if rng.random() < 0.12:
            continue
        r = radius * rng.uniform(0.7, 1.25)
        side = int(2 * r + 3)
        mask = np.zeros((side, side), np.uint8)
        x, y = fx * width - side / 2, fy * height - side / 2
        cv2.circle(mask, (side // 2, side // 2), max(1, round(r)), 255, -1, cv2.LINE_AA)
        if filled < 0.45:
            tone = rng.uniform(15, 70)
            blend(canvas, mask, (tone, tone, tone), x, y, 0.9)
        else:
            tone = rng.uniform(70, 215)
            blend(canvas, mask, (tone * 0.35, tone * 0.35, tone * 0.35), x + 0.8, y + 1.2, 0.7)
            blend(canvas, mask, (tone, tone, tone * rng.uniform(0.8, 1.05)), x, y)
            small = cv2.resize(
                mask, (max(2, side // 2), max(2, side // 2)), interpolation=cv2.INTER_AREA
            )
            blend(canvas, small, (tone * 1.25,) * 3, x + side * 0.2, y + side * 0.15, 0.6)


def sticker(
    canvas: Canvas, rng: np.random.Generator, box: tuple[float, float, float, float], month: bool
) -> None:
    """A month or a year sticker in a box (x, y, width, height) of pixels."""
    x, y, width, height = box
    x += rng.normal(0, 1.2)
    y += rng.normal(0, 1.0)
    mask = np.full((max(3, round(height)), max(3, round(width))), 255, np.uint8)
    if month:
        white = rng.random() < 0.7
        paper, ink = (
            (rgb("f2f1ea"), rgb("23387a")) if white else (rgb(pick(rng, STICKERS)), rgb("181818"))
        )
        text = pick(rng, MONTHS) if rng.random() < 0.8 else str(int(rng.integers(1, 13)))
    else:
        paper, ink = rgb(pick(rng, STICKERS)), rgb("141414")
        year = int(rng.integers(1990, 2028))
        text = str(year) if rng.random() < 0.6 else f"{year % 100:02d}"
    blend(canvas, mask, paper, x, y, 0.95)
    face = "barlow-bold" if month else "barlow"
    words(
        canvas,
        face,
        text,
        ink,
        (x + width * 0.1, y + height * 0.2, width * 0.8, height * (0.6 if month else 0.45)),
    )
    if not month:
        small = str(1234567 + 67812 * int(rng.integers(40)))
        words(
            canvas,
            "barlow",
            small,
            ink,
            (x + width * 0.1, y + height * 0.72, width * 0.8, height * 0.18),
            0.7,
        )


def _frame_bar(
    canvas: Canvas, rng: np.random.Generator, y0: float, y1: float, tone: Colour, ink: Colour
) -> None:
    width = canvas.shape[1]
    height = y1 - y0
    blend(canvas, np.full((max(1, round(height)), width), 255, np.uint8), tone, 0, y0)
    if height > 7 and rng.random() < 0.75:
        face = pick(rng, ("barlow-bold", "overpass", "serif", "saira", "big", "script"))
        pad = width * rng.uniform(0.05, 0.22)
        words(
            canvas,
            face,
            dealer_words(rng),
            ink,
            (pad, y0 + height * 0.16, width - 2 * pad, height * rng.uniform(0.5, 0.72)),
        )


def frame(canvas: Canvas, rng: np.random.Generator, most: float = 0.13) -> None:
    """A dealer's frame with lettering, which covers up to `most` of the plate at top and bottom.

    What is written on it is never part of the serial.
    """
    height, width = canvas.shape[:2]
    kind = rng.random()
    if kind < 0.55:
        shade = rng.uniform(8, 45)
        tone: Colour = (shade, shade, shade)
        ink: Colour = (rng.uniform(150, 250),) * 3
    elif kind < 0.85:
        shade = rng.uniform(130, 215)
        tone, ink = (shade, shade, shade), (rng.uniform(10, 60),) * 3
    else:
        tone, ink = rgb(pick(rng, STICKERS)), (245.0, 245.0, 245.0)
    side = width * rng.uniform(0.008, 0.03)
    top = height * (rng.uniform(0.03, most) if rng.random() < 0.75 else 0.02)
    bottom = height * (rng.uniform(0.04, most * 1.1) if rng.random() < 0.85 else 0.02)
    for x in (0.0, width - side):
        blend(canvas, np.full((height, max(1, round(side))), 255, np.uint8), tone, x, 0)
    _frame_bar(canvas, rng, 0, top, tone, ink)
    _frame_bar(canvas, rng, height - bottom, height, tone, ink)
    # The frame stands proud of the plate and throws a thin shadow on it.
    edge = max(1, round(top))
    canvas[edge : edge + 2] *= np.float32(0.7)
