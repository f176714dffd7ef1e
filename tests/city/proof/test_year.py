"""A year of one camera, 10,000 reads a day, is checked in one go."""

from __future__ import annotations

import time

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from alpr_city.config import CityConfig
from alpr_wire import chain
from alpr_wire.records import Kind, Record

RECORDS = 3_650_000


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_a_camera_year_is_verified(
    sqlite_database: CityConfig, capsys: pytest.CaptureFixture[str]
) -> None:
    """Prints how long it took; the records are as long as reads are."""
    from datetime import UTC, date, datetime, timedelta

    from django.db import connection, transaction

    from alpr_city.proof.chains import verify_camera
    from alpr_city.reads.models import Camera, SignedHead, Stream

    key = Ed25519PrivateKey.generate()
    stream, name = b"y" * 16, "cam-one"
    now = datetime.now(UTC)
    row = Camera.objects.create(
        name=name, signing_key=key.public_key().public_bytes_raw(), admitted_at=now
    )
    held = Stream.objects.create(
        camera=row, stream=stream, seq=-1, digest=b"", first_at=now, last_at=now
    )
    head = chain.genesis(name, stream)
    template = {1: 0, 2: 0, 3: bytes(600), 4: bytes(32), 5: [[1, bytes(32), 9], [2, bytes(32), 9]]}
    connection.ensure_connection()
    for first in range(0, RECORDS, 10_000):
        day = str(date(2026, 1, 1) + timedelta(days=first // 10_000))
        rows = []
        for seq in range(first, first + 10_000):
            body = template | {3: seq.to_bytes(8, "big") * 75}
            encoding = Record(kind=Kind.READ, stream=stream, seq=seq, body=body).encode()
            head = chain.extend(head, encoding)
            rows.append((day, held.pk, seq, 1, encoding, bytes(124), seq))
        signed = chain.Head.sign(key, camera=name, stream=stream, seq=seq, digest=head)
        with transaction.atomic():
            connection.connection.executemany(
                "INSERT INTO record (day, stream_id, seq, kind, encoding, wrapped, captured_us)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                rows,
            )
            SignedHead.objects.create(
                stream=held, day=day, seq=seq, digest=head, signature=signed.signature
            )
    Stream.objects.filter(pk=held.pk).update(
        seq=RECORDS - 1, digest=head, signature=signed.signature
    )
    began, began_cpu = time.perf_counter(), time.process_time()
    (verdict,) = verify_camera(name, {stream: (RECORDS - 1, head)})
    took, cpu = time.perf_counter() - began, time.process_time() - began_cpu
    with capsys.disabled():
        print(f"\n{verdict.records} records verified in {took:.1f} s, {cpu:.1f} s of CPU")
    assert (verdict.records, verdict.faults) == (RECORDS, [])
    with connection.cursor() as cursor:
        cursor.execute("UPDATE record SET encoding = %s WHERE seq = 3000000", [bytes(700)])
    (verdict,) = verify_camera(name, None)
    assert verdict.faults
