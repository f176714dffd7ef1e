"""Takes in sealed pictures: each must be one that a stored read commits to."""

from __future__ import annotations

import hashlib

from alpr_city.errors import IngestError
from alpr_city.ingest.following import Following
from alpr_city.ingest.work import Work
from alpr_city.reads.store import Store
from alpr_wire.batches import decode_picture
from alpr_wire.records import Kind, decode_record


def take_picture(
    work: Work, following: Following, store: Store, camera: str, payload: bytes
) -> None:
    """Add a picture to a round; one whose read is not here yet is left, and will be sent again.

    Raises:
        WireError: It is malformed.
        IngestError: It is another camera's, or no read has promised it.
    """
    message = decode_picture(payload)
    if message.camera != camera:
        raise IngestError("a picture names another camera than its certificate")
    name = (camera, message.stream)
    known = following.recall(name)
    if known is None:
        return
    waiting = work.waiting(known.place.id, message.seq)
    if waiting is not None:
        day, record = work.intake.day, waiting[0]
    else:
        found = store.day_of(known.place.id, message.seq)
        if found is None:
            return
        day, record = found[0], decode_record(found[1])
    promised = {row[0]: row[1] for row in record.body[5]} if record.kind is Kind.READ else {}
    kind = int(message.picture.kind)
    if promised.get(kind) != hashlib.sha256(message.picture.data).digest():
        raise IngestError("a picture that no read has promised")
    work.pictures.setdefault(day, []).append(
        (known.place.id, message.seq, kind, message.picture.data)
    )
    work.held_pictures.setdefault(name, []).append((message.seq, kind))
