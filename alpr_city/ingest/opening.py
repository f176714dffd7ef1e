"""Has the vault open the reads of a round, and puts together what is stored of every record."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Any, Protocol

from alpr_city.hits.arrivals import note
from alpr_city.ingest.work import Known, Work
from alpr_city.reads.store import Store, new_part
from alpr_city.vault.arrivals import asked_of
from alpr_wire.records import Record

MOST_EPOCHS = 4096
"""Epoch records of a stream kept at hand."""


class Asks(Protocol):
    """The vault's client."""

    def call(self, operation: str, *arguments: Any) -> Any:
        """Ask for one operation."""


def open_reads(work: Work, store: Store, vault: Asks) -> None:
    """Complete a round's intake: every record, and beside the reads what the vault made of them.

    Raises:
        VaultError: The vault is away.
    """
    intake = work.intake
    day_text = str(intake.day)
    opened: dict[tuple[int, int], tuple[bytes, int]] = {}
    if work.reads:
        asked = [_asked(store, known, reads) for known, reads in work.reads]
        day_text, answers, patterns, matches = vault.call("arrive_matched", asked)
        intake.day = date.fromisoformat(day_text)
        if matches:
            intake.beside.append(partial(note, matches, intake.day))
        for (known, _), rows in zip(work.reads, answers, strict=True):
            place = known.place
            for row in rows:
                if len(row) == 2:
                    work.alarm(place.camera, "unreadable", f"record {row[0]}: {row[1]}")
                    continue
                seq, wrapped, captured_us, tokens = row
                opened[place.id, seq] = wrapped, captured_us
                intake.tokens += [(day_text, token, place.id, seq) for token in tokens]
        intake.patterns += [
            (day_text, camera, slot, new_part(), sealed) for camera, slot, sealed in patterns
        ]
    for (stream, seq), (record, encoding) in work.records.items():
        wrapped, captured = opened.get((stream, seq), (None, None))
        intake.records.append(
            (day_text, stream, seq, int(record.kind), encoding, wrapped, captured)
        )
    intake.positions += work.places.values()


def _asked(store: Store, known: Known, reads: list[Record]) -> list[Any]:
    """Reads of one stream with the epochs they need, as the vault takes them."""
    wanted = sorted({r.body[1] for r in reads})
    known.epochs |= store.encodings(
        known.place.id, [seq for seq in wanted if seq not in known.epochs]
    )
    epochs = [known.epochs[seq] for seq in wanted if seq in known.epochs]
    while len(known.epochs) > MOST_EPOCHS:
        known.epochs.pop(next(iter(known.epochs)))
    return [known.place.camera, known.place.stream, epochs, [asked_of(r) for r in reads]]
