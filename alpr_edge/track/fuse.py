"""Many readings of one plate become one text."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from alpr_edge.seams import Character, PlateText

INDEPENDENT = 3.0
"""Readings of one passage share their light and angle: however many, they count as so few."""
FLOOR = 0.003
"""No reading rules a character out: the probability of one that it does not name."""
ALTERNATIVES = 5
DOUBTFUL = 0.6
"""Below this confidence a text keeps a '?': the readings disagree on how long it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One crop's text and how far it deserves to be heard."""

    text: PlateText
    weight: float
    """Larger for larger and sharper crops; comparable within a passage."""


def fuse(readings: Sequence[Reading]) -> PlateText | None:
    """The likeliest text over all readings, or None where none holds any.

    Readings of the length that has the most say are combined position by position; the others
    only take confidence away.
    """
    legible = [r for r in readings if r.text.raw_text]
    if not legible:
        return None
    says = [r.weight * (0.05 + r.text.confidence) for r in legible]
    by_length: defaultdict[int, float] = defaultdict(float)
    for reading, say in zip(legible, says, strict=True):
        by_length[len(reading.text.characters)] += say
    length = max(by_length, key=lambda n: (by_length[n], n))
    agreed = [
        (r, s) for r, s in zip(legible, says, strict=True) if len(r.text.characters) == length
    ]
    share = by_length[length] / sum(says)
    total = sum(s for _, s in agreed)
    heard = min(INDEPENDENT, float(len(agreed))) / total
    characters = tuple(
        _combine([(r.text.characters[i], s * heard) for r, s in agreed]) for i in range(length)
    )
    raw = "".join(c.best for c in characters)
    together = math.prod(c.probability for c in characters)
    best = max((r.text for r, _ in agreed if r.text.raw_text == raw), key=_confidence, default=None)
    # A single good look is not made worse by agreeing with itself.
    confidence = share * max(together, best.confidence if best else 0.0)
    region, region_confidence = _region(agreed)
    return PlateText(
        text=_abstaining(
            raw, characters, best, agreed[0][0].text if len(agreed) == 1 else None, confidence
        ),
        raw_text=raw,
        confidence=min(confidence, 0.999),
        characters=characters,
        region=region,
        region_confidence=region_confidence,
        nothing=min(r.text.nothing for r in legible),
    )


def similarity(a: str, b: str) -> float:
    """Share of characters two texts have in common, in order: 0 to 1."""
    return _in_common(a, b) / max(len(a), len(b), 1)


def is_fragment(text: str, whole: str) -> bool:
    """Whether a text can be a part of another, with the character at its cut misread."""
    return len(whole) - len(text) >= 2 and _in_common(text, whole) >= max(2, len(text) - 1)


def _in_common(a: str, b: str) -> int:
    """How many characters two texts have in common, in order."""
    row = [0] * (len(b) + 1)
    for x in a:
        before = 0
        for j, y in enumerate(b, 1):
            before, row[j] = row[j], before + 1 if x == y else max(row[j], row[j - 1])
    return row[-1]


def _combine(votes: list[tuple[Character, float]]) -> Character:
    """A position's alternatives, each reading's log-probabilities weighted by its say."""
    named = {c for character, _ in votes for c, _ in character.alternatives}
    scores: defaultdict[str, float] = defaultdict(float)
    for character, weight in votes:
        said = dict(character.alternatives)
        for name in named:
            scores[name] += weight * math.log(max(said.get(name, 0.0), FLOOR))
    top = max(scores.values())
    shares = {name: math.exp(score - top) for name, score in scores.items()}
    whole = sum(shares.values())
    ranked = sorted(((n, s / whole) for n, s in shares.items()), key=lambda ns: (-ns[1], ns[0]))
    return Character(alternatives=tuple(ranked[:ALTERNATIVES]))


def _abstaining(
    raw: str,
    characters: tuple[Character, ...],
    best: PlateText | None,
    only: PlateText | None,
    confidence: float,
) -> str:
    """The text with '?' where even all readings together leave a character open."""
    if only is not None:
        return only.text
    if confidence < DOUBTFUL:
        weakest = min(range(len(raw)), key=lambda i: characters[i].probability)
        return raw[:weakest] + "?" + raw[weakest + 1 :]
    if best is not None and best.text == raw:
        return raw
    return "".join(c.best if c.probability >= 0.6 else "?" for c in characters)


def _region(agreed: list[tuple[Reading, float]]) -> tuple[str | None, float]:
    votes: defaultdict[str | None, float] = defaultdict(float)
    for reading, say in agreed:
        votes[reading.text.region] += say * reading.text.region_confidence
    region = max(votes, key=lambda name: (name is not None and votes[name] > 0, votes[name]))
    sure = [r.text.region_confidence for r, _ in agreed if r.text.region == region]
    return region, max(sure) if region is not None else 0.0


def _confidence(text: PlateText) -> float:
    return text.confidence
