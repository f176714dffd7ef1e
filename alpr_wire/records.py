"""The records of a camera's stream, and their one encoding.

A stream is what one outbox file holds: a random id, and records numbered from 0 without a hole.
The encoding of a record is CBOR of [version, kind, stream, seq, body]; the body is a map with
small integer keys, so that it stays short and can grow.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from alpr_wire import cbor, read_form
from alpr_wire.errors import WireError

VERSION = 1
STREAM_BYTES = 16
MOST_RECORD_BYTES = 32 * 1024
MOST_SEQ = 2**53 - 1


class Kind(IntEnum):
    """What a record tells."""

    READ = 1
    EPOCH = 2
    BOOT = 3
    CLOCK = 4
    GAP = 5
    CONFIG = 6
    TAMPER = 7


class Picture(IntEnum):
    """Which picture of a read."""

    CROP = 1
    OVERVIEW = 2


class Tamper(IntEnum):
    """What happened to the camera."""

    LENS = 1
    VIEW_MOVED = 2
    ENCLOSURE = 3
    LOGIN = 4
    CLOCK_STEP = 5


class GapCause(IntEnum):
    """Why records or pictures are not there."""

    SHED_PICTURES = 1
    SHED_READS = 2
    OLDER_THAN_HELD = 3
    CORRUPT = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One record of a stream, as chained and sent."""

    kind: Kind
    stream: bytes
    seq: int
    body: dict[int, Any]

    def encode(self) -> bytes:
        """The bytes that are hashed, stored and sent.

        Raises:
            WireError: The record breaks a limit.
        """
        _check(self.stream, self.seq)
        data = cbor.encode([VERSION, int(self.kind), self.stream, self.seq, self.body])
        if len(data) > MOST_RECORD_BYTES:
            raise WireError(f"a record of {len(data)} bytes is longer than {MOST_RECORD_BYTES}")
        return data


def decode_record(data: bytes) -> Record:
    """The record that bytes hold.

    Raises:
        WireError: Not a record of this version, or one that breaks a limit.
    """
    if len(data) <= MOST_RECORD_BYTES and (read := read_form.value_of(data)) is not None:
        _, _, stream, seq, body = read
        _check(stream, seq)
        return Record(kind=Kind.READ, stream=stream, seq=seq, body=body)
    value = cbor.decode(data, most_bytes=MOST_RECORD_BYTES)
    if not isinstance(value, list) or len(value) != 5:
        raise WireError("not a record")
    version, kind, stream, seq, body = value
    if type(version) is not int or version != VERSION:
        raise WireError("a record of an unknown version")
    if type(kind) is not int or kind not in Kind._value2member_map_:
        raise WireError("a record of an unknown kind")
    _check(stream, seq)
    if not isinstance(body, dict) or not all(type(k) is int for k in body):
        raise WireError("a record without a body")
    return Record(kind=Kind(kind), stream=stream, seq=seq, body=body)


def _check(stream: object, seq: object) -> None:
    if not isinstance(stream, bytes) or len(stream) != STREAM_BYTES:
        raise WireError(f"a stream id is {STREAM_BYTES} bytes")
    if type(seq) is not int or not 0 <= seq <= MOST_SEQ:
        raise WireError("a sequence number is an integer from 0 to 2^53 - 1")


def take(body: dict[int, Any], key: int, kind: type | tuple[type, ...], what: str) -> Any:
    """A field of a body, of the kind it must be.

    Raises:
        WireError: It is missing or of another kind.
    """
    value = body.get(key)
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise WireError(f"{what} is missing or of the wrong kind")
    return value


def take_bytes(body: dict[int, Any], key: int, size: int, what: str) -> bytes:
    """A field of exactly `size` bytes.

    Raises:
        WireError: It is missing, of another kind or length.
    """
    value = take(body, key, bytes, what)
    if len(value) != size:
        raise WireError(f"{what} is not {size} bytes")
    return bytes(value)
