"""Serials: what a pattern may say, and how its characters stand on a plate.

A pattern is a string: `A` a letter, `9` a digit, `X` either; `{TX}` is written as it is; a blank is
a gap; `~` is the style's own separator (hyphen, dot, state outline, seal), never part of the text;
`<AA>` are small stacked letters that belong to the serial (`<{DP}>` these very letters), `(AA)`
stacked ones that do not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import cv2
import numpy as np

from models.training.glyphs import CAP_PX, PAD_PX, Mask, aspect, die, sized, symbol

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
WITH_THIN = LETTERS + "III"
"""The bare bar of an I is what readers leave out: it is drawn more often than it is issued."""
DIGITS = "0123456789"
_MIXED = "ABCDEFGHJKLMNPRSTUVWXYZ" + DIGITS
"""Where letters and digits stand in no order, nobody can tell O from 0 or I from 1 by place."""
_TOKEN = re.compile(r"\{(\w+)\}|<(\{?\w+\}?)>|\((\w+)\)|(.)")


@dataclass(frozen=True, slots=True)
class Token:
    """One thing in a serial: 'char', 'gap', 'mark' (not text) or 'stack'."""

    kind: str
    value: str = field(default="", repr=False)
    counts: bool = True


def _pick(rng: np.random.Generator, alphabet: str) -> str:
    return alphabet[int(rng.integers(len(alphabet)))]


def _fill(code: str, rng: np.random.Generator, letters: str) -> str:
    if code == "A":
        return _pick(rng, letters)
    if code == "9":
        return _pick(rng, DIGITS)
    return _pick(rng, _MIXED) if code == "X" else code


def draw_serial(
    pattern: str, rng: np.random.Generator, letters: str = LETTERS, mark: str = "hyphen"
) -> list[Token]:
    """Draw characters for a pattern."""
    tokens: list[Token] = []
    for literal, stack, aside, char in _TOKEN.findall(pattern):
        if literal:
            tokens += [Token("char", c) for c in literal]
        elif stack or aside:
            code = stack or aside
            drawn = code[1:-1] if code[0] == "{" else "".join(_fill(c, rng, letters) for c in code)
            tokens.append(Token("stack", drawn, bool(stack)))
        elif char == " ":
            tokens.append(Token("gap"))
        elif char == "~":
            tokens.append(Token("mark", mark, False))
        elif char in "-.":
            tokens.append(Token("mark", "hyphen" if char == "-" else "dot", False))
        elif char == "*":
            tokens.append(
                Token("mark", ("heart", "star", "hand", "plus")[int(rng.integers(4))], False)
            )
        else:
            tokens.append(Token("char", _fill(char, rng, letters)))
    return tokens


def loosened(pattern: str, rng: np.random.Generator) -> str:
    """A pattern of the same make-up with every character free, so that no reader learns the order.

    Nearly as long as the real one, separators where they were or not at all.
    """
    chars = [c for c in pattern if c in "A9X"]
    count = int(np.clip(len(chars) + rng.integers(-1, 2), 3, 8))
    # Blocks of letters and digits, as on every real plate, but anywhere; sometimes all mixed.
    mixed = rng.random() < 0.3
    out: list[str] = []
    kind = "A9"[int(rng.integers(2))]
    for _ in range(count):
        if mixed:
            out.append("X")
            continue
        if out and rng.random() < 0.35:
            kind = "9" if kind == "A" else "A"
        out.append(kind)
    gap = [c for c in pattern if c in "~ -."]
    if gap and rng.random() < 0.7:
        out.insert(int(rng.integers(1, count)), gap[0])
    return "".join(out)


def personal(rng: np.random.Generator, longest: int = 7) -> str:
    """A personalised serial: mostly letters, sounding a little like words, with some digits."""
    count = int(rng.integers(2, longest + 1))
    if rng.random() < 0.45:
        return "".join("X" if rng.random() < 0.3 else "A" for _ in range(count))
    out = ""
    vowel = rng.random() < 0.4
    while len(out) < count:
        out += _pick(rng, "AEIOUAEIOUY" if vowel else "BCDFGHJKLMNPRSTVWZ")
        if rng.random() < 0.75:
            vowel = not vowel
    if rng.random() < 0.3:
        spot = int(rng.integers(count))
        out = out[:spot] + _pick(rng, "0123456789") + out[spot + 1 :]
    word = "{" + out + "}"
    if count > 3 and rng.random() < 0.3:
        spot = int(rng.integers(1, count))
        word = "{" + out[:spot] + "} {" + out[spot:] + "}"
    if rng.random() < 0.25 and count < longest:
        word = (
            "*" + word
            if rng.random() < 0.5
            else word.replace("} {", "}*{")
            if " " in word
            else word + "*"
        )
    return word


def text_of(tokens: list[Token]) -> str:
    """What a reader should say."""
    return "".join(t.value for t in tokens if t.counts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Die:
    """How characters are stamped."""

    face: str
    weight: int = 0
    stretch: float = 1.0
    """Width over the face's own."""
    spacing: float = 0.16
    """Space between characters, in cap heights."""
    fixed: bool = True
    """Every character has the same cell, as most dies do."""


def _widths(tokens: list[Token], die_: Die) -> list[float]:
    """Width of each token in cap heights."""
    cell = aspect(die_.face, "H") * die_.stretch
    widths = []
    for token in tokens:
        if token.kind == "char":
            own = aspect(die_.face, token.value) * die_.stretch
            widths.append(max(cell, min(own, cell * 1.25)) if die_.fixed else own)
        elif token.kind == "gap":
            widths.append(0.2)
        elif token.kind == "mark":
            widths.append(0.22 if token.value in ("hyphen", "dot") else 0.42)
        else:
            widths.append(cell * 0.62)
    return widths


def stamp(
    tokens: list[Token], die_: Die, size_wh: tuple[int, int], box: tuple[float, float, float, float]
) -> tuple[Mask, list[tuple[Token, float, float, float]]]:
    """Stamp a serial into a box (x, y, width, height) of a plate, centred.

    Gives the mask of all characters and, for each mark, its place: (token, x, y, size).
    """
    mask = np.zeros((size_wh[1], size_wh[0]), np.uint8)
    x, y, width, height = box
    widths = _widths(tokens, die_)
    total = (sum(widths) + die_.spacing * (len(widths) - 1)) * height
    squeeze = min(1.0, width / total)
    at = x + (width - total * squeeze) / 2
    marks = []
    for token, own in zip(tokens, widths, strict=True):
        span = own * height * squeeze
        if token.kind == "char":
            scale = span / (aspect(die_.face, token.value) * height)
            _put(
                mask,
                die_,
                token.value,
                at + span / 2,
                y,
                height,
                min(scale, die_.stretch * squeeze),
            )
        elif token.kind == "stack":
            _stack(mask, die_, token.value, at, y, span, height)
        elif token.kind == "mark":
            marks.append((token, at, y, span))
        at += span + die_.spacing * height * squeeze
    return mask, marks


def _stack(
    mask: Mask, die_: Die, text: str, x: float, y: float, span: float, height: float
) -> None:
    each = height / len(text)
    cap = each * 0.84
    for row, char in enumerate(text):
        scale = min(span / (aspect(die_.face, char) * cap), die_.stretch * 1.25)
        _put(mask, die_, char, x + span / 2, y + row * each + (each - cap) / 2, cap, scale)


def _put(
    mask: Mask, die_: Die, char: str, centre: float, y: float, cap: float, scale: float
) -> None:
    glyph = sized(die(die_.face, char, die_.weight), cap, scale)
    left, top = round(centre - glyph.shape[1] / 2), round(y - PAD_PX * cap / CAP_PX)
    x0, y0 = max(0, left), max(0, top)
    part = mask[y0 : top + glyph.shape[0], x0 : left + glyph.shape[1]]
    if part.size:
        np.maximum(part, glyph[y0 - top :, x0 - left :][: part.shape[0], : part.shape[1]], out=part)


def mark_mask(kind: str, size: float) -> Mask:
    """A separator's mask, `size` pixels wide and high."""
    side = max(3, round(size))
    return cv2.resize(symbol(kind), (side, side), interpolation=cv2.INTER_AREA)
