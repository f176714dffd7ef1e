"""Has the vault open the reads of a round, and puts together what is stored of every record."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Any, Protocol

from alpr_city.hits.arrivals import note
from alpr_city.ingest.work import Span, Work
from alpr_city.reads.store import Store, new_part
from alpr_city.vault.arrivals import asked_of
from alpr_wire.records import Kind

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
    reads = [_asked(store, span) for span in work.spans]
    answers: list[list[Any]] = [[] for _ in reads]
    if any(asked[-1] for asked in reads):
        day, answers, patterns, matches = vault.call("arrive_matched", reads)
        intake.day = date.fromisoformat(day)
        if matches:
            intake.beside.append(partial(note, matches, intake.day))
        intake.patterns += [(day, cam, slot, new_part(), sealed) for cam, slot, sealed in patterns]
    for span, rows in zip(work.spans, answers, strict=True):
        _complete(work, span, rows)
    intake.positions += work.places.values()


def _complete(work: Work, span: Span, answers: list[Any]) -> None:
    """The rows of a span: every record, and its reads' answers, in the same order."""
    intake, place = work.intake, span.known.place
    day, stream = str(intake.day), place.id
    answered = iter(answers)
    for record, encoding in zip(span.records, span.encodings, strict=True):
        seq, wrapped, captured_us = record.seq, None, None
        if record.kind is Kind.READ:
            _, *answer = next(answered)
            if len(answer) == 1:
                work.alarm(place.camera, "unreadable", f"record {seq}: {answer[0]}")
            else:
                wrapped, captured_us, tokens = answer
                intake.tokens += [(day, token, stream, seq) for token in tokens]
        intake.records.append((day, stream, seq, int(record.kind), encoding, wrapped, captured_us))


def _asked(store: Store, span: Span) -> list[Any]:
    """The reads of a span with the epochs they need, as the vault takes them."""
    known = span.known
    reads = [asked_of(record) for record in span.records if record.kind is Kind.READ]
    wanted = sorted({read[1] for read in reads})
    known.epochs |= store.encodings(
        known.place.id, [seq for seq in wanted if seq not in known.epochs]
    )
    epochs = [known.epochs[seq] for seq in wanted if seq in known.epochs]
    while len(known.epochs) > MOST_EPOCHS:
        known.epochs.pop(next(iter(known.epochs)))
    return [known.place.camera, known.place.stream, epochs, reads]
