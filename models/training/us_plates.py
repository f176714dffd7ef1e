"""American and Canadian plates other than California's, 2:1, drawn from `us_states`."""

from __future__ import annotations

import numpy as np

from models.training import grounds, trim
from models.training.glyphs import Canvas, Colour, blend, relief, rgb, words
from models.training.plate_record import RenderedPlate, finish
from models.training.serials import (
    Die,
    Token,
    draw_serial,
    loosened,
    mark_mask,
    personal,
    stamp,
    text_of,
)
from models.training.us_states import POOL, STATES, Look, State

SIZE_WH = (288, 144)
SCREWS = ((0.2, 0.085), (0.8, 0.085), (0.2, 0.915), (0.8, 0.915))
_FACES = (
    "california",
    "california",
    "california",
    "road-b",
    "road-c",
    "road-c",
    "road-d",
    "barlow",
    "barlow",
    "barlow-bold",
    "saira",
    "saira-x",
    "share",
    "gothic",
    "oswald",
    "big",
    "gemunu",
)
_FLAT_FACES = ("barlow", "barlow-bold", "saira", "road-c", "share", "oswald", "big", "california")


def random_die(rng: np.random.Generator, faces: tuple[str, ...], cells: int) -> Die:
    """A die near what is stamped: narrower for long serials, now and then thick or thin."""
    face = trim.pick(rng, faces)
    stretch = float(rng.normal(1.0, 0.08)) * (1.08 if cells <= 6 else 1.0)
    return Die(
        face=face,
        weight=int(rng.integers(-2, 3)) if face != "gothic" else int(rng.integers(-2, 1)),
        stretch=float(np.clip(stretch, 0.78, 1.3)),
        spacing=float(rng.uniform(0.07, 0.2)),
        fixed=rng.random() < 0.75,
    )


def varied(colour: Colour, rng: np.random.Generator) -> Colour:
    """A colour a little lighter or darker, and a little off."""
    gain = rng.uniform(0.8, 1.2)
    blue, green, red = (
        c * gain * f + 6 for c, f in zip(colour, rng.uniform(0.95, 1.05, 3), strict=True)
    )
    return blue, green, red


def stamp_and_paint(
    canvas: Canvas,
    tokens: list[Token],
    die: Die,
    box: tuple[float, float, float, float],
    ink: Colour,
    rng: np.random.Generator,
    mark_ink: Colour | None = None,
    emboss: float | None = None,
) -> list[tuple[float, float, float]]:
    """Stamp a serial, with the light on its edges, and paint it; marks are painted with it.

    Gives the left, the top and the size of each mark.
    """
    height, width = canvas.shape[:2]
    mask, marks = stamp(tokens, die, (width, height), box)
    placed = []
    for token, x, y, size in marks:
        side = min(size, box[3] * 0.8) if token.value not in ("hyphen", "dot") else size
        left, low = x + (size - side) / 2, y + box[3] / 2 - side / 2
        blend(canvas, mark_mask(token.value, side), mark_ink or ink, left, low)
        placed.append((left, low, side))
    worn = 1.0
    if rng.random() < 0.12:  # paint chipped off the stamped faces
        holes = np.clip(1.7 - grounds.texture((width, height), rng) * rng.uniform(0.6, 1.3), 0, 1)
        mask = (mask * holes).astype(np.uint8)
        worn = float(rng.uniform(0.75, 1))
    top, bottom = max(0, int(box[1]) - 6), min(height, int(box[1] + box[3]) + 8)
    canvas, mask = canvas[top:bottom], mask[top:bottom]
    blend(canvas, mask, ink, 0, 0, worn)
    depth = emboss if emboss is not None else (rng.uniform(8, 34) if rng.random() < 0.75 else 0.0)
    if depth:
        relief(canvas, mask, depth, rng.uniform(0, 2 * np.pi))
    return placed


def us_plate(rng: np.random.Generator, region: str) -> RenderedPlate:
    """A plate of a state of `STATES`."""
    state = STATES[region]
    look = state.looks[int(rng.integers(len(state.looks)))]
    special = rng.random() < 0.22
    paint = POOL[int(rng.integers(len(POOL)))] if special else look
    ground, ink_code = paint.ground, paint.ink
    canvas = grounds.ground(ground, SIZE_WH, rng)
    ink = varied(rgb(ink_code), rng)
    canvas *= np.float32(rng.uniform(0.88, 1.04))
    _print_words(canvas, rng, state, look, special, ink_code)
    pattern, letters = _pattern(rng, state, look)
    tokens = draw_serial(pattern, rng, letters, state.mark)
    cells = sum(t.kind == "char" for t in tokens)
    height = SIZE_WH[1] * rng.uniform(0.42, 0.54)
    picture = special and rng.random() < 0.45 and cells <= 6
    left = SIZE_WH[0] * (rng.uniform(0.2, 0.28) if picture else rng.uniform(0.03, 0.07))
    box = (left, SIZE_WH[1] * rng.uniform(0.5, 0.56) - height / 2, SIZE_WH[0] * 0.95 - left, height)
    if picture:
        _emblem(canvas, rng, left)
    elif rng.random() < 0.1 and not special:
        _ghost(canvas, rng, rgb(look.header_colour or ink_code))
    flat = region in ("us-tx", "us-az", "us-wa", "us-ne") or rng.random() < 0.25
    die = random_die(rng, _FLAT_FACES if flat else _FACES, cells)
    mark_ink = (
        rgb(look.header_colour)
        if look.header_colour and state.mark in ("star", "keystone")
        else None
    )
    stamp_and_paint(canvas, tokens, die, box, ink, rng, mark_ink, 0.0 if flat else None)
    furnish(canvas, rng, rgb(ink_code))
    return finish(canvas, rng, text_of(tokens), region, region)


def _pattern(rng: np.random.Generator, state: State, look: Look) -> tuple[str, str]:
    """A pattern and its letters: 60 % as issued, 28 % loosened, 12 % personal."""
    draw = rng.random()
    every = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    issued = trim.pick(rng, look.patterns or state.patterns)
    if draw < 0.6:
        stackable = "<" not in issued and "(" not in issued and len(issued) <= 7
        # Stacked letters that name a kind of plate stand beside the serial and are not part of it.
        if stackable and state.name not in ("NEW YORK", "New Jersey") and rng.random() < 0.05:
            issued = "(AA)" + issued if rng.random() < 0.7 else issued + "(AA)"
        return issued, state.letters
    if draw >= 0.88:
        return personal(rng), every
    # Most states avoid O, I and Q wherever a digit might stand.
    return loosened(issued, rng), every if rng.random() < 0.25 else "ABCDEFGHJKLMNPRSTUVWXYZ"


def _print_words(
    canvas: Canvas, rng: np.random.Generator, state: State, look: Look, special: bool, ink_code: str
) -> None:
    width, height = SIZE_WH
    header = look.header or state.name
    colour = rgb(ink_code if special or not look.header_colour else look.header_colour)
    top = height * rng.uniform(0.035, 0.06)
    tall = height * rng.uniform(0.13, 0.18)
    side = width * rng.uniform(0.2, 0.27)
    words(canvas, look.header_face, header, colour, (side, top, width - 2 * side, tall))
    footer = look.footer if rng.random() < 0.85 else ""
    colour = rgb(ink_code if special or not look.footer_colour else look.footer_colour)
    tall = height * rng.uniform(0.075, 0.12)
    words(
        canvas,
        look.header_face if rng.random() < 0.5 else "overpass",
        footer,
        colour,
        (width * 0.2, height * 0.96 - tall, width * 0.6, tall),
    )


def _emblem(canvas: Canvas, rng: np.random.Generator, left: float) -> None:
    """The picture at the left of a special plate: a badge of two colours with small words."""
    height = canvas.shape[0]
    size = left * rng.uniform(0.65, 0.9)
    x, y = left * 0.12, height * rng.uniform(0.28, 0.36)
    kind = trim.pick(rng, ("seal", "star", "heart", "diamond", "seal", "plus", "keystone", "hand"))
    colour = rgb(trim.pick(rng, trim.STICKERS))
    blend(canvas, mark_mask("seal", size), rgb(trim.pick(rng, trim.STICKERS)), x, y, 0.9)
    blend(canvas, mark_mask(kind, size * 0.7), colour, x + size * 0.15, y + size * 0.15, 0.95)
    if rng.random() < 0.4:
        words(
            canvas,
            "overpass",
            trim.dealer_words(rng)[:8],
            (40, 40, 40),
            (x, y + size, size, height * 0.06),
        )


def _ghost(canvas: Canvas, rng: np.random.Generator, colour: Colour) -> None:
    """A faint picture behind the serial, as a state's outline or tree."""
    kind = trim.pick(rng, ("nystate", "star", "seal", "hand", "keystone", "heart"))
    size = canvas.shape[0] * rng.uniform(0.4, 0.8)
    blend(
        canvas,
        mark_mask(kind, size),
        colour,
        canvas.shape[1] / 2 - size / 2,
        canvas.shape[0] * 0.5 - size / 2,
        rng.uniform(0.1, 0.45),
    )


def furnish(canvas: Canvas, rng: np.random.Generator, ink: Colour, framed: float = 0.42) -> None:
    """Border, stickers, screws and, on a share of plates, a dealer's frame."""
    width, height = canvas.shape[1], canvas.shape[0]
    if rng.random() < 0.45:
        edge = trim.rounded((width, height), height * 0.03, height * 0.08, 2)
        if rng.random() < 0.5:
            blend(canvas, edge, ink, 0, 0, rng.uniform(0.4, 1))
        relief(canvas, edge, rng.uniform(8, 25), rng.uniform(0, 2 * np.pi))
    corners = rng.random()
    high, wide = height * 0.15, width * 0.115
    spots = [(0.03, 0.04), (0.855, 0.04), (0.03, 0.83), (0.855, 0.83)]
    if corners < 0.35:
        trim.sticker(canvas, rng, (spots[0][0] * width, spots[0][1] * height, wide, high), True)
        trim.sticker(canvas, rng, (spots[1][0] * width, spots[1][1] * height, wide, high), False)
    elif corners < 0.6:
        fx, fy = spots[int(rng.integers(4))]
        trim.sticker(canvas, rng, (fx * width, fy * height, wide, high), rng.random() < 0.3)
    trim.screws(canvas, rng, SCREWS, height * 0.03)
    if rng.random() < framed:
        trim.frame(canvas, rng, 0.2 if rng.random() < 0.3 else 0.12)
