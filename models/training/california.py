"""California's plates: every series on the road, on drawn grounds or on the DMV's sample blanks.

Serials: 1ABC234 (since 1980), 123ABC4 (2026), commercial 1A23456 and 12345A1, older ABC123 and
123ABC. Letters I, O and Q are left out of the first and last of the three letters in issued series;
personalised plates have them all. Hearts, hands, stars and plus signs are no part of the text; the
E in an octagon or diamond of exempt plates neither, it names a kind of owner. Stacked letters on
exempt, dealer and disabled plates are part of it, in the order met from the left.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.training import grounds, trim
from models.training.blanks import blank_for
from models.training.glyphs import Canvas, blend, rgb, words
from models.training.plate_record import RenderedPlate, finish
from models.training.serials import Die, draw_serial, loosened, mark_mask, personal, text_of
from models.training.us_plates import SIZE_WH, furnish, stamp_and_paint, varied

BLUE, RED, GOLD = "2a3270", "c8323c", "efb436"
_WIDTH, _HEIGHT = SIZE_WH


@dataclass(frozen=True, slots=True)
class Series:
    """One kind of Californian plate."""

    patterns: tuple[str, ...]
    grounds: tuple[str, ...]
    ink: str
    weight: float
    header: str = "script"
    """'script', 'block', 'sun', 'none' or words of its own."""
    header_colour: str = RED
    footers: tuple[str, ...] = ("",)


_WHITE = ("flat:ebeae8", "flat:f1f1f0", "flat:e4e1da", "flat:eeedf0")
_NEW = ("{1}AAA999", "{5}AAA999", "{6}AAA999", "{7}AAA999", "{8}AAA999", "{9}AAA999", "9AAA999")
SERIES: dict[str, Series] = {
    "passenger": Series(
        _NEW,
        _WHITE,
        BLUE,
        30,
        footers=("dmv.ca.gov", "dmv.ca.gov", "", "SESQUICENTENNIAL - 150 YEARS"),
    ),
    "passenger-2026": Series(("999AAA9",), _WHITE, BLUE, 9, footers=("dmv.ca.gov", "")),
    "block": Series(("{2}AAA999", "{3}AAA999"), _WHITE, BLUE, 4, "block"),
    "sun": Series(
        ("{2}AAA999", "{1}AAA999"),
        ("fade:ebe2d2,ece6da,eae4da",),
        BLUE,
        2,
        "sun",
        "d8482c",
        ("The Golden State",),
    ),
    "black": Series(
        ("AAA 999", "AAA999", "AAA9999", "A99 99A", "9AAA999"),
        ("flat:151515", "flat:1d1b19"),
        GOLD,
        6,
        "block",
        GOLD,
    ),
    "blue": Series(
        ("999 AAA", "9AAA999", "999 AAA", "{1}AAA999"),
        ("flat:20408c", "flat:1d4c9c", "flat:2a55a0"),
        GOLD,
        4,
        "block",
        GOLD,
    ),
    "commercial": Series(
        ("9A99999", "99999A9", "{8}A99999", "9A99999"), _WHITE, BLUE, 11, footers=("dmv.ca.gov", "")
    ),
    "commercial-old": Series(
        ("A 99 999", "9A99999", "A99999"), ("flat:151515", "flat:20408c"), GOLD, 2, "block", GOLD
    ),
    "trailer": Series(
        ("9AA9999", "9AA9999", "AA 9999"), _WHITE, BLUE, 3, "California Perm Trailer"
    ),
    "apportioned": Series(
        ("{CP}99999", "{BP}99999", "{XP}99999", "{WP}99999", "AA99999"),
        _WHITE,
        BLUE,
        2,
        "CAL APPORTIONED",
    ),
    "exempt": Series(("9999999", "999999", "9999999"), _WHITE, BLUE, 4, "CA EXEMPT"),
    "exempt-mark": Series(("^999999", "^9999999"), _WHITE, BLUE, 4),
    "exempt-stacked": Series(("<{CA}>999999", "<AA>99999", "<AA>9999"), _WHITE, BLUE, 2),
    "dealer": Series(
        ("<{DLR}>99999", "<{DLR}>99999<A9>", "99999<{DLR}>"),
        (*_WHITE, "flat:20408c"),
        BLUE,
        3,
        footers=("DEALER", ""),
    ),
    "disabled": Series(
        ("@99999<{DP}>", "@A9999<{DP}>", "@AA999<{DP}>", "@999AA<{DP}>"),
        _WHITE,
        BLUE,
        4,
        footers=("dmv.ca.gov", ""),
    ),
    "livery": Series(("99999A", "9AAA999", "9999A"), _WHITE, BLUE, 1, footers=("LIVERY",)),
    "personal": Series(("",), _WHITE, BLUE, 8, footers=("dmv.ca.gov", "")),
    "personal-black": Series(("",), ("flat:151515", "flat:1a1a1a"), GOLD, 4, "block", GOLD),
    "picture": Series(
        ("9AAA999", "AAA999", "999AAA", "", "99A9A", "AA99A"),
        (
            "fade:f29a3c,f6e0b0,5ca8dc,dceaf4",
            "photo:dfe4ee,a8b8d8,d8c0a8",
            "photo:e8ecec,90b8d8,f0d8b0",
            "hills:5c9cd8,d0e4f0,386090",
            "fade:f0f2f4,f0f2f4,8cc078",
            "photo:d878a8,e8a0c4,f0d0e0",
            "fade:6ca0e0,f0f4f4,f0d080",
        ),
        BLUE,
        7,
        footers=(
            "YOSEMITE NATIONAL PARK",
            "PROTECT OUR COAST & OCEAN",
            "PROTECT LAKE TAHOE",
            "THE ARTS",
            "SPAY & NEUTER SAVES LIVES",
            "HONORING VETERANS",
            "EARLY DETECTION SAVES LIVES",
            "STATE PARKS",
        ),
    ),
    "motorcycle": Series(("99A9999", "99A9999", "9A9999"), _WHITE, BLUE, 2, "CAL"),
    "old": Series(
        ("AAA 999", "A99 999", "9A 99 99", "9A99999"),
        ("flat:151515", "flat:d9a62e", "flat:e0b23c"),
        GOLD,
        1,
        "CALIFORNIA 56",
        GOLD,
    ),
}
_WEIGHTS = np.cumsum([s.weight for s in SERIES.values()])
_NAMES = tuple(SERIES)


def california_plate(
    rng: np.random.Generator, series: str | None = None, data: Path | None = None
) -> RenderedPlate:
    """One plate; with `data`, at times on a blank from `templates/us-ca` in that folder."""
    name = (
        series or _NAMES[int(np.searchsorted(_WEIGHTS, rng.random() * _WEIGHTS[-1], side="right"))]
    )
    kind = SERIES[name]
    pattern = _pattern(name, kind, rng)
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ" if rng.random() < 0.4 else "ABCDEFGHJKLMNPRSTUVWXYZ"
    emblem = "^" in pattern or "@" in pattern
    marker = ("octagon" if rng.random() < 0.65 else "diamond") if "^" in pattern else "wheelchair"
    tokens = draw_serial(pattern.replace("^", "~").replace("@", "~"), rng, letters, marker)
    blank = (
        blank_for(data, name, rng)
        if data and not emblem and name not in ("exempt-stacked", "dealer")
        else None
    )
    die = Die(
        face="california" if rng.random() < 0.9 else trim.pick(rng, ("barlow", "road-c", "share")),
        weight=int(rng.integers(-2, 3)),
        stretch=float(np.clip(rng.normal(1.0, 0.06), 0.85, 1.2)),
        spacing=float(rng.uniform(0.08, 0.17)),
    )
    height = _HEIGHT * rng.uniform(0.41, 0.47)
    top = _HEIGHT * rng.uniform(0.525, 0.565) - height / 2
    box = (_WIDTH * rng.uniform(0.04, 0.08), top, 0.0, height)
    box = (box[0], top, _WIDTH - 2 * box[0], height)
    ink_code = GOLD if kind.ink == BLUE and name == "dealer" and rng.random() < 0.4 else kind.ink
    if blank is not None:
        canvas, box, ink = blank
    else:
        ground = trim.pick(rng, kind.grounds)
        if ground in ("flat:d9a62e", "flat:e0b23c"):
            ink_code = "1c1c1c"
        if name == "dealer":
            ground = "flat:20408c" if ink_code == GOLD else _WHITE[0]
        canvas = grounds.ground(ground, SIZE_WH, rng)
        canvas *= np.float32(rng.uniform(0.9, 1.06))
        ink = varied(rgb(ink_code), rng)
        _header(canvas, rng, kind, ink_code)
        if name == "picture":
            box = _picture(canvas, rng, box, len(text_of(tokens)))
    marks = stamp_and_paint(canvas, tokens, die, box, ink, rng)
    if "^" in pattern:  # the E inside the octagon or diamond
        x, y, size = marks[0]
        letter = (x + size * 0.32, y + size * 0.26, size * 0.36, size * 0.48)
        words(canvas, "barlow-bold", "E", ink, letter)
    furnish(canvas, rng, rgb(ink_code), 0.4)
    return finish(canvas, rng, text_of(tokens), "us-ca", f"us-ca:{name}")


def _pattern(name: str, kind: Series, rng: np.random.Generator) -> str:
    issued = trim.pick(rng, kind.patterns)
    if not issued:
        return personal(rng, 6 if name == "picture" else 7)
    # The stacked series keep their make-up: what is part of the serial hangs on it.
    if rng.random() < 0.28 and not any(c in issued for c in "<^@"):
        return loosened(issued, rng)
    return issued


def _header(canvas: Canvas, rng: np.random.Generator, kind: Series, ink: str) -> None:
    colour = rgb(kind.header_colour if kind.header_colour != GOLD else ink)
    if kind.header == "script":
        high = _HEIGHT * rng.uniform(0.2, 0.255)
        words(
            canvas,
            "script",
            "California",
            colour,
            (_WIDTH * 0.26, _HEIGHT * 0.03, _WIDTH * 0.48, high),
        )
    elif kind.header == "sun":
        blend(
            canvas,
            mark_mask("seal", _HEIGHT * 0.24),
            rgb("f0a860"),
            _WIDTH / 2 - _HEIGHT * 0.12,
            _HEIGHT * 0.03,
            0.8,
        )
        for line in (0.2, 0.24, 0.28):
            canvas[round(line * _HEIGHT)] += (
                np.array(rgb("e07840"), np.float32) - canvas[round(line * _HEIGHT)]
            ) * np.float32(0.8)
        words(
            canvas,
            "overpass",
            "CALIFORNIA",
            colour,
            (_WIDTH * 0.25, _HEIGHT * 0.07, _WIDTH * 0.5, _HEIGHT * 0.16),
        )
    else:
        text = "C A L I F O R N I A" if kind.header == "block" else kind.header
        y = 0.07 if text != "CALIFORNIA 56" or rng.random() < 0.5 else 0.83
        side = 0.27 if text != "CAL" else 0.62
        words(
            canvas,
            "barlow-bold",
            text,
            colour,
            (
                _WIDTH * side,
                _HEIGHT * y,
                _WIDTH * (0.73 - min(side, 0.4)) * 0.98,
                _HEIGHT * rng.uniform(0.1, 0.13),
            ),
        )
    footer = trim.pick(rng, kind.footers)
    if footer:
        high = _HEIGHT * rng.uniform(0.065, 0.095)
        face = "overpass" if footer != "The Golden State" else "script"
        words(
            canvas,
            face,
            footer,
            colour if rng.random() < 0.8 else rgb(BLUE),
            (_WIDTH * 0.27, _HEIGHT * 0.955 - high, _WIDTH * 0.46, high),
        )


def _picture(
    canvas: Canvas, rng: np.random.Generator, box: tuple[float, float, float, float], length: int
) -> tuple[float, float, float, float]:
    """An emblem at the left of shorter serials; gives the room that is left."""
    if length > 6 or rng.random() < 0.3:
        return box
    width = _WIDTH * rng.uniform(0.13, 0.19)
    colour = rgb(trim.pick(rng, trim.STICKERS))
    panel = np.full((round(_HEIGHT * rng.uniform(0.3, 0.5)), round(width)), 255, np.uint8)
    y = _HEIGHT * rng.uniform(0.28, 0.38)
    if rng.random() < 0.5:
        blend(canvas, panel, colour, _WIDTH * 0.04, y)
        colour = rgb(trim.pick(rng, trim.STICKERS))
    kind = trim.pick(rng, ("seal", "star", "heart", "hand", "diamond"))
    blend(canvas, mark_mask(kind, width * 0.85), colour, _WIDTH * 0.05, y + 3)
    left = _WIDTH * 0.05 + width
    return (left, box[1], _WIDTH * 0.96 - left, box[3])
