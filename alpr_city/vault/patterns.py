"""What somebody asks with '?' and '*', as an expression over columns, and how likely a find is."""

from __future__ import annotations

import re

from alpr_city.errors import VaultError

ALIKE = ("0OQD", "1I", "8B", "5S", "2Z")
LEAST_KNOWN = 2
"""Characters that a pattern gives; with fewer it asks for everybody."""
MOST = 16
_WEIGHT_FROM, _WEIGHTS = 33, 90
_ASKED = re.compile(r"[0-9A-Z?*]{1,16}")


def weigh(p: float) -> str:
    """A probability as one character."""
    return chr(_WEIGHT_FROM + round(min(max(p, 0.0), 1.0) * _WEIGHTS))


class Asked:
    """One pattern: a character stands for itself, '?' for any one, '*' for any number."""

    def __init__(self, text: str, *, alike: bool) -> None:
        """Take it apart; `alike`: characters that look alike count as the same.

        Raises:
            VaultError: It is none, or gives too few characters.
        """
        if not isinstance(text, str) or not _ASKED.fullmatch(text):
            raise VaultError(f"a pattern is up to {MOST} of A-Z, 0-9, '?' and '*'")
        if sum(c not in "?*" for c in text) < LEAST_KNOWN:
            raise VaultError(
                "a pattern gives two characters at least",
                fix="search by camera and time where no character is known",
            )
        text = re.sub(r"\*+", "*", text)
        self._parts = [c if c in "?*" else _same(c, alike) for c in text]
        self.lines = re.compile("\n" + "".join(map(_expression, self._parts)) + "\t[^\n]*")

    def likelihood(self, line: str) -> float:
        """How likely a line's read is what was asked for, over all ways it can be that."""
        positions = _positions(line)
        chances = [1.0] + [0.0] * len(positions)
        for part in self._parts:
            if part == "*":
                best = 0.0
                for at, chance in enumerate(chances):
                    best = max(best, chance)
                    chances[at] = best
                continue
            following = [0.0] * len(chances)
            for at, position in enumerate(positions):
                p = 1.0 if part == "?" else sum(p for c, p in position if c in part)
                following[at + 1] = chances[at] * min(p, 1.0)
            chances = following
        return chances[-1]


def _same(character: str, alike: bool) -> str:
    return next((same for same in ALIKE if alike and character in same), character)


def _expression(part: str) -> str:
    if part == "?":
        return r"(?:[^\[\]\t\n]|\[[^\]\n]*\])"
    if part == "*":
        return r"(?:[^\[\]\t\n]|\[[^\]\n]*\])*"
    return rf"(?:[{part}]|\[[^\]\n]*[{part}][^\]\n]*\])"


def _positions(line: str) -> list[list[tuple[str, float]]]:
    """`7A[B8]\\tw...`, one weight for each character, as positions with probabilities."""
    text, _, weights = line.strip("\n").partition("\t")
    shares = iter([(ord(w) - _WEIGHT_FROM) / _WEIGHTS for w in weights])
    positions: list[list[tuple[str, float]]] = []
    within = False
    for character in text:
        if character == "[":
            within = True
            positions.append([])
        elif character == "]":
            within = False
        elif within:
            positions[-1].append((character, next(shares, 0.0)))
        else:
            positions.append([(character, next(shares, 0.0))])
    return positions
