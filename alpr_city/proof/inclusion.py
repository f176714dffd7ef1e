"""Proves that one record stands in a chain that the camera signed, without the other records.

The proof is the head before the record, the hash of each record after it, and the next head that
the camera signed: whoever has the record, the proof and the camera's public key needs no more.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.db import connection

from alpr_city.reads.models import Gap, PurgedSpan, SignedHead, Stream
from alpr_wire import cbor, chain
from alpr_wire.errors import ChainError, WireError


@dataclass(frozen=True, slots=True, kw_only=True)
class Inclusion:
    """The proof of one record."""

    camera: str
    stream: bytes
    seq: int
    before: bytes
    """The head before the record."""
    after: tuple[bytes, ...]
    """SHA-256 of each record that follows, up to the signed one."""
    digest: bytes
    """The head that the camera signed, `len(after)` records on."""
    signature: bytes

    def verify(self, encoding: bytes, key: Ed25519PublicKey) -> None:
        """Hold a record against the proof.

        Raises:
            ChainError: The record is another, or the camera never signed this.
        """
        head = chain.extend(self.before, encoding)
        for digest in self.after:
            head = hashlib.sha256(head + digest).digest()
        if head != self.digest:
            raise ChainError("the record does not lead to the signed head")
        chain.Head(
            camera=self.camera,
            stream=self.stream,
            seq=self.seq + len(self.after),
            digest=self.digest,
            signature=self.signature,
        ).verify(key)

    def encode(self) -> bytes:
        """For storage."""
        return cbor.encode(
            [
                self.camera,
                self.stream,
                self.seq,
                self.before,
                b"".join(self.after),
                self.digest,
                self.signature,
            ]
        )

    @classmethod
    def decode(cls, data: bytes) -> Inclusion:
        """What was stored.

        Raises:
            WireError: It is none.
        """
        row = cbor.decode(data)
        if not isinstance(row, list) or [type(v) for v in row] != [
            str,
            bytes,
            int,
            bytes,
            bytes,
            bytes,
            bytes,
        ]:
            raise WireError("not a proof of inclusion")
        camera, stream, seq, before, hashes, digest, signature = row
        after = tuple(hashes[i : i + 32] for i in range(0, len(hashes), 32))
        return cls(
            camera=camera,
            stream=stream,
            seq=seq,
            before=before,
            after=after,
            digest=digest,
            signature=signature,
        )


def inclusion(stream: Stream, seq: int) -> Inclusion | None:
    """The proof of a stored record; None where the camera signed no head before the next hole."""
    signed = SignedHead.objects.filter(stream=stream, seq__gte=seq).order_by("seq").first()
    if signed is not None:
        until, digest, signature = signed.seq, bytes(signed.digest), bytes(signed.signature)
    elif stream.signature is not None and stream.seq >= seq:
        until, digest, signature = stream.seq, bytes(stream.digest), bytes(stream.signature)
    else:
        return None
    before = head_before(stream, seq)
    following = encodings(stream.pk, seq + 1, until)
    if before is None or len(following) != until - seq:
        return None
    return Inclusion(
        camera=stream.camera_id,
        stream=bytes(stream.stream),
        seq=seq,
        before=before,
        after=tuple(hashlib.sha256(e).digest() for e in following),
        digest=digest,
        signature=signature,
    )


def head_before(stream: Stream, seq: int) -> bytes | None:
    """The head before a record, from the nearest known one on; None where records are missing."""
    known = [(-1, chain.genesis(stream.camera_id, bytes(stream.stream)))]
    signed = SignedHead.objects.filter(stream=stream, seq__lt=seq).order_by("-seq").first()
    if signed is not None:
        known.append((signed.seq, bytes(signed.digest)))
    for jumps in (Gap, PurgedSpan):
        jump = jumps.objects.filter(stream=stream, last_seq__lt=seq).order_by("-last_seq").first()
        if jump is not None:
            known.append((jump.last_seq, bytes(jump.digest)))
    last, head = max(known)
    between = encodings(stream.pk, last + 1, seq - 1)
    if len(between) != seq - 1 - last:
        return None
    for encoding in between:
        head = chain.extend(head, encoding)
    return head


def encodings(stream: int, first: int, last: int) -> list[bytes]:
    """The stored records from one to another, in order."""
    if last < first:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT encoding FROM record WHERE stream_id = %s AND seq >= %s AND seq <= %s"
            " ORDER BY seq",
            [stream, first, last],
        )
        return [bytes(row[0]) for row in cursor.fetchall()]
