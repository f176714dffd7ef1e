"""Counts the access log for the public: how many, for what purpose, by which organisation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from alpr_city.vault.vault import Vault

MOST_ENTRIES = 5000
"""In one go: the vault does nothing else meanwhile."""

Key = tuple[str, str, str]


class Tally:
    """Counts alone leave the vault this way: no user, no case, no reason, no query."""

    def __init__(self, vault: Vault) -> None:
        self._log = vault.log

    def tally(self, after: int) -> list[Any]:
        """`[last entry counted, head after it, rows]` of the entries after a number."""
        before, entries = self._log.from_entry(after + 1, MOST_ENTRIES)
        head = self._log.head_at(after + len(entries)) if entries else before
        counts = count(body for _, body in entries)
        return [after + len(entries), head, [[*key, n] for key, n in sorted(counts.items())]]


def count(bodies: Iterable[dict[int, Any]]) -> Counter[Key]:
    """`("search", purpose, organisation)`, `("access", action, "")` and `("note", action, "")`."""
    counts: Counter[Key] = Counter()
    for body in bodies:
        action = str(body.get(2))
        if action == "outcome":
            continue
        if not isinstance(body.get(3), str):
            counts["note", action, ""] += 1
            continue
        counts["access", action, ""] += 1
        if action.split(".")[0] == "search":
            counts["search", str(body.get(5)), str(body.get(4))] += 1
    return counts
