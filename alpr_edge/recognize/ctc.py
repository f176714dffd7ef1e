"""From the reader's columns to texts with probabilities (connectionist temporal classification).

A column gives each class a probability; class 0 is 'nothing here'. A text's probability is the sum
over all ways to spread it across the columns (Graves et al., 2006), so it is exact, not a product
of maxima.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Columns = NDArray[np.float64]
"""(T, classes), each row a probability distribution, class 0 the blank."""

Codes = tuple[int, ...]
"""A text as classes, blanks and repeats removed."""

SURE_BLANK = 0.999
FAINT = 1e-3
"""Classes fainter than this in a column are not tried."""


def columns_of(logits: NDArray[np.float32], temperature: float) -> Columns:
    """Softmax over each column, with runs of all but certainly empty columns merged into one."""
    scaled = logits.astype(np.float64) / temperature
    scaled -= scaled.max(1, keepdims=True)
    p = np.exp(scaled)
    p /= p.sum(1, keepdims=True)
    blank = p[:, 0] > SURE_BLANK
    keep = ~blank
    keep[1:] |= blank[1:] & ~blank[:-1]
    keep[0] = True
    merged: Columns = p[keep]
    return merged


def beam_search(columns: Columns, width: int) -> list[Codes]:
    """The likeliest texts, best first, at most `width` of them."""
    # prefix -> [probability ending in a blank, probability ending in its last character]
    beams: dict[Codes, tuple[float, float]] = {(): (1.0, 0.0)}
    for column in columns:
        tried = [(int(c), float(column[c])) for c in np.flatnonzero(column > FAINT) if c]
        empty = float(column[0])
        grown: defaultdict[Codes, list[float]] = defaultdict(lambda: [0.0, 0.0])
        for prefix, (blank, ending) in beams.items():
            last = prefix[-1] if prefix else 0
            entry = grown[prefix]
            entry[0] += (blank + ending) * empty
            entry[1] += ending * float(column[last]) if last else 0.0
            for code, p in tried:
                grown[(*prefix, code)][1] += p * (blank if code == last else blank + ending)
        best = sorted(grown.items(), key=lambda item: -(item[1][0] + item[1][1]))[:width]
        total = sum(b + e for _, (b, e) in best) or 1.0
        beams = {prefix: (b / total, e / total) for prefix, (b, e) in best}
    return list(beams)


def probabilities(columns: Columns, texts: Sequence[Codes]) -> NDArray[np.float64]:
    """The exact probability of each text, (n,)."""
    longest = max((len(t) for t in texts), default=0)
    # The text with blanks between and around: states 0 to 2L; odd states are characters.
    states = np.zeros((len(texts), 2 * longest + 1), np.intp)
    for row, text in enumerate(texts):
        states[row, 1 : 2 * len(text) : 2] = text
    may_skip = np.zeros(states.shape, bool)
    may_skip[:, 3::2] = states[:, 3::2] != states[:, 1:-2:2]
    ends = np.array([2 * len(t) for t in texts])
    alpha = np.zeros(states.shape)
    alpha[:, 0] = 1.0
    first = True
    for column in columns:
        step = alpha.copy()
        step[:, 1:] += alpha[:, :-1]
        if not first:
            step[:, 2:] += np.where(may_skip[:, 2:], alpha[:, :-2], 0.0)
        alpha = step * column[states]
        first = False
    rows = np.arange(len(texts))
    last = np.where(ends > 0, alpha[rows, np.maximum(ends - 1, 0)], 0.0)
    out: NDArray[np.float64] = alpha[rows, ends] + last
    return out


def substitutes(columns: Columns, text: Codes, most: int) -> list[list[tuple[int, float]]]:
    """For each character of a text: what else it may be, given the others, likeliest first.

    The probabilities of one position sum to 1 over the classes tried.
    """
    if not text:
        return []
    rivals = np.argsort(-columns[:, 1:].max(0))[: most + len(text)] + 1
    faint = columns[:, 1:].max(0) > FAINT
    codes = [int(c) for c in rivals if faint[c - 1]]
    variants: list[Codes] = []
    places: list[tuple[int, int]] = []
    for index, own in enumerate(text):
        for code in {own, *codes}:
            variants.append((*text[:index], code, *text[index + 1 :]))
            places.append((index, code))
    scores = probabilities(columns, variants)
    table: list[list[tuple[int, float]]] = [[] for _ in text]
    for (index, code), p in zip(places, scores, strict=True):
        table[index].append((code, float(p)))
    lattice = []
    for own, row in zip(text, table, strict=True):
        total = sum(p for _, p in row) or 1.0
        ranked = sorted(((c, p / total) for c, p in row), key=lambda cp: (-cp[1], cp[0] != own))
        lattice.append([(c, p) for c, p in ranked[:most] if p > FAINT or c == own])
    return lattice
