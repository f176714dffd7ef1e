"""What a camera sends: batches of records under a signed head, and sealed pictures.

A batch stands by itself. It names the head that its first record follows and carries a signature
over the head after its last, so a receiver that misses what came before can still tell whether
these records are the camera's.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from alpr_wire import cbor, chain
from alpr_wire.errors import ChainError, WireError
from alpr_wire.records import (
    MOST_RECORD_BYTES,
    MOST_SEQ,
    STREAM_BYTES,
    VERSION,
    Picture,
    Record,
    take,
    take_bytes,
)
from alpr_wire.sealing import SealedPicture
from alpr_wire.topics import check_camera

MOST_RECORDS = 250
FULL_BYTES = 64 * 1024
"""A camera closes a batch here."""
MOST_BATCH_BYTES = FULL_BYTES + MOST_RECORD_BYTES + 1024
MOST_PICTURE_BYTES = 512 * 1024
WINDOW_S = 0.5
"""A camera holds a record back for at most this long to fill a batch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Records of one stream that follow each other."""

    camera: str
    stream: bytes
    first_seq: int
    before: bytes
    """The chain's head that the first record follows."""
    encodings: tuple[bytes, ...] = field(repr=False)
    digest: bytes
    """The chain's head after the last record..."""
    signature: bytes
    """... and the camera's signature over it."""

    @property
    def last_seq(self) -> int:
        """Of the last record."""
        return self.first_seq + len(self.encodings) - 1

    def encode(self) -> bytes:
        """The payload of an `up` message.

        Raises:
            WireError: The batch breaks a limit.
        """
        if not 1 <= len(self.encodings) <= MOST_RECORDS:
            raise WireError(f"a batch has 1 to {MOST_RECORDS} records")
        body = {
            1: self.camera,
            2: self.stream,
            3: self.first_seq,
            4: self.before,
            5: list(self.encodings),
            6: self.digest,
            7: self.signature,
        }
        data = cbor.encode([VERSION, "batch", body])
        if len(data) > MOST_BATCH_BYTES:
            raise WireError(f"a batch of {len(data)} bytes is longer than {MOST_BATCH_BYTES}")
        return data

    def verify(self, key: Ed25519PublicKey) -> list[Record]:
        """Walk the records from `before` to the signed head; returns them.

        Raises:
            ChainError: They do not lead there, or the signature is not this camera's.
            WireError: A record is malformed.
        """
        digest, records = chain.follow(self.before, self.stream, self.first_seq, self.encodings)
        if digest != self.digest:
            raise ChainError("the records do not lead to the batch's head")
        self.head.verify(key)
        return records

    @property
    def head(self) -> chain.Head:
        """The signed head after the last record."""
        return chain.Head(
            camera=self.camera,
            stream=self.stream,
            seq=self.last_seq,
            digest=self.digest,
            signature=self.signature,
        )


def decode_batch(data: bytes) -> Batch:
    """The batch that bytes hold; neither chain nor signature is checked yet.

    Raises:
        WireError: Not a batch of this version, or one that breaks a limit.
    """
    body = _body(data, "batch", MOST_BATCH_BYTES)
    encodings = take(body, 5, list, "the list of records")
    if not 1 <= len(encodings) <= MOST_RECORDS:
        raise WireError(f"a batch has 1 to {MOST_RECORDS} records")
    if not all(isinstance(e, bytes) and len(e) <= MOST_RECORD_BYTES for e in encodings):
        raise WireError("a record is no bytes or too long")
    return Batch(
        camera=_camera(body),
        stream=take_bytes(body, 2, STREAM_BYTES, "the stream"),
        first_seq=take_seq(body, 3),
        before=take_bytes(body, 4, chain.HEAD_BYTES, "the head before"),
        encodings=tuple(encodings),
        digest=take_bytes(body, 6, chain.HEAD_BYTES, "the head"),
        signature=take_bytes(body, 7, chain.SIGNATURE_BYTES, "the signature"),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureMessage:
    """A sealed picture of one read. The read's record commits to it, so it needs no signature."""

    camera: str
    stream: bytes
    seq: int
    picture: SealedPicture

    def encode(self) -> bytes:
        """The payload of an `img` message.

        Raises:
            WireError: The picture is too large.
        """
        if len(self.picture.data) > MOST_PICTURE_BYTES:
            raise WireError(f"a picture is longer than {MOST_PICTURE_BYTES} bytes")
        body = {
            1: self.camera,
            2: self.stream,
            3: self.seq,
            4: int(self.picture.kind),
            5: self.picture.data,
        }
        return cbor.encode([VERSION, "picture", body])


def decode_picture(data: bytes) -> PictureMessage:
    """The sealed picture that bytes hold.

    Raises:
        WireError: Not a picture message of this version, or too large.
    """
    body = _body(data, "picture", MOST_PICTURE_BYTES + 1024)
    kind = take(body, 4, int, "the kind")
    sealed = take(body, 5, bytes, "the picture")
    if kind not in Picture._value2member_map_ or len(sealed) > MOST_PICTURE_BYTES:
        raise WireError("a picture of an unknown kind or too large")
    return PictureMessage(
        camera=_camera(body),
        stream=take_bytes(body, 2, STREAM_BYTES, "the stream"),
        seq=take_seq(body, 3),
        picture=SealedPicture(kind=Picture(kind), data=sealed),
    )


def take_seq(body: dict[int, object], key: int) -> int:
    """A sequence number.

    Raises:
        WireError: It is none.
    """
    value = body.get(key)
    if type(value) is not int or not 0 <= value <= MOST_SEQ:
        raise WireError("a sequence number is an integer from 0 to 2^53 - 1")
    return value


def _body(data: bytes, kind: str, most_bytes: int) -> dict[int, object]:
    value = cbor.decode(data, most_bytes=most_bytes)
    if not isinstance(value, list) or len(value) != 3:
        raise WireError(f"not a {kind}")
    version, said, body = value
    if type(version) is not int or version != VERSION or said != kind:
        raise WireError(f"not a {kind} of version {VERSION}")
    if not isinstance(body, dict) or not all(type(k) is int for k in body):
        raise WireError(f"a {kind} without a body")
    return body


def _camera(body: dict[int, object]) -> str:
    name = take(body, 1, str, "the camera")
    check_camera(name)
    return str(name)
