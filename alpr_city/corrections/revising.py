"""Checks and corrects reads: a new revision each time, and the old stays."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any, Protocol

from django.db import transaction

from alpr_city.corrections.models import Check, Revision
from alpr_city.errors import CityError
from alpr_city.reads.store import find_by

Verdict = Check.Verdict


class CorrectionError(CityError):
    """A read was not corrected."""


class Asks(Protocol):
    """The vault's client."""

    def call(self, operation: str, *arguments: Any) -> Any:
        """Ask for one operation."""


class Named(Protocol):
    """Whatever names a read."""

    @property
    def camera(self) -> str:
        """The camera."""

    @property
    def stream(self) -> bytes:
        """The stream."""

    @property
    def seq(self) -> int:
        """The sequence number."""

    @property
    def day(self) -> date:
        """The day of first receipt."""


class Placed(Named, Protocol):
    """Whatever says besides when it was seen, and by which row of the streams it is stored."""

    @property
    def captured_us(self) -> int:
        """Time of capture."""

    @property
    def number(self) -> int:
        """The stream's row."""


def check(read: Named, verdict: str, *, source: str, by: str) -> None:
    """Note what a comparison with the picture found; the newest verdict of a read counts."""
    Check.objects.update_or_create(
        camera=read.camera,
        stream=read.stream,
        seq=read.seq,
        defaults={
            "day": read.day,
            "verdict": verdict,
            "source": source,
            "by": by,
            "at": datetime.now(UTC),
        },
    )


def correct(
    vault: Asks, access: dict[str, Any], read: Placed, *, text: str, region: str, verdict: str
) -> Revision:
    """A new revision of a read, which is found by its new text from then on, and by the old.

    Raises:
        CorrectionError: No reason is given, or the verdict is none of an error.
        VaultError: It is no plate text, or could not be put on record.
    """
    if not str(access.get("reason", "")).strip():
        raise CorrectionError("a correction gives its reason")
    if verdict not in (Verdict.WRONG_TEXT, Verdict.WRONG_STATE):
        raise CorrectionError("a correction says whether text or state was wrong")
    named = {"camera": read.camera, "stream": read.stream, "seq": read.seq}
    number = Revision.objects.filter(**named).count() + 1
    place = [read.camera, read.stream, read.seq, str(read.day), read.captured_us]
    _, sealed, token, slot, column = vault.call("revise", access, place, number, text, region)
    with transaction.atomic():
        revision = Revision(
            **named,
            day=read.day,
            number=number,
            sealed=sealed,
            by=str(access["user"]),
            at=datetime.now(UTC),
            reason=str(access["reason"])[:500],
        )
        revision.save()
        check(read, verdict, source="correction", by=str(access["user"]))
        find_by(read.day, token, read.number, read.seq, read.camera, slot, column)
    return revision


def revisions_of(
    vault: Asks, access: dict[str, Any], read: Named
) -> list[tuple[Revision, str, str]]:
    """Every revision of a read with text and state, oldest first; on record where there is one."""
    rows = list(
        Revision.objects.filter(camera=read.camera, stream=read.stream, seq=read.seq).order_by(
            "number"
        )
    )
    if not rows:
        return []
    asked = [
        [r.camera, bytes(r.stream), r.seq, str(r.day), r.number, bytes(r.sealed)] for r in rows
    ]
    _, opened = vault.call("revisions", access, asked)
    return [(row, text, region) for row, (text, region) in zip(rows, opened, strict=True)]


def forget(day: date) -> None:
    """A day was purged: its revisions open no more, and its verdicts have counted."""
    Revision.objects.filter(day=day).delete()
    Check.objects.filter(day=day).delete()
