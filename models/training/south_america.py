"""Plates of Brazil and Argentina, on one line or two, in both old and Mercosur series."""

from __future__ import annotations

import numpy as np

from models.training import grounds, trim
from models.training.europe import random_die
from models.training.glyphs import Canvas, blend, relief, rgb, words
from models.training.plate_record import RenderedPlate, finish
from models.training.serials import WITH_THIN, Die, draw_serial, text_of
from models.training.us_plates import stamp_and_paint

_CITIES = (
    "SP-SAO PAULO",
    "RJ-NITEROI",
    "PR-CURITIBA",
    "MG-CONTAGEM",
    "ES-VITORIA",
    "PR-PARANAGUA",
    "SC-JOINVILLE",
    "RS-CAXIAS DO SUL",
    "BA-SALVADOR",
    "SP-CAMPINAS",
    "MG-JUIZ DE FORA",
    "ES-SERRA",
    "RJ-RIO DE JANEIRO",
)
_AR_ROWS = ("AAA 999", "AAA~999", "AAA 999", "AAA 999")
_BR_FACES = ("road-d", "road-e", "overpass", "share", "gemunu", "road-e", "barlow-bold")


def br_plate(rng: np.random.Generator, two: bool = False) -> RenderedPlate:
    """A Brazilian plate of the grey and red series with the town on top; 3.1:1, or two lines."""
    width, height = (196, 164) if two else (384, 126)
    paper, ink_code = (
        ("a9acab", "1d1d20"),
        ("b8bab8", "202024"),
        ("b02c34", "eceae6"),
        ("f0f0ec", "b02c34"),
    )[int(np.searchsorted((0.45, 0.72, 0.95), rng.random()))]
    canvas = grounds.ground(f"flat:{paper}", (width, height), rng)
    canvas *= np.float32(rng.uniform(0.8, 1.1))
    ink = rgb(ink_code)
    strip = height * 0.16
    wide = width * rng.uniform(0.45, 0.7)
    words(
        canvas,
        "overpass",
        trim.pick(rng, _CITIES),
        ink,
        ((width - wide) / 2, height * 0.07, wide, strip * 0.72),
    )
    if rng.random() < 0.5:
        outline = trim.rounded((round(wide * 1.1), round(strip * 1.25)), 1, 3, 1)
        blend(canvas, outline, ink, (width - wide * 1.1) / 2, height * 0.035, 0.6)
    die = Die(
        face=trim.pick(rng, _BR_FACES),
        weight=int(rng.integers(-2, 3)),
        spacing=float(rng.uniform(0.08, 0.16)),
        stretch=float(np.clip(rng.normal(1.0, 0.07), 0.85, 1.2)),
        fixed=rng.random() < 0.6,
    )
    free = rng.random() < 0.25
    rows = (
        (("AAA", 0.25, 0.34), ("9999", 0.61, 0.34))
        if two
        else ((("AAA" + trim.pick(rng, ("-", ".", "-")) + "9999"), 0.28, 0.56),)
    )
    lines = []
    for issued, y, tall in rows:
        pattern = issued.replace("A", "X").replace("9", "X") if free else issued
        tokens = draw_serial(pattern, rng, WITH_THIN)
        lines.append(text_of(tokens))
        inset = width * (0.12 if two and len(issued) == 3 else 0.04)
        stamp_and_paint(
            canvas,
            tokens,
            die,
            (inset, height * (y + 0.02), width - 2 * inset, height * tall),
            ink,
            rng,
        )
    _south_trim(canvas, rng, ink_code, ((0.2, 0.1), (0.8, 0.1)))
    upper = len(lines[0]) if two else 0
    return finish(canvas, rng, "".join(lines), "br", "br:two" if two else "br:grey", upper)


def _south_trim(
    canvas: Canvas, rng: np.random.Generator, ink_code: str, holes: tuple[tuple[float, float], ...]
) -> None:
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
    words(
        canvas,
        "overpass",
        "BRASIL" if country == "br" else "REPUBLICA ARGENTINA",
        (245, 245, 245),
        (width * 0.25, strip * 0.25, width * 0.5, strip * 0.5),
    )
    ink_code = (
        "1a1a1c"
        if rng.random() < 0.8 or country == "ar"
        else trim.pick(rng, ("b02c34", "24408c", "1d7048"))
    )
    if country == "br":
        rows: tuple[str, ...] = ("AAA", "9A99") if two else ("AAA9A99",)
    else:
        rows = ("A999", "AAA") if two else ("AA 999 AA",)
    die = random_die(
        rng, ("road-d", "overpass", "share", "barlow-bold", "saira", "gemunu", "road-e")
    )
    free = rng.random() < 0.25
    lines = []
    room = (height - strip) / len(rows)
    for row, issued in enumerate(rows):
        pattern = issued.replace("A", "X").replace("9", "X") if free else issued
        tokens = draw_serial(pattern, rng, WITH_THIN)
        lines.append(text_of(tokens))
        tall = room * (0.72 if not two else 0.84)
        stamp_and_paint(
            canvas,
            tokens,
            die,
            (width * 0.06, strip + row * room + (room - tall) / 2, width * 0.88, tall),
            rgb(ink_code),
            rng,
        )
    _south_trim(canvas, rng, ink_code, ((0.06, 0.1), (0.94, 0.1)) if rng.random() < 0.5 else ())
    style = f"{country}:mercosur{'-two' if two else ''}"
    upper = len(lines[0]) if two else 0
    return finish(canvas, rng, "".join(lines), country, style, upper)


def ar_plate(rng: np.random.Generator, two: bool = False) -> RenderedPlate:
    """The Argentine plate of 1995: white on a black panel in a white rim; 2.28:1, or two lines."""
    width, height = (170, 140) if two else (296, 130)
    canvas = grounds.ground("flat:e8e8e4", (width, height), rng)
    canvas *= np.float32(rng.uniform(0.8, 1.05))
    top, bottom = round(height * rng.uniform(0.14, 0.2)), round(height * rng.uniform(0.84, 0.92))
    shade = rng.uniform(12, 45)
    edge = round(width * 0.025)
    canvas[top:bottom, edge : width - edge] = shade
    words(
        canvas,
        "overpass",
        "ARGENTINA",
        (40, 40, 40),
        (width * 0.28, height * 0.04, width * 0.44, top * 0.66),
    )
    die = Die(
        face=trim.pick(rng, ("california", "road-c", "share", "barlow", "road-d", "saira")),
        weight=int(rng.integers(-2, 3)),
        spacing=float(rng.uniform(0.08, 0.16)),
    )
    rows = ("999", trim.pick(rng, ("AAA", "AAA~"))) if two else (_AR_ROWS[int(rng.integers(4))],)
    if rng.random() < 0.2:
        rows = tuple(row.replace("A", "X").replace("9", "X") for row in rows)
    lines = []
    room = (bottom - top) / len(rows)
    for row, pattern in enumerate(rows):
        tokens = draw_serial(pattern, rng, WITH_THIN, trim.pick(rng, ("duplicate", "hyphen")))
        lines.append(text_of(tokens))
        tall = room * rng.uniform(0.72, 0.86)
        inset = width * (0.14 if two else 0.05)
        stamp_and_paint(
            canvas,
            tokens,
            die,
            (inset, top + row * room + (room - tall) / 2, width - 2 * inset, tall),
            rgb("ecece8"),
            rng,
        )
    _south_trim(canvas, rng, "ecece8", ((0.16, 0.09), (0.84, 0.09), (0.16, 0.93), (0.84, 0.93)))
    upper = len(lines[0]) if two else 0
    return finish(canvas, rng, "".join(lines), "ar", "ar:black-two" if two else "ar:black", upper)
