"""Takes the public's figures every so often, counting only what is new in the log."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from alpr_city.errors import VaultError
from alpr_city.public.figures import of_log, of_tables, reads_by_day
from alpr_city.public.models import Snapshot

FRESH = timedelta(minutes=10)
KEPT = 500


class Asks(Protocol):
    """The vault's client."""

    def call(self, operation: str, *arguments: Any) -> Any:
        """Ask for one operation."""


def newest(vault: Asks) -> Snapshot | None:
    """A fresh one; the last one where the vault is away; None where there never was any."""
    last: Snapshot | None = Snapshot.objects.first()
    if last is not None and datetime.now(UTC) - last.taken_at < FRESH:
        return last
    try:
        return take(vault, last)
    except VaultError:
        return last


def take(vault: Asks, last: Snapshot | None = None) -> Snapshot:
    """Count, and keep.

    Raises:
        VaultError: The log could not be counted.
    """
    at = datetime.now(UTC)
    counts: Counter[tuple[str, ...]] = Counter()
    seq = -1
    if last is not None:
        seq, counts = last.seq, Counter({tuple(r[:3]): r[3] for r in last.counts})
    while True:
        reached, head, rows = vault.call("tally", seq)
        counts.update({tuple(row[:3]): row[3] for row in rows})
        if reached == seq:
            break
        seq = reached
    table = [[*key, n] for key, n in sorted(counts.items())]
    by_day = reads_by_day(at, last.reads_by_day if last else {})
    figures = {
        "taken_at": at.isoformat(),
        "log_entries": seq + 1,
        "log_head": bytes(head).hex(),
        "signed_log_head": bytes(vault.call("head")).hex(),
        **of_log(table),
        **of_tables(at, by_day),
    }
    made: Snapshot = Snapshot.objects.create(
        taken_at=at, seq=seq, counts=table, reads_by_day=by_day, figures=figures
    )
    old = Snapshot.objects.order_by("-taken_at").values_list("pk", flat=True)[KEPT:]
    Snapshot.objects.filter(pk__in=list(old)).delete()
    return made
