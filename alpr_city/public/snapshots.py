"""Takes the public's figures every so often, counting only what is new in the log."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from django.conf import settings

from alpr_city.errors import ConfigError, VaultError
from alpr_city.public.figures import of_tables, reads_by_day
from alpr_city.public.hits import settle
from alpr_city.public.models import Snapshot
from alpr_city.public.verify_figures import digest_of_told, of_log

FRESH = timedelta(minutes=10)
KEPT = 500


class Asks(Protocol):
    """The vault's client."""

    def call(self, operation: str, *arguments: Any) -> Any:
        """Ask for one operation."""


def newest(vault: Asks) -> Snapshot | None:
    """A fresh one; the last where vault or policy is missing; None where there never was any."""
    last: Snapshot | None = Snapshot.objects.first()
    if last is not None and datetime.now(UTC) - last.taken_at < FRESH:
        return last
    try:
        return take(vault, last)
    except (VaultError, ConfigError):
        return last


def take(vault: Asks, last: Snapshot | None = None) -> Snapshot:
    """Count, have it signed, and keep.

    Raises:
        VaultError: The log could not be counted.
    """
    settle(datetime.now(UTC))
    at = datetime.now(UTC)
    by_day = reads_by_day(at, last.reads_by_day if last else {})
    told = {"taken_at": at.isoformat(), **of_tables(at, by_day)}
    digest = digest_of_told(json.loads(json.dumps(told)))
    before = _before(last)
    while True:
        try:
            done, seq, head, rows, word, statement, signed_head = vault.call(
                "tally", before, digest
            )
        except VaultError:
            if not before:
                raise
            before = []  # those counts were of another log, or another key's: begin again
            continue
        if done:
            break
        before = [statement, rows]
    root = settings.CITY.files.root_public
    figures = {
        **told,
        **of_log(rows),
        "log_entries": seq + 1,
        "log_head": bytes(head).hex(),
        "signed_log_head": bytes(signed_head).hex(),
        "log_counts": rows,
        "proof": {
            "root": root.read_bytes().hex() if root.exists() else "",
            "key": bytes(word).hex(),
            "statement": bytes(statement).hex(),
        },
    }
    made: Snapshot = Snapshot.objects.create(
        taken_at=at, seq=seq, counts=rows, reads_by_day=by_day, figures=figures
    )
    old = Snapshot.objects.order_by("-taken_at").values_list("pk", flat=True)[KEPT:]
    Snapshot.objects.filter(pk__in=list(old)).delete()
    return made


def _before(last: Snapshot | None) -> list[Any]:
    statement = last.figures.get("proof", {}).get("statement", "") if last is not None else ""
    return [bytes.fromhex(statement), last.counts] if last is not None and statement else []
