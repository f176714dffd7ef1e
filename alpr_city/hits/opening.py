"""Opens a hit's read, pictures and entry through the vault, which puts that on record first."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings

from alpr_city.door.door import staff
from alpr_city.errors import VaultError
from alpr_city.hits.models import Hit
from alpr_city.people.journal import vault
from alpr_city.people.models import Person
from alpr_city.policy import in_force
from alpr_city.reads.models import Record, Stream
from alpr_city.reads.pictures import PictureStore
from alpr_wire.reads import ReadBody, decode_read
from alpr_wire.records import Picture

LIKELY = 0.02
DUTY = "hot-list"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """What a card shows."""

    record: int
    read: ReadBody = field(repr=False)
    entry: dict[str, str] = field(repr=False)
    listed: bool | None
    """Whether the list still says so; None where there is no such list any more."""
    crop: str = field(repr=False)
    overview: str = field(repr=False)

    @property
    def positions(self) -> list[list[tuple[str, int]]]:
        """For each character its alternatives with their per cent."""
        return [
            [(c, round(100 * p)) for c, p in position if p >= LIKELY]
            for position in self.read.lattice
        ]


def open_hit(hit: Hit, person: Person) -> Opened:
    """Open it.

    Raises:
        VaultError: It could not be put on record, or the day was purged. Nothing is shown.
    """
    row = _row(hit)
    policy = in_force()
    known = policy.list_classes.get(hit.list_class)
    access = staff(
        person,
        action="hit",
        purpose=known.purpose if known else DUTY,
        case=f"hit-{hit.pk}",
        reason=f"a match of list {hit.list}",
        query={"hit": hit.pk, "list": hit.list, "camera": hit.camera, "day": hit.day},
    )
    store = PictureStore(settings.CITY.files.pictures)
    try:
        sealed = [list(p) for p in store.get(hit.day, row.stream_id, hit.seq)]
    finally:
        store.close()
    asked = [hit.camera, str(hit.day), bytes(row.encoding), bytes(row.wrapped), sealed]
    record, ((plain, pictures),) = vault().call("look", access, [asked])
    place = [hit.camera, bytes(hit.stream), hit.seq, str(hit.day)]
    _, entry, listed = vault().call(
        "hit_entry", access, place, hit.list, hit.version, bytes(hit.sealed)
    )
    shown: dict[int, str] = {kind: _inline(data) for kind, data in pictures}
    return Opened(
        record=record,
        read=decode_read(plain),
        entry=entry,
        listed=listed,
        crop=shown.get(Picture.CROP, ""),
        overview=shown.get(Picture.OVERVIEW, ""),
    )


def _row(hit: Hit) -> Any:
    stream = Stream.objects.filter(camera_id=hit.camera, stream=bytes(hit.stream)).first()
    row = Record.objects.filter(day=hit.day, stream=stream, seq=hit.seq).first() if stream else None
    if row is None or row.wrapped is None:
        raise VaultError("the read of this hit is not held any more")
    return row


def _inline(data: bytes) -> str:
    return "data:image/jpeg;base64," + base64.b64encode(data).decode()
