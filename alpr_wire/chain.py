"""The hash chain over a stream, and its signed heads."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from alpr_wire import cbor
from alpr_wire.errors import ChainError
from alpr_wire.records import STREAM_BYTES, Record, decode_record

HEAD_BYTES = 32
SIGNATURE_BYTES = 64
_LABEL = "alpr/1/head"


def genesis(camera: str, stream: bytes) -> bytes:
    """The head before a stream's first record."""
    return hashlib.sha256(cbor.encode(["alpr/1/genesis", camera, stream])).digest()


def extend(head: bytes, record: bytes) -> bytes:
    """The head after a record, given its encoding."""
    return hashlib.sha256(head + hashlib.sha256(record).digest()).digest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """A camera's word that its stream up to `seq` is what hashes to `digest`."""

    camera: str
    stream: bytes
    seq: int
    digest: bytes
    signature: bytes

    @classmethod
    def sign(
        cls, key: Ed25519PrivateKey, *, camera: str, stream: bytes, seq: int, digest: bytes
    ) -> Head:
        """Sign a head."""
        signature = key.sign(_statement(camera, stream, seq, digest))
        return cls(camera=camera, stream=stream, seq=seq, digest=digest, signature=signature)

    def verify(self, key: Ed25519PublicKey) -> None:
        """Check the signature.

        Raises:
            ChainError: It is not this camera's.
        """
        if len(self.stream) != STREAM_BYTES or len(self.digest) != HEAD_BYTES:
            raise ChainError("the head is malformed")
        try:
            key.verify(self.signature, _statement(self.camera, self.stream, self.seq, self.digest))
        except InvalidSignature as error:
            raise ChainError("the head's signature does not hold") from error


def follow(
    head: bytes, stream: bytes, next_seq: int, encodings: Sequence[bytes]
) -> tuple[bytes, list[Record]]:
    """Walk records from a known head; returns the new head and the records.

    Raises:
        ChainError: A record is of another stream or out of sequence.
        WireError: A record is malformed.
    """
    records = list(map(decode_record, encodings))
    for seq, (record, encoding) in enumerate(zip(records, encodings, strict=True), next_seq):
        if record.stream != stream:
            raise ChainError("a record is of another stream")
        if record.seq != seq:
            raise ChainError(f"record {record.seq} stands where {seq} should")
        head = extend(head, encoding)
    return head, records


def _statement(camera: str, stream: bytes, seq: int, digest: bytes) -> bytes:
    return cbor.encode([_LABEL, camera, stream, seq, digest])
