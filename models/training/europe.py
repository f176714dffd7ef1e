"""Plates of Europe, on one line or two; countries stand in `countries.toml`.

Hyphens, dots, seals and country letters are never part of the text. Where letters are left out of
issue they are left out here: Spain has no vowels, France no I, O, U, Britain no I, Q.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.training import grounds, trim
from models.training.glyphs import Canvas, blend, relief, rgb, words
from models.training.plate_record import RenderedPlate, finish
from models.training.serials import WITH_THIN, Die, draw_serial, loosened, mark_mask, text_of
from models.training.us_plates import stamp_and_paint

_FACES = (
    "road-d",
    "road-e",
    "road-c",
    "overpass",
    "share",
    "barlow-bold",
    "saira",
    "gemunu",
    "oswald",
    "barlow",
    "california",
)
_WHITE = "f1f1ee"


@dataclass(frozen=True, slots=True, kw_only=True)
class Country:
    """A European country's serials and colours."""

    code: str
    patterns: tuple[str, ...]
    weight: float
    colours: tuple[tuple[str, str], ...] = ((_WHITE, "1a1a1a"),)
    """Paper and ink."""
    letters: str = WITH_THIN
    mark: str = "hyphen"


def _read() -> tuple[Country, ...]:
    rows = tomllib.loads(Path(__file__).with_name("countries.toml").read_text())
    return tuple(Country(code=code, **row) for code, row in rows.items())


COUNTRIES = _read()
_MOTORCYCLES = (
    ("AA", "999"),
    ("AAA", "999"),
    ("AA", "9999"),
    ("AA", "99999"),
    ("AA", "999AA"),
    ("AA", "99~AA"),
    ("A99", "999"),
    ("99", "AAA~9"),
    ("AA", "AA-99"),
    ("AAA", "A999"),
    ("AAA", "99AA"),
    ("A", "AA 99"),
    ("AAA", "AA 999"),
    ("9A", "9999"),
    ("9A9", "9999"),
    ("AA", "999 AA"),
    ("AA99", "AAA"),
    ("9999", "AAA"),
    ("9~AAA", "999"),
    ("999", "AA99"),
    ("AA 99", "999"),
    ("99", "AA-99"),
    ("AA", "999-AA"),
    ("AA", "9AAA"),
)
"""Upper and lower line of motorcycle plates."""
_ODD_PAINTS = (
    ("1c1c1c", "e8e8e4"),
    ("1d3c8c", "e8e8e4"),
    ("b02c38", "f0f0ec"),
    ("c4dcec", "24408c"),
    ("f1f1ee", "b02c38"),
    ("f1f1ee", "24408c"),
    ("f1f1ee", "1d6040"),
    ("f0c02c", "1a1a1a"),
    ("58a0dc", "1a1a1a"),
    ("b87a24", "1a1a1a"),
)
_BLUES = ("1c46a0", "2454b8", "1d3c8c", "2c62c0", "5c8cd0", "7c9cc8")
_STRIPES = ("c02c34", "f0f0ec", "24408c", "f0c02c", "1d7048", "1c1c1c")
_COUNTRY_CUM = np.cumsum([c.weight for c in COUNTRIES])


def random_die(rng: np.random.Generator, faces: tuple[str, ...] = _FACES) -> Die:
    return Die(
        face=trim.pick(rng, faces),
        weight=int(rng.integers(-3, 3)),
        fixed=rng.random() < 0.5,
        stretch=float(np.clip(rng.normal(1.0, 0.08), 0.8, 1.2)),
        spacing=float(rng.uniform(0.08, 0.22)),
    )


def _country(rng: np.random.Generator) -> Country:
    return COUNTRIES[
        int(np.searchsorted(_COUNTRY_CUM, rng.random() * _COUNTRY_CUM[-1], side="right"))
    ]


def _pattern(rng: np.random.Generator, issued: tuple[str, ...], free: float = 0.4) -> str:
    pattern = trim.pick(rng, issued)
    return loosened(pattern, rng) if rng.random() < free else pattern


def _band(
    canvas: Canvas,
    rng: np.random.Generator,
    code: str,
    width: float,
    height: float,
    low: float = 0.64,
) -> None:
    """The blue field with the stars or a flag, and the country's letters from `low` downwards.

    Older plates have flag and letters on the plate's own paper.
    """
    emblem = rng.random()
    blue, ink = rgb(trim.pick(rng, _BLUES)), (245.0, 245.0, 245.0)
    if rng.random() < 0.15:
        emblem, ink = 0.65 + 0.35 * emblem, rgb(trim.pick(rng, ("24408c", "1c1c1c", "b02c38")))
    else:
        blend(canvas, np.full((round(height), round(width)), 255, np.uint8), blue, 0, 0)
    top = height * 0.1
    if emblem < 0.65:
        ring = mark_mask("seal", width * 0.72)
        blend(canvas, ring, rgb("f2d24c"), width * 0.14, top, 0.75)
        blend(canvas, mark_mask("dot", width * 0.9), blue, width * 0.05, top - width * 0.09, 0.9)
    elif emblem < 0.88:
        stripe = np.full((max(2, round(width * 0.17)), max(3, round(width * 0.7))), 255, np.uint8)
        for row in range(3):
            colour = rgb(trim.pick(rng, _STRIPES))
            blend(canvas, stripe, colour, width * 0.15, top + row * len(stripe))
    words(
        canvas,
        "overpass",
        code,
        ink,
        (width * 0.1, height * low, width * 0.8, min(height * 0.28, width * 0.85)),
    )


def eu_plate(rng: np.random.Generator) -> RenderedPlate:
    """A one-line European plate, 4.6:1."""
    width, height = 552, 120
    country = _country(rng)
    paper, ink_code = country.colours[int(rng.integers(len(country.colours)))]
    odd = rng.random()
    if odd < 0.03:
        paper, ink_code = "1c1c1c", "e8e8e4"
    elif odd < 0.07:
        paper, ink_code = trim.pick_pair(rng, _ODD_PAINTS)
    elif odd < 0.1:
        ink_code = trim.pick(rng, ("24408c", "1d6040", "b02c38"))
    canvas = grounds.ground(f"flat:{paper}", (width, height), rng)
    canvas *= np.float32(rng.uniform(0.85, 1.03))
    left = 8.0
    if rng.random() < 0.85:
        left = width * rng.uniform(0.075, 0.095)
        _band(canvas, rng, country.code, left, height)
    right = width - 10.0
    if country.code in ("F", "I") and rng.random() < 0.7:
        right = width * 0.915
        blend(canvas, np.full((height, width), 255, np.uint8), rgb("2454b8"), right, 0)
        words(
            canvas,
            "overpass",
            "75",
            (245, 245, 245),
            (right + 6, height * 0.6, width * 0.085 - 12, height * 0.25),
        )
        right -= 4
    tokens = draw_serial(_pattern(rng, country.patterns), rng, country.letters, country.mark)
    tall = height * rng.uniform(0.6, 0.74)
    margin = width * rng.uniform(0.01, 0.045)
    seal = rgb(trim.pick(rng, ("8c8c8c", "2c8c4c", "b8502c", "2c5cac", "a83434", "c8a03c")))
    bare = country.mark in ("hyphen", "dot")
    stamp_and_paint(
        canvas,
        tokens,
        random_die(rng),
        (left + margin, (height - tall) / 2, right - left - 2 * margin, tall),
        rgb(ink_code),
        rng,
        None if bare else seal,
    )
    _eu_trim(canvas, rng, ink_code)
    return finish(canvas, rng, text_of(tokens), "eu", "eu:line")


def _eu_trim(canvas: Canvas, rng: np.random.Generator, ink_code: str) -> None:
    width, height = canvas.shape[1], canvas.shape[0]
    if rng.random() < 0.6:
        edge = trim.rounded((width, height), height * 0.025, height * 0.1, 2)
        blend(canvas, edge, rgb(ink_code), 0, 0, rng.uniform(0.5, 1))
        relief(canvas, edge, 12, rng.uniform(0, 2 * np.pi))
    if rng.random() < 0.4:
        trim.screws(canvas, rng, ((0.14, 0.5), (0.9, 0.5)), height * 0.04)
    if rng.random() < 0.3:
        trim.frame(canvas, rng, 0.1)


def eu_square(rng: np.random.Generator) -> RenderedPlate:
    """A two-line European plate of a motorcycle or a square mount, about 1.4:1."""
    width, height = round(rng.uniform(176, 210)), 144
    country = _country(rng)
    paper, ink_code = country.colours[int(rng.integers(len(country.colours)))]
    if rng.random() < 0.2:
        paper, ink_code = trim.pick_pair(rng, _ODD_PAINTS)
    canvas = grounds.ground(f"flat:{paper}", (width, height), rng)
    canvas *= np.float32(rng.uniform(0.85, 1.03))
    left = below = 6.0
    side = rng.random()
    if side < 0.4:
        _band(canvas, rng, country.code, width * 0.13, height * 0.48)
        left = width * 0.14
    elif side < 0.75:  # to the bottom, its letters beside the lower line
        wide = width * rng.uniform(0.11, 0.26)
        _band(canvas, rng, country.code, wide, height, rng.uniform(0.5, 0.76))
        left = below = wide + 2
    if rng.random() < 0.7:
        upper, lower = trim.pick_pair(rng, _MOTORCYCLES)
        upper += trim.pick(rng, ("", "", "", "~", "-"))
    else:
        upper, lower = two_lines(_pattern(rng, country.patterns), rng)
    seal = trim.pick(rng, ("seal", "sealtwo", "dot", "keystone", "shield"))
    paint = rgb(trim.pick(rng, trim.STICKERS))
    die = random_die(rng)
    tall = height * rng.uniform(0.36, 0.42)
    lines = []
    for pattern, y, x0 in ((upper, 0.07, left), (lower, 0.53, below)):
        tokens = draw_serial(pattern, rng, country.letters, seal)
        lines.append(text_of(tokens))
        room = width - x0 - 8
        inset = room * rng.uniform(0.0, 0.12)
        stamp_and_paint(
            canvas,
            tokens,
            die,
            (x0 + inset, height * y, room - 2 * inset, tall),
            rgb(ink_code),
            rng,
            paint if seal != "dot" and "-" not in pattern else None,
        )
    for _ in range(int(rng.integers(0, 3)) if rng.random() < 0.3 else 0):
        disc = mark_mask("seal", width * rng.uniform(0.06, 0.1))
        colour = rgb(trim.pick(rng, trim.STICKERS))
        blend(canvas, disc, colour, width * rng.uniform(0.8, 0.92), height * rng.uniform(0.02, 0.4))
    _eu_trim(canvas, rng, ink_code)
    return finish(canvas, rng, "".join(lines), "eu", "eu:square", len(lines[0]))


def two_lines(pattern: str, rng: np.random.Generator) -> tuple[str, str]:
    """Break a pattern in two at a gap near its middle, or in the middle."""
    breaks = [i for i, c in enumerate(pattern) if c in " -~" and 0 < i < len(pattern) - 1]
    if breaks:
        at = breaks[int(rng.integers(len(breaks)))]
        upper = pattern[:at] + ("~" if pattern[at] == "~" else "")
        return upper, pattern[at + 1 :]
    at = len(pattern) // 2
    return pattern[:at], pattern[at:]
