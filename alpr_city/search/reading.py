"""The page of one read: what was seen, what it may be, and the proof from lens to here."""

from __future__ import annotations

import hashlib
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from alpr_city.corrections.revising import revisions_of
from alpr_city.door.door import Door
from alpr_city.proof.inclusion import inclusion
from alpr_city.reads.models import Camera, Stream
from alpr_city.retention import holds
from alpr_city.search import places
from alpr_city.search.showing import searching, show
from alpr_wire.errors import ChainError


def page(request: HttpRequest, door: Door, camera: str, stream: str, seq: int) -> HttpResponse:
    """Look at one read, on record."""
    place = places.at_address(camera, stream, seq)
    query = {"camera": camera, "stream": stream, "seq": seq, "day": place.day}
    access = door.access("look", query)
    with searching(door) as searcher:
        record, hits = searcher.look(access, [place])
    if not hits:
        raise Http404
    (shown,) = show(hits)
    rights = request.person.rights()
    context = {
        "shown": shown,
        "record": record,
        "proof": proof_of(place),
        "revisions": revisions_of(door.vault, access, shown.hit),
        "held": bool(holds.held([(camera, place.stream, seq)])),
        "may_correct": "read.correct" in rights,
        "may_hold": "hold.place" in rights,
        "may_export": "read.export" in rights,
    }
    return render(request, "search/read.html", context)


def proof_of(place: places.Place) -> dict[str, Any]:
    """Whether the camera's signature covers a read, and the figures to check it by."""
    stream = Stream.objects.get(pk=place.number)
    row = places.stored(place)
    proof = inclusion(stream, place.seq)
    if row is None or proof is None:
        return {"holds": None}
    key = bytes(Camera.objects.get(name=place.camera).signing_key)
    try:
        proof.verify(row[0], Ed25519PublicKey.from_public_bytes(key))
    except ChainError as error:
        return {"holds": False, "why": str(error)}
    return {
        "holds": True,
        "seq": place.seq,
        "record": hashlib.sha256(row[0]).hexdigest(),
        "before": proof.before.hex(),
        "signed_seq": place.seq + len(proof.after),
        "signed": proof.digest.hex(),
        "signature": proof.signature.hex(),
        "key": key.hex(),
    }
