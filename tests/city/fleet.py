"""Cameras that are not there: real records, sealed, chained and signed, without light."""

from __future__ import annotations

import time
from collections.abc import Callable

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from alpr_wire import chain, seal_keys
from alpr_wire.batches import Batch
from alpr_wire.reads import ReadBody
from alpr_wire.records import Kind, Picture, Record
from alpr_wire.sealing import READS_PER_EPOCH, EpochSealer, SealedPicture
from tests.wire.samples import read as sample_read

PICTURES = {Picture.CROP: b"a crop", Picture.OVERVIEW: b"an overview"}


class FleetCamera:
    """One camera's stream, as long as you like."""

    def __init__(
        self, name: str, seal_public: bytes, *, stream: bytes | None = None, seed: int = 1
    ) -> None:
        self.name = name
        self.signing = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
        self.stream = stream or name.encode().ljust(16, b"\0")[:16]
        self._seal_public = seal_public
        self._epoch: EpochSealer | None = None
        self.encodings: list[bytes] = []
        self.heads: list[bytes] = [chain.genesis(name, self.stream)]
        """`heads[n]` is the head before record n."""
        self.pictures: dict[int, list[SealedPicture]] = {}
        self.add(Kind.BOOT, {1: "start", 2: None, 3: time.time_ns() // 1000, 4: 0, 5: -1, 6: b""})

    @property
    def public(self) -> bytes:
        return self.signing.public_key().public_bytes_raw()

    @property
    def last(self) -> int:
        return len(self.encodings) - 1

    def add(self, kind: Kind, body: dict[int, object]) -> int:
        """Append a record that is no read."""
        return self._append(
            Record(kind=kind, stream=self.stream, seq=len(self.encodings), body=body)
        )

    def read(self, text: str = "0TEST00", *, pictures: bool = False, **fields: object) -> int:
        """Append a read, and an epoch before it where one is due; the read's number."""
        if self._epoch is None or self._epoch.reads >= READS_PER_EPOCH:
            self.reseal(self._seal_public)
        assert self._epoch is not None
        fields.setdefault("captured_us", time.time_ns() // 1000)
        body: ReadBody = sample_read(text, **fields)
        seq = len(self.encodings)
        record, sealed = self._epoch.seal(seq, body.encode(), PICTURES if pictures else {})
        self.pictures[seq] = sealed
        return self._append(record)

    def reseal(self, seal_public: bytes) -> None:
        """Begin an epoch, sealed to this key."""
        self._seal_public = seal_public
        public, label = seal_keys.from_raw(seal_public), seal_keys.key_id(seal_public)
        self._epoch = EpochSealer(self.name, self.stream, len(self.encodings), public, label)
        self._append(self._epoch.record)

    def batch(
        self, first: int, last: int | None = None, change: Callable[[bytes], bytes] | None = None
    ) -> Batch:
        """Records `first` to `last` (the newest where none is given) as a batch."""
        last = self.last if last is None else last
        encodings = self.encodings[first : last + 1]
        if change is not None:
            encodings = [change(e) for e in encodings]
        signed = chain.Head.sign(
            self.signing,
            camera=self.name,
            stream=self.stream,
            seq=last,
            digest=self.heads[last + 1],
        )
        return Batch(
            camera=self.name,
            stream=self.stream,
            first_seq=first,
            before=self.heads[first],
            encodings=tuple(encodings),
            digest=signed.digest,
            signature=signed.signature,
        )

    def _append(self, record: Record) -> int:
        encoding = record.encode()
        self.encodings.append(encoding)
        self.heads.append(chain.extend(self.heads[-1], encoding))
        return record.seq
