"""Plates of Europe, Brazil and Argentina, on one line or two.

Hyphens, dots, seals and country letters are never part of the text. Where letters are left out of
issue they are left out here: Spain has no vowels, France no I, O, U, Britain no I, Q.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.training import grounds, trim
from models.training.glyphs import Canvas, blend, relief, rgb, words
from models.training.plate_record import RenderedPlate, finish
from models.training.serials import Die, draw_serial, loosened, mark_mask, text_of
from models.training.us_plates import stamp_and_paint

_ALL = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_FACES = ("road-d", "road-e", "road-c", "overpass", "share", "barlow-bold", "saira", "gemunu", "oswald", "barlow", "california")
_WHITE, _YELLOW = "f1f1ee", "f0c02c"


@dataclass(frozen=True, slots=True)
class Country:
    """A European country's serials and colours."""

    code: str
    patterns: tuple[str, ...]
    colours: tuple[tuple[str, str], ...] = ((_WHITE, "1a1a1a"),)
    letters: str = _ALL
    mark: str = "hyphen"
    weight: float = 1.0


COUNTRIES = (
    Country("D", ("A~AA 9999", "AA~A 999", "AA~AA 999", "AAA~AA 99", "AA~AA 9999", "A~A 9999", "AAA~A 999"), mark="sealtwo", weight=4),
    Country("F", ("AA-999-AA", "AA-999-AA", "999 AAA 99", "9999 AA 99"), ((_WHITE, "1a1a1a"), (_YELLOW, "1a1a1a")), "ABCDEFGHJKLMNPQRSTVWXYZ", weight=3),
    Country("E", ("9999 AAA", "9999 AAA", "A-9999-AA"), letters="BCDFGHJKLMNPRSTVWXYZ", weight=2),
    Country("I", ("AA 999AA", "AA~999AA", "AA 999 AA"), letters="ABCDEFGHJKLMNPRSTVWXYZ", mark="dot", weight=2.5),
    Country("NL", ("99-AA-AA", "AA-99-99", "99-AAA-9", "A-999-AA", "AA-999-A", "9-AAA-99"), ((_YELLOW, "1a1a1a"),), weight=2),
    Country("PL", ("AA 99999", "AAA 9999", "AA 9999A", "AAA A999", "AAA 99AA"), weight=2),
    Country("RO", ("AA 99 AAA", "A 999 AAA", "AA 999 AAA", "A 99 AAA"), weight=2),
    Country("GB", ("AA99 AAA", "AA99 AAA", "A999 AAA", "AAA 999A", "A99 AAA"), ((_WHITE, "1a1a1a"), (_YELLOW, "1a1a1a")), "ABCDEFGHJKLMNOPRSTUVWXYZ", weight=3),
    Country("CZ", ("9A9 9999", "9AA 9999", "AAA 99-99"), weight=1.5),
    Country("H", ("AAA-999", "AAA-999", "AA AA-999"), weight=1.5),
    Country("A", ("A~999 AA", "AA~99 AA", "AA~999 AA", "A 99999 A", "A~9999 A"), mark="seal", weight=1.5),
    Country("B", ("9-AAA-999", "AAA-999", "999-AAA"), ((_WHITE, "a82838"), (_WHITE, "a82838")), weight=1.5),
    Country("P", ("99-99-AA", "99-AA-99", "AA-99-99", "AA-99-AA"), weight=1),
    Country("S", ("AAA 999", "AAA 99A"), weight=1.5),
    Country("FIN", ("AAA-999", "AAA-99"), weight=1),
    Country("DK", ("AA 99 999", "AA 99999"), weight=1),
    Country("N", ("AA 99999",), weight=0.7),
    Country("GR", ("AAA-9999",), letters="ABEHIKMNOPTXYZ", weight=1),
    Country("HR", ("AA~999-AA", "AA~9999-A"), mark="seal", weight=1),
    Country("SLO", ("AA~AA-999", "AA~A9-999"), mark="seal", weight=1),
    Country("SK", ("AA~999AA",), mark="seal", weight=1),
    Country("BG", ("A 9999 AA", "AA 9999 AA"), weight=1),
    Country("CH", ("AA~99999", "AA~999999"), mark="dot", weight=1),
    Country("IRL", ("99-A-9999", "999-A-99999", "99-AA-999"), weight=0.8),
    Country("L", ("AA 9999",), ((_YELLOW, "1a1a1a"),), weight=0.5),
    Country("LT", ("AAA 999",), mark="dot", weight=0.8),
    Country("LV", ("AA-9999",), weight=0.6),
    Country("EST", ("999 AAA",), weight=0.6),
    Country("TR", ("99 AA 9999", "99 AAA 99", "99 A 9999", "99 AA 999"), weight=1),
    Country("UA", ("AA 9999 AA",), weight=0.8),
    Country("SRB", ("AA~999-AA",), mark="seal", weight=0.6),
)
_COUNTRY_CUM = np.cumsum([c.weight for c in COUNTRIES])


def _die(rng: np.random.Generator, faces: tuple[str, ...] = _FACES) -> Die:
    return Die(face=trim.pick(rng, faces), weight=int(rng.integers(-3, 3)), fixed=rng.random() < 0.5,
               stretch=float(np.clip(rng.normal(1.0, 0.08), 0.8, 1.2)), spacing=float(rng.uniform(0.08, 0.22)))


def _country(rng: np.random.Generator) -> Country:
    return COUNTRIES[int(np.searchsorted(_COUNTRY_CUM, rng.random() * _COUNTRY_CUM[-1], side="right"))]


def _pattern(rng: np.random.Generator, issued: tuple[str, ...], free: float = 0.4) -> str:
    pattern = trim.pick(rng, issued)
    return loosened(pattern, rng) if rng.random() < free else pattern


def _band(canvas: Canvas, rng: np.random.Generator, code: str, width: float, height: float) -> None:
    """The blue field with the stars and the country's letters."""
    blue = rgb(trim.pick(rng, ("1c46a0", "2454b8", "1d3c8c", "2c62c0")))
    blend(canvas, np.full((round(height), round(width)), 255, np.uint8), blue, 0, 0)
    ring = mark_mask("seal", width * 0.72)
    blend(canvas, ring, rgb("f2d24c"), width * 0.14, height * 0.1, 0.75)
    blend(canvas, mark_mask("dot", width * 0.9), blue, width * 0.05, height * 0.1 - width * 0.09, 0.9)
    words(canvas, "overpass", code, (245, 245, 245), (width * 0.1, height * 0.64, width * 0.8, height * 0.24))


def eu_plate(rng: np.random.Generator) -> RenderedPlate:
    """A one-line European plate, 4.6:1."""
    width, height = 552, 120
    country = _country(rng)
    paper, ink_code = country.colours[int(rng.integers(len(country.colours)))]
    odd = rng.random()
    if odd < 0.03:
        paper, ink_code = "1c1c1c", "e8e8e4"
    elif odd < 0.06:
        paper, ink_code = trim.pick(rng, ("58b0e0", "3cb0c8", "f0c02c")), "1a1a1a"
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
        words(canvas, "overpass", "75", (245, 245, 245), (right + 6, height * 0.6, width * 0.085 - 12, height * 0.25))
        right -= 4
    tokens = draw_serial(_pattern(rng, country.patterns), rng, country.letters, country.mark)
    tall = height * rng.uniform(0.6, 0.74)
    margin = width * rng.uniform(0.01, 0.045)
    seal = rgb(trim.pick(rng, ("8c8c8c", "2c8c4c", "b8502c", "2c5cac", "a83434", "c8a03c")))
    bare = country.mark in ("hyphen", "dot")
    stamp_and_paint(canvas, tokens, _die(rng), (left + margin, (height - tall) / 2, right - left - 2 * margin, tall),
                    rgb(ink_code), rng, None if bare else seal)
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
    if rng.random() < 0.05:
        paper, ink_code = "1c1c1c", "e8e8e4"
    canvas = grounds.ground(f"flat:{paper}", (width, height), rng)
    canvas *= np.float32(rng.uniform(0.85, 1.03))
    left = 6.0
    if rng.random() < 0.55:
        _band(canvas, rng, country.code, width * 0.13, height * 0.48)
        left = width * 0.14
    upper, lower = two_lines(_pattern(rng, country.patterns), rng)
    die = _die(rng)
    tall = height * rng.uniform(0.36, 0.42)
    text = ""
    for pattern, y, x0 in ((upper, 0.07, left), (lower, 0.53, 6.0)):
        tokens = draw_serial(pattern, rng, country.letters, country.mark)
        text += text_of(tokens)
        room = width - x0 - 8
        inset = room * rng.uniform(0.0, 0.12)
        stamp_and_paint(canvas, tokens, die, (x0 + inset, height * y, room - 2 * inset, tall), rgb(ink_code), rng,
                        None if country.mark in ("hyphen", "dot") else rgb("3c7c5c"))
    _eu_trim(canvas, rng, ink_code)
    return finish(canvas, rng, text, "eu", "eu:square")


def two_lines(pattern: str, rng: np.random.Generator) -> tuple[str, str]:
    """Break a pattern in two at a gap near its middle, or in the middle."""
    breaks = [i for i, c in enumerate(pattern) if c in " -~" and 0 < i < len(pattern) - 1]
    if breaks:
        at = breaks[int(rng.integers(len(breaks)))]
        upper = pattern[:at] + ("~" if pattern[at] == "~" else "")
        return upper, pattern[at + 1 :]
    at = len(pattern) // 2
    return pattern[:at], pattern[at:]


_CITIES = ("SP-SAO PAULO", "RJ-NITEROI", "PR-CURITIBA", "MG-CONTAGEM", "ES-VITORIA", "PR-PARANAGUA", "SC-JOINVILLE",
           "RS-CAXIAS DO SUL", "BA-SALVADOR", "SP-CAMPINAS", "MG-JUIZ DE FORA", "ES-SERRA", "RJ-RIO DE JANEIRO")
_BR_FACES = ("road-d", "road-e", "overpass", "share", "gemunu", "road-e", "barlow-bold")


def br_plate(rng: np.random.Generator, two: bool = False) -> RenderedPlate:
    """A Brazilian plate of the grey and red series with the town on top; 3.1:1, or two lines."""
    width, height = (196, 164) if two else (384, 126)
    paper, ink_code = (("a9acab", "1d1d20"), ("b8bab8", "202024"), ("b02c34", "eceae6"), ("f0f0ec", "b02c34"))[
        int(np.searchsorted((0.45, 0.72, 0.95), rng.random()))]
    canvas = grounds.ground(f"flat:{paper}", (width, height), rng)
    canvas *= np.float32(rng.uniform(0.8, 1.1))
    ink = rgb(ink_code)
    strip = height * 0.16
    wide = width * rng.uniform(0.45, 0.7)
    words(canvas, "overpass", trim.pick(rng, _CITIES), ink, ((width - wide) / 2, height * 0.07, wide, strip * 0.72))
    if rng.random() < 0.5:
        outline = trim.rounded((round(wide * 1.1), round(strip * 1.25)), 1, 3, 1)
        blend(canvas, outline, ink, (width - wide * 1.1) / 2, height * 0.035, 0.6)
    die = Die(face=trim.pick(rng, _BR_FACES), weight=int(rng.integers(-2, 3)), spacing=float(rng.uniform(0.08, 0.16)),
              stretch=float(np.clip(rng.normal(1.0, 0.07), 0.85, 1.2)), fixed=rng.random() < 0.6)
    free = rng.random() < 0.25
    rows = (("AAA", 0.25, 0.34), ("9999", 0.61, 0.34)) if two else ((("AAA" + trim.pick(rng, ("-", ".", "-")) + "9999"), 0.28, 0.56),)
    text = ""
    for issued, y, tall in rows:
        pattern = issued.replace("A", "X").replace("9", "X") if free else issued
        tokens = draw_serial(pattern, rng)
        text += text_of(tokens)
        inset = width * (0.12 if two and len(issued) == 3 else 0.04)
        stamp_and_paint(canvas, tokens, die, (inset, height * (y + 0.02), width - 2 * inset, height * tall), ink, rng)
    _south_trim(canvas, rng, ink_code, ((0.2, 0.1), (0.8, 0.1)))
    return finish(canvas, rng, text, "br", "br:two" if two else "br:grey")


def _south_trim(canvas: Canvas, rng: np.random.Generator, ink_code: str, holes: tuple[tuple[float, float], ...]) -> None:
    width, height = canvas.shape[1], canvas.shape[0]
    edge = trim.rounded((width, height), height * 0.025, height * 0.09, 2)
    if rng.random() < 0.6:
        blend(canvas, edge, rgb(ink_code), 0, 0, rng.uniform(0.5, 1))
    relief(canvas, edge, 14, rng.uniform(0, 2 * np.pi))
    trim.screws(canvas, rng, holes, height * 0.035)
    if rng.random() < 0.2:
        trim.frame(canvas, rng, 0.06)


def mercosur(rng: np.random.Generator, country: str, two: bool = False) -> RenderedPlate:
    """The common plate of Mercosur: white with a blue strip; `country` is 'br' or 'ar'."""
    width, height = (200, 168) if two else (384, 126)
    canvas = grounds.ground("flat:f2f3f1", (width, height), rng)
    canvas *= np.float32(rng.uniform(0.85, 1.03))
    strip = round(height * (0.2 if two else 0.24))
    canvas[:strip] = rgb(trim.pick(rng, ("1f49a4", "24408c", "2858b8")))
    words(canvas, "overpass", "BRASIL" if country == "br" else "REPUBLICA ARGENTINA", (245, 245, 245),
          (width * 0.25, strip * 0.25, width * 0.5, strip * 0.5))
    ink_code = "1a1a1c" if rng.random() < 0.8 or country == "ar" else trim.pick(rng, ("b02c34", "24408c", "1d7048"))
    if country == "br":
        rows: tuple[str, ...] = ("AAA", "9A99") if two else ("AAA9A99",)
    else:
        rows = ("A999", "AAA") if two else ("AA 999 AA",)
    die = _die(rng, ("road-d", "overpass", "share", "barlow-bold", "saira", "gemunu", "road-e"))
    free = rng.random() < 0.25
    text = ""
    room = (height - strip) / len(rows)
    for row, issued in enumerate(rows):
        tokens = draw_serial(issued.replace("A", "X").replace("9", "X") if free else issued, rng)
        text += text_of(tokens)
        tall = room * (0.72 if not two else 0.84)
        stamp_and_paint(canvas, tokens, die, (width * 0.06, strip + row * room + (room - tall) / 2, width * 0.88, tall),
                        rgb(ink_code), rng)
    _south_trim(canvas, rng, ink_code, ((0.06, 0.1), (0.94, 0.1)) if rng.random() < 0.5 else ())
    return finish(canvas, rng, text, country, f"{country}:mercosur{'-two' if two else ''}")


def ar_plate(rng: np.random.Generator) -> RenderedPlate:
    """The Argentine plate of 1995: white on a black panel inside a white rim, 2.28:1."""
    width, height = 296, 130
    canvas = grounds.ground("flat:e8e8e4", (width, height), rng)
    canvas *= np.float32(rng.uniform(0.8, 1.05))
    top, bottom = round(height * rng.uniform(0.16, 0.2)), round(height * rng.uniform(0.84, 0.9))
    shade = rng.uniform(12, 45)
    edge = round(width * 0.025)
    canvas[top:bottom, edge : width - edge] = shade
    words(canvas, "overpass", "ARGENTINA", (40, 40, 40), (width * 0.28, height * 0.04, width * 0.44, top * 0.66))
    tokens = draw_serial("XXX XXX" if rng.random() < 0.2 else trim.pick(rng, ("AAA 999", "AAA~999", "AAA 999")), rng)
    die = Die(face=trim.pick(rng, ("california", "road-c", "share", "barlow", "road-d", "saira")),
              weight=int(rng.integers(-2, 3)), spacing=float(rng.uniform(0.08, 0.16)))
    tall = (bottom - top) * rng.uniform(0.72, 0.84)
    stamp_and_paint(canvas, tokens, die, (width * 0.05, (top + bottom - tall) / 2, width * 0.9, tall), rgb("ecece8"), rng)
    _south_trim(canvas, rng, "ecece8", ((0.16, 0.09), (0.84, 0.09), (0.16, 0.93), (0.84, 0.93)))
    return finish(canvas, rng, text_of(tokens), "ar", "ar:black")
