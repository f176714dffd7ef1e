"""Walks the stored chains of a camera and says where one does not hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.db import connection

from alpr_city.proof import purges
from alpr_city.reads.models import Camera, Gap, PurgedSpan, SignedHead, Stream
from alpr_wire import chain
from alpr_wire.errors import ChainError, WireError
from alpr_wire.records import VERSION, Kind, decode_record

_PAGE = 20_000
_ARRAY_OF_5 = 0x85


@dataclass(slots=True)
class Verdict:
    """What a walk over one stream found."""

    stream: bytes
    records: int = 0
    gap: int = 0
    purged: int = 0
    last_seq: int = -1
    faults: list[str] = field(default_factory=list)


def verify_camera(
    name: str,
    receipts: Mapping[bytes, tuple[int, bytes]] | None,
    day: date | None = None,
    log_key: bytes | None = None,
) -> list[Verdict]:
    """Walk every stream of a camera, or those records of it that came on a day.

    Args:
        name: The camera.
        receipts: The last receipt of each stream as the vault remembers it, against which a
            shortened database shows; None where the vault cannot be asked.
        day: The day, or None for all.
        log_key: The vault's public key, by which it signed purge certificates; None where the
            vault cannot be asked.
    """
    camera = Camera.objects.get(name=name)
    key = Ed25519PublicKey.from_public_bytes(bytes(camera.signing_key))
    verdicts = []
    for row in Stream.objects.filter(camera=camera).order_by("first_at"):
        walk = Walk(row, key, (receipts or {}).get(bytes(row.stream)), log_key)
        verdicts.append(walk.run(day))
    known = {bytes(v.stream) for v in verdicts}
    for stream, (seq, _) in sorted((receipts or {}).items()):
        if stream not in known:
            lost = Verdict(stream)
            lost.faults.append(f"the vault receipted it up to record {seq}; none is stored")
            verdicts.append(lost)
    return verdicts


class Walk:
    """One stream's chain, from its beginning or from a signed head."""

    def __init__(
        self,
        row: Stream,
        key: Ed25519PublicKey,
        receipt: tuple[int, bytes] | None,
        log_key: bytes | None = None,
    ) -> None:
        self._row, self._key, self._receipt = row, key, receipt
        self._log_key = log_key
        self._id, self._camera = row.pk, row.camera_id
        self._stream = bytes(row.stream)
        self._heads = {h.seq: h for h in SignedHead.objects.filter(stream=row)}
        self._jumps: dict[int, Any] = {g.first_seq: g for g in Gap.objects.filter(stream=row)}
        self._jumps |= {s.first_seq: s for s in PurgedSpan.objects.filter(stream=row)}
        self._declared = {j.declared_by: j for j in self._jumps.values() if isinstance(j, Gap)}
        self._verdict = Verdict(self._stream)
        self._sound = -1
        """The last place that a signature vouches for."""

    def run(self, day: date | None) -> Verdict:
        """Walk."""
        verdict = self._verdict
        after, head, until = -1, chain.genesis(self._camera, self._stream), None
        if day is not None:
            span = self._span(day)
            if span is None:
                return verdict
            after, head, until = span
        expected = after + 1
        for seq, kind, encoding in self._rows(after, until):
            while seq > expected and expected in self._jumps:
                head, expected = self._jump(self._jumps[expected], head)
            if seq > expected:
                verdict.faults.append(f"{_span(expected, seq - 1)} missing")
                expected = seq
            head = chain.extend(head, encoding)
            self._check_kind(seq, kind, encoding)
            verdict.records += 1
            expected = seq + 1
            if seq in self._heads:
                head = self._compare(self._heads[seq], head)
            if self._receipt is not None and seq == self._receipt[0] and head != self._receipt[1]:
                verdict.faults.append(f"the vault receipted another head at record {seq}")
        while expected in self._jumps:
            head, expected = self._jump(self._jumps[expected], head)
        verdict.last_seq = expected - 1
        if until is None:
            self._end(expected - 1, head)
        for seq in self._declared:
            if after < seq and (until is None or seq <= until) and seq > verdict.last_seq:
                verdict.faults.append(f"a gap is declared by record {seq}, which is not stored")
        return verdict

    def _end(self, last: int, head: bytes) -> None:
        row, verdict = self._row, self._verdict
        if (row.seq, bytes(row.digest)) != (last, head):
            verdict.faults.append(
                f"after record {self._sound} something was inserted, removed, changed or reordered"
            )
        elif row.signature is not None:
            signed = chain.Head(
                camera=self._camera,
                stream=self._stream,
                seq=last,
                digest=head,
                signature=bytes(row.signature),
            )
            try:
                signed.verify(self._key)
            except ChainError:
                verdict.faults.append(f"the camera never signed what ends at record {last}")
        if self._receipt is not None and self._receipt[0] > last:
            verdict.faults.append(
                f"the vault receipted up to record {self._receipt[0]};"
                f" what is stored ends at {last}"
            )

    def _compare(self, stored: SignedHead, head: bytes) -> bytes:
        """Hold the walk against a signed head, and go on from what the camera signed."""
        signed = chain.Head(
            camera=self._camera,
            stream=self._stream,
            seq=stored.seq,
            digest=bytes(stored.digest),
            signature=bytes(stored.signature),
        )
        if signed.digest == head:
            self._sound = stored.seq
            return head
        try:
            signed.verify(self._key)
        except ChainError:
            self._verdict.faults.append(f"the signed head at record {stored.seq} was changed")
            return head
        self._verdict.faults.append(
            f"between records {self._sound + 1} and {stored.seq} something was inserted, removed,"
            " changed or reordered"
        )
        self._sound = stored.seq
        return signed.digest

    def _check_kind(self, seq: int, kind: int, encoding: bytes) -> None:
        """The columns beside a record say what it says; the chain vouches for the record."""
        if encoding[:3] != bytes((_ARRAY_OF_5, VERSION, kind)):
            self._verdict.faults.append(f"record {seq} is stored as another kind")
        elif kind == Kind.GAP and seq in self._declared:
            gap = self._declared[seq]
            try:
                body = decode_record(encoding).body
            except WireError:
                body = {}
            fits = body.get(2, gap.first_seq + 1) <= gap.first_seq and body.get(3) == gap.last_seq
            if not fits or body.get(5) != bytes(gap.digest):
                self._verdict.faults.append(f"record {seq} does not declare the gap stored of it")

    def _jump(self, jump: Gap | PurgedSpan, head: bytes) -> tuple[bytes, int]:
        count = jump.last_seq - jump.first_seq + 1
        if isinstance(jump, Gap):
            self._verdict.gap += count
        else:
            self._verdict.purged += count
            fault = purges.fault_of(jump, self._camera, self._log_key)
            if not fault and bytes(jump.before) != head:
                fault = "does not go on from what is before it"
            if fault:
                span = _span(jump.first_seq, jump.last_seq)
                self._verdict.faults.append(f"{span} purged, but that {fault}")
        return bytes(jump.digest), jump.last_seq + 1

    def _span(self, day: date) -> tuple[int, bytes, int | None] | None:
        """Signed places round a day's records: (after, head, until)."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT min(seq), max(seq) FROM record WHERE stream_id = %s AND day = %s",
                [self._id, str(day)],
            )
            first, last = cursor.fetchone()
        if first is None:
            return None
        known = {s: bytes(h.digest) for s, h in self._heads.items() if s < first}
        known |= {j.last_seq: bytes(j.digest) for j in self._jumps.values() if j.last_seq < first}
        before = max(known, default=None)
        until = min((s for s in self._heads if s >= last), default=None)
        if before is None:
            return -1, chain.genesis(self._camera, self._stream), until
        self._sound = before
        return before, known[before], until

    def _rows(self, after: int, until: int | None) -> Iterator[tuple[int, int, bytes]]:
        most = 2**62 if until is None else until
        while True:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT seq, kind, encoding FROM record WHERE stream_id = %s AND seq > %s"
                    " AND seq <= %s ORDER BY seq LIMIT %s",
                    [self._id, after, most, _PAGE],
                )
                rows = cursor.fetchall()
            for seq, kind, encoding in rows:
                yield int(seq), int(kind), bytes(encoding)
            if len(rows) < _PAGE:
                return
            after = int(rows[-1][0])


def _span(first: int, last: int) -> str:
    return f"record {first} is" if first == last else f"records {first} to {last} are"
