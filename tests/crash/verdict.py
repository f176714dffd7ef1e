"""What many power cuts came to."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

EXAMPLES = 5


@dataclass(slots=True)
class Verdict:
    """Counts by what was found; the first few faults in words.

    whole: all that was acknowledged is there. lost: something acknowledged is not, though the rest
    is sound. damaged: SQLite, the chain or a digest says that something is not sound. forked: a
    sequence number holds other bytes than were acknowledged, which the city sees in the chain.
    refused: it cannot be opened on a sound disk.
    """

    cuts: int = 0
    found: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    lost: bool = False
    """Something other than whole was found: life goes on from new cards."""

    def judge(self, word: str, detail: str) -> None:
        """Note one recovery."""
        self.found[word] += 1
        if word != "whole":
            self.fault(f"{word}: {detail}")

    def fault(self, text: str) -> None:
        """Note what should not be."""
        self.lost = True
        if len(self.faults) < EXAMPLES:
            self.faults.append(text)
