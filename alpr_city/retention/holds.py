"""Places and releases holds, and tells which reads are held."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Protocol

from django.db import connection, transaction

from alpr_city.corrections.models import Revision
from alpr_city.errors import CityError
from alpr_city.proof.inclusion import inclusion
from alpr_city.reads.models import Stream
from alpr_city.reads.pictures import PictureStore
from alpr_city.retention.models import BASES, HeldPicture, HeldRead, HeldRevision, Hold

Place = tuple[str, bytes, int]
"""Camera, stream, sequence number: the name of a read."""


class HoldError(CityError):
    """A hold was not placed or released."""


class Asks(Protocol):
    """The vault's client."""

    def call(self, operation: str, *arguments: Any) -> Any:
        """Ask for one operation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a hold must say."""

    case: str
    basis: str
    description: str
    custodian: str
    review_on: date

    def check(self, today: date) -> None:
        """Refuse a hold without a ground, a keeper or a date.

        Raises:
            HoldError: Something is missing.
        """
        if self.basis not in BASES:
            raise HoldError("a hold needs a basis", fix=f"one of {', '.join(BASES)}")
        for name in ("case", "description", "custodian"):
            if not getattr(self, name).strip():
                raise HoldError(f"a hold names its {name}")
        if self.review_on <= today:
            raise HoldError("the review date lies in the future")


def place(
    vault: Asks,
    pictures: PictureStore,
    access: dict[str, Any],
    wanted: Wanted,
    reads: Iterable[Place],
) -> Hold:
    """Hold reads from now on, whatever becomes of their day.

    Raises:
        CityError: The hold lacks something, a read is not stored, or the vault refused.
    """
    wanted.check(datetime.now(UTC).date())
    places = list(dict.fromkeys(reads))
    if not places:
        raise HoldError("a hold names the reads that it holds")
    rows = [_stored(*named) for named in places]
    label = uuid.uuid4().hex
    asked = [
        [camera, str(day), encoding, wrapped] for camera, _, _, day, encoding, wrapped, _ in rows
    ]
    _, again = vault.call("hold", access, label, asked)
    with transaction.atomic():
        hold = Hold(
            label=label,
            case=wanted.case,
            basis=wanted.basis,
            description=wanted.description,
            custodian=wanted.custodian,
            placed_by=str(access["user"]),
            placed_at=datetime.now(UTC),
            review_on=wanted.review_on,
            policy=str(access["policy"]),
        )
        hold.save()
        for (camera, stream, seq, day, encoding, _, captured_us), wrapped in zip(
            rows, again, strict=True
        ):
            proof = inclusion(stream, seq)
            held = HeldRead.objects.create(
                hold=hold,
                camera=camera,
                stream=bytes(stream.stream),
                seq=seq,
                day=day,
                captured_us=captured_us,
                encoding=encoding,
                wrapped=wrapped,
                proof=None if proof is None else proof.encode(),
            )
            _keep_pictures(held, pictures, stream.pk)
    _keep_revisions(vault, access, hold.reads.all())
    return hold


def look(vault: Asks, access: dict[str, Any], reads: list[HeldRead]) -> tuple[int, list[list[Any]]]:
    """Open held reads of one hold, whether their day lives or not: record, `[plain, pictures]`.

    Raises:
        VaultError: It could not be put on record, or the hold was released.
    """
    label = reads[0].hold.label
    asked = [
        [
            read.camera,
            bytes(read.encoding),
            bytes(read.wrapped),
            [[p.kind, bytes(p.sealed)] for p in read.pictures.order_by("kind")],
        ]
        for read in reads
    ]
    record, rows = vault.call("look_held", access, label, asked)
    return int(record), rows


def revisions_of(
    vault: Asks, access: dict[str, Any], read: HeldRead
) -> list[tuple[HeldRevision, str, str]]:
    """Corrections of a held read with text and state, oldest first; on record where there is one.

    Raises:
        VaultError: It could not be put on record, or the hold was released.
    """
    rows = list(read.revisions.all())
    if not rows:
        return []
    asked = [[read.camera, bytes(read.stream), read.seq, r.number, bytes(r.sealed)] for r in rows]
    _, opened = vault.call("held_revisions", access, read.hold.label, asked)
    return [(row, text, region) for row, (text, region) in zip(rows, opened, strict=True)]


def release(vault: Asks, access: dict[str, Any], hold: Hold, reason: str) -> None:
    """Destroy a hold's key: reads whose day is gone are gone with it. May be done again.

    Raises:
        HoldError: No reason is given.
        VaultError: It could not be put on record; the hold stands.
    """
    if not reason.strip():
        raise HoldError("a release gives its reason")
    vault.call("release", access, hold.label)
    with transaction.atomic():
        if hold.released_at is None:
            hold.released_at = datetime.now(UTC)
            hold.released_by, hold.release_reason = str(access["user"]), reason
            hold.save(update_fields=["released_at", "released_by", "release_reason"])
        HeldRead.objects.filter(hold=hold).delete()


def held(reads: Iterable[Place]) -> set[Place]:
    """Which of these reads are held by any hold that stands."""
    wanted = set(reads)
    found = HeldRead.objects.filter(
        hold__released_at=None, camera__in={w[0] for w in wanted}, seq__in={w[2] for w in wanted}
    ).values_list("camera", "stream", "seq")
    return {(camera, bytes(stream), seq) for camera, stream, seq in found} & wanted


def refresh(vault: Asks, access: dict[str, Any], day: date, pictures: PictureStore) -> int:
    """Before a day dies: take in what came after the hold, pictures and corrections.

    Returns:
        How many reads of the day are held.

    Raises:
        VaultError: It could not be put on record. The day must not die.
    """
    held = HeldRead.objects.filter(day=day, hold__released_at=None)
    for read in held:
        row = Stream.objects.get(camera_id=read.camera, stream=bytes(read.stream))
        _keep_pictures(read, pictures, row.pk)
    _keep_revisions(vault, access, held)
    return int(held.count())


def _keep_revisions(vault: Asks, access: dict[str, Any], reads: Iterable[HeldRead]) -> None:
    for read in reads:
        kept = set(read.revisions.values_list("number", flat=True))
        rows = [
            r
            for r in Revision.objects.filter(
                camera=read.camera, stream=read.stream, seq=read.seq
            ).order_by("number")
            if r.number not in kept
        ]
        if not rows:
            continue
        asked = [
            [r.camera, bytes(r.stream), r.seq, str(r.day), r.number, bytes(r.sealed)] for r in rows
        ]
        _, again = vault.call("hold_revisions", access, read.hold.label, asked)
        HeldRevision.objects.bulk_create(
            HeldRevision(
                read=read, number=r.number, sealed=sealed, by=r.by, at=r.at, reason=r.reason
            )
            for r, sealed in zip(rows, again, strict=True)
            if sealed is not None
        )


def _keep_pictures(held: HeldRead, pictures: PictureStore, stream: int) -> None:
    for kind, sealed in pictures.get(held.day, stream, held.seq):
        HeldPicture.objects.get_or_create(read=held, kind=kind, defaults={"sealed": sealed})


def _stored(camera: str, stream: bytes, seq: int) -> tuple[Any, ...]:
    row = Stream.objects.filter(camera_id=camera, stream=stream).first()
    found = None
    if row is not None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT day, encoding, wrapped, captured_us FROM record"
                " WHERE stream_id = %s AND seq = %s AND wrapped IS NOT NULL",
                [row.pk, seq],
            )
            found = cursor.fetchone()
    if row is None or found is None:
        raise HoldError(f"{camera}, record {seq}: no such read is stored; nothing was held")
    day, encoding, wrapped, captured_us = found
    day = day if isinstance(day, date) else date.fromisoformat(day)
    return camera, row, seq, day, bytes(encoding), bytes(wrapped), captured_us
