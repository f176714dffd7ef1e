"""What the fields of a record must be before anything is taken of it.

The contract leaves a body open so that it can grow; what the city computes with or stores in a
column of its own is checked here, so that no camera can write what a database cannot hold.
"""

from __future__ import annotations

from alpr_wire import chain
from alpr_wire.errors import WireError
from alpr_wire.records import (
    MOST_SEQ,
    STREAM_BYTES,
    GapCause,
    Kind,
    Picture,
    Record,
    take,
    take_bytes,
)
from alpr_wire.sealing import READS_PER_EPOCH


def check(record: Record) -> None:
    """Refuse a record whose fields are not what its kind has.

    Raises:
        WireError: It is malformed.
    """
    kind, body = record.kind, record.body
    if kind is Kind.READ:
        epoch, index = body.get(1), body.get(2)
        if type(epoch) is not int or not 0 <= epoch < record.seq:
            raise WireError("a read without an epoch before it")
        if type(index) is not int or not 0 <= index < READS_PER_EPOCH:
            raise WireError("a read's index is out of range")
        _check_pictures(body.get(5))
    elif kind is Kind.GAP:
        if type(body.get(1)) is not int or body[1] not in GapCause._value2member_map_:
            raise WireError("a gap of an unknown cause")
        first, last = (take(body, key, int, "a gap's bounds") for key in (2, 3))
        if not 0 <= first <= last < record.seq:
            raise WireError("a gap's bounds are not before it")
        if 5 in body:
            take_bytes(body, 5, chain.HEAD_BYTES, "the head after a gap")
    elif kind is Kind.BOOT and body.get(2) is not None:
        row = body[2]
        if not isinstance(row, list) or [type(v) for v in row] != [bytes, int, bytes]:
            raise WireError("a boot record's predecessor is malformed")
        if len(row[0]) != STREAM_BYTES or not -1 <= row[1] <= MOST_SEQ:
            raise WireError("a boot record's predecessor is malformed")


def _check_pictures(rows: object) -> None:
    if not isinstance(rows, list) or len(rows) > len(Picture):
        raise WireError("a read's pictures are malformed")
    for row in rows:
        if not isinstance(row, list) or [type(v) for v in row] != [int, bytes, int]:
            raise WireError("a read's pictures are malformed")
