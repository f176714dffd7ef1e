"""Tells the vault again which streams are closed, should it have died before it heard.

The boot record that closes a stream is stored for good; so nothing else has to be kept.
"""

from __future__ import annotations

from alpr_city.ingest.opening import Asks
from alpr_city.reads.models import Stream
from alpr_city.reads.store import Store
from alpr_wire.records import Kind, decode_record


def close_again(store: Store, vault: Asks) -> int:
    """Close every stream whose successor names the head that is held; how many there are.

    Raises:
        VaultError: The vault is away.
    """
    held = {
        (row.camera_id, bytes(row.stream)): (row.seq, bytes(row.digest))
        for row in Stream.objects.all()
    }
    closed = 0
    for row in Stream.objects.order_by("pk"):
        encoding = store.encodings(row.pk, [0]).get(0)
        if encoding is None:
            continue
        first = decode_record(encoding)
        if first.kind is not Kind.BOOT or first.body.get(2) is None:
            continue
        stream, seq, digest = first.body[2]
        if held.get((row.camera_id, stream)) == (seq, digest):
            vault.call("close_stream", row.camera_id, stream)
            closed += 1
    return closed
