"""What the city answers: a receipt for what it holds durably, or a request to send from a place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from alpr_wire import chain, statements
from alpr_wire.batches import take_seq
from alpr_wire.errors import WireError
from alpr_wire.records import STREAM_BYTES, Picture, take, take_bytes
from alpr_wire.topics import check_camera

MOST_PICTURES = 500
NOTHING = -1
"""The sequence number before a stream's first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The city's word that it durably holds a stream up to `seq`, and these pictures."""

    camera: str
    stream: bytes
    seq: int
    digest: bytes
    """The chain's head after `seq`, as the city computed it."""
    at_us: int
    """UTC, microseconds since 1970."""
    pictures: tuple[tuple[int, Picture], ...] = ()
    """(seq, kind) of pictures that are held since the last receipt."""

    def sign(self, key: Ed25519PrivateKey, named: bytes | None = None) -> bytes:
        """The payload of an `ack` message; `named` as in `statements.sign`."""
        if len(self.pictures) > MOST_PICTURES:
            raise WireError(f"a receipt names at most {MOST_PICTURES} pictures")
        body = {
            1: self.camera,
            2: self.stream,
            3: self.seq,
            4: self.digest,
            5: self.at_us,
            6: [[seq, int(kind)] for seq, kind in self.pictures],
        }
        return statements.sign(key, "receipt", body, named)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """The city's NACK: send this stream again, from the record after `after_seq`."""

    camera: str
    stream: bytes
    after_seq: int
    """-1 for the whole stream."""
    at_us: int

    def sign(self, key: Ed25519PrivateKey) -> bytes:
        """The payload of an `ack` message."""
        body = {1: self.camera, 2: self.stream, 3: self.after_seq + 1, 4: self.at_us}
        return statements.sign(key, "request", body)


def open_answer(data: bytes, *, camera: str, key: Ed25519PublicKey) -> Receipt | Request:
    """A receipt or a request, checked to be the city's and meant for this camera.

    Raises:
        WireError: It is malformed, forged, or another camera's.
    """
    statement = statements.decode_statement(data, "receipt", "request")
    statement.verify(key)
    body = statement.body
    named = take(body, 1, str, "the camera")
    check_camera(named)
    if named != camera:
        raise statements.StatementError(f"the {statement.kind} is for another camera")
    stream = take_bytes(body, 2, STREAM_BYTES, "the stream")
    if statement.kind == "request":
        return Request(
            camera=named,
            stream=stream,
            after_seq=take_seq(body, 3) - 1,
            at_us=take(body, 4, int, "the time"),
        )
    return Receipt(
        camera=named,
        stream=stream,
        seq=take_seq(body, 3),
        digest=take_bytes(body, 4, chain.HEAD_BYTES, "the head"),
        at_us=take(body, 5, int, "the time"),
        pictures=_pictures(body),
    )


def _pictures(body: dict[int, Any]) -> tuple[tuple[int, Picture], ...]:
    rows = take(body, 6, list, "the list of pictures")
    if len(rows) > MOST_PICTURES:
        raise WireError(f"a receipt names at most {MOST_PICTURES} pictures")
    pictures = []
    for row in rows:
        if not isinstance(row, list) or len(row) != 2 or type(row[1]) is not int:
            raise WireError("the list of pictures is malformed")
        if row[1] not in Picture._value2member_map_:
            raise WireError("a picture of an unknown kind")
        pictures.append((take_seq({0: row[0]}, 0), Picture(row[1])))
    return tuple(pictures)
