"""How long search and purge take at a city's size: `python -m bench.finding --reads 10000000`.

Fills a throwaway database with rows of the right shape and a vault with the keys of two years, and
times what the console does: exact search over all days, a partial search over merged columns, and
the purge of one large day while another connection writes as ingest does.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.city.databases import Templates
from tests.city.retention.conftest import Desk, Rules
from tests.city.vaults import ACCESS, arrive, make_vault

DAYS, CAMERAS = 730, 35
LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"


def main() -> None:
    """Run what is asked for and print one JSON line each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kind", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--reads", type=int, default=1_000_000, help="over two years, for exact")
    parser.add_argument("--searches", type=int, default=200)
    parser.add_argument("--day", type=int, default=1_000_000, help="reads of the purged day")
    parser.add_argument("--only", choices=["exact", "partial", "purge"])
    args = parser.parse_args()
    for name, run in (("exact", exact), ("partial", partial), ("purge", purge)):
        if args.only in (None, name):
            with city(args.kind) as (desk, config):
                found = run(desk, config, args)
            machine = f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
            print(json.dumps({"what": name, "on": args.kind, **found, "machine": machine}))


@contextmanager
def city(kind: str) -> Iterator[tuple[Desk, Any]]:
    """An empty city."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        templates = Templates()
        (folder / "vault-of-it").mkdir()
        made = make_vault(folder / "vault-of-it")
        try:
            yield Desk(made), templates.fresh(kind, folder)
        finally:
            made.vault.close()
            templates.close()


def exact(desk: Desk, config: Any, args: argparse.Namespace) -> dict[str, Any]:
    """p50 and p95 of a search for one plate over two years: where it was, and its first page.

    The page is what the console does for it: the access put on record and flushed, the places
    found, 25 reads opened with their crops, and that put on record.
    """
    from alpr_city.reads.pictures import PictureStore
    from alpr_city.search.exact import Search
    from alpr_city.search.showing import PAGE

    today = datetime.now(UTC).date()
    a_day = args.reads // DAYS
    streams = register(1)
    index = {day: index_key(desk, day) for day in days(today, DAYS)}
    began = time.monotonic()
    with quickly():
        for number, day in enumerate(index):
            fill(day, streams[0], number * a_day, a_day)
    filled_s = time.monotonic() - began
    pictures = PictureStore(config.files.pictures)
    known = plant(desk, index, pictures)
    execute("ANALYZE")
    search = Search(desk, pictures)  # type: ignore[arg-type]
    times: dict[str, list[float]] = {"places": [], "page": []}
    worked = 0.0
    for text in [*known, "0TEST00"] * (args.searches // 4):
        began, cpu = time.perf_counter(), time.process_time()
        _, found = search.places(ACCESS, text, today - timedelta(DAYS - 1), today)
        times["places"].append(time.perf_counter() - began)
        opened = search.look(ACCESS, found[:PAGE], (1,), text)[1] if found else []
        times["page"].append(time.perf_counter() - began)
        worked += time.process_time() - cpu
        assert (len(found) >= 100) == (text in known)
        assert len([h for h in opened if h.pictures]) == (PAGE if text in known else 0)
    pictures.close()
    return {
        "reads": args.reads,
        "rows": {name: count(name) for name in ("record", "token")},
        "filled_s": round(filled_s),
        "searches": len(times["page"]),
        "cpu_each_ms": round(1000 * worked / len(times["page"]), 1),
        **{
            f"{name}_{what}_ms": round(1000 * figure(found), 1)
            for name, found in times.items()
            for what, figure in (("p50", statistics.median), ("p95", p95))
        },
    }


def p95(times: list[float]) -> float:
    """Nineteen of twenty took less."""
    return sorted(times)[int(len(times) * 0.95)]


def count(table: str) -> int:
    """Rows of a table."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        return int(cursor.fetchone()[0])


@contextmanager
def quickly() -> Iterator[None]:
    """Without waiting for the disk: what is lost in a power cut is drawn anew."""
    from django.db import connection

    if connection.vendor == "postgresql":
        execute("SET synchronous_commit = off")
        yield
        execute("SET synchronous_commit = on")
    else:
        execute("PRAGMA synchronous = OFF")
        yield
        execute("PRAGMA synchronous = FULL")


def partial(desk: Desk, *_: Any) -> dict[str, Any]:
    """Seven days of 35 cameras with 10,000 reads a day each, in merged columns."""
    from alpr_city.search import partial as searching
    from alpr_city.vault.columns import WHOLE_DAY, seal

    today = datetime.now(UTC).date()
    stream = bytes(16)
    rows = [(stream, n, n * 8_000_000, pattern()) for n in range(10_000)]
    for day in days(today, 7):
        key = index_key(desk, day)
        make_partition(day)
        for number in range(CAMERAS):
            name = f"cam-{number:02}"
            execute(
                "INSERT INTO pattern (day, camera, slot, part, sealed) VALUES (%s,%s,%s,%s,%s)",
                [str(day), name, WHOLE_DAY, number, seal(key, name, WHOLE_DAY, rows)],
            )
    took, cpu, pieces = [], [], 0
    for text in ("4AB?1*", "4AB*", "*7Z9"):
        began, worked = time.perf_counter(), time.process_time()
        record = searching.begin(desk, ACCESS, text, alike=True)
        found, pieces = 0, 0
        for _, piece in searching.pieces(today - timedelta(6), today):
            found += len(searching.match(desk, record, piece))
            pieces += 1
        desk.call("partial_end", record)
        took.append(time.perf_counter() - began)
        cpu.append(time.process_time() - worked)
    return {
        "reads": 7 * CAMERAS * 10_000,
        "pieces": pieces,
        "longest_s": round(max(took), 2),
        "longest_cpu_s": round(max(cpu), 2),
    }


def purge(desk: Desk, config: Any, args: argparse.Namespace) -> dict[str, Any]:
    """One large day, while another connection commits as ingest does."""
    from alpr_city.reads.pictures import PictureStore
    from alpr_city.retention import counting, dropping
    from alpr_city.retention.purge import Purger

    old = datetime.now(UTC).date() - timedelta(800)
    streams = register(1)
    index_key(desk, old)
    fill(old, streams[0], 0, args.day)
    make_partition(datetime.now(UTC).date())
    heads(streams[0], args.day)
    stop, waits = threading.Event(), []
    writer = threading.Thread(target=write, args=(streams[0], stop, waits, args.day))
    writer.start()
    steps: dict[str, float] = {}
    timed(counting, "count", steps)
    timed(dropping, "drop", steps)
    pictures = PictureStore(config.files.pictures)
    began = time.perf_counter()
    Purger(desk, pictures, lambda _: Rules(), "root", "Testville").run()
    total_s = time.perf_counter() - began
    stop.set()
    writer.join()
    pictures.close()
    return {
        "reads": args.day,
        "total_s": round(total_s, 2),
        **{f"{name}_s": round(s, 2) for name, s in steps.items()},
        "commits_beside": len(waits),
        "commit_beside_p99_ms": round(1000 * sorted(waits)[len(waits) * 99 // 100], 1),
        "longest_commit_beside_ms": round(1000 * max(waits), 1),
    }


def timed(owner: Any, name: str, steps: dict[str, float]) -> None:
    """Note how long a step takes."""
    whole = getattr(owner, name)

    def run(*arguments: Any) -> Any:
        began = time.perf_counter()
        try:
            return whole(*arguments)
        finally:
            steps[name] = time.perf_counter() - began

    setattr(owner, name, run)


def write(stream: int, stop: threading.Event, waits: list[float], first: int) -> None:
    """Commit small batches, as ingest does, and note how long each took."""
    from django.db import connection, transaction

    seq, today = first, str(datetime.now(UTC).date())
    while not stop.is_set():
        rows = [(today, stream, seq + n, 1, b"x" * 300, b"w" * 124, n) for n in range(50)]
        seq += 50
        began = time.perf_counter()
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO record (day, stream_id, seq, kind, encoding, wrapped, captured_us)"
                " VALUES (%s, %s, %s, %s, %s, %s, %s)",
                rows,
            )
        waits.append(time.perf_counter() - began)
        stop.wait(0.02)
    connection.close()


def register(count: int) -> list[int]:
    """Cameras with a stream each; the streams' rows."""
    from alpr_city.reads.models import Camera, Stream

    now, made = datetime.now(UTC), []
    for number in range(count):
        camera = Camera.objects.create(
            name=f"cam-{number:02}", signing_key=bytes(32), admitted_at=now
        )
        stream = Stream.objects.create(
            camera=camera, stream=bytes(16), seq=-1, digest=bytes(32), first_at=now, last_at=now
        )
        made.append(stream.pk)
    return made


def heads(stream: int, count: int) -> None:
    """Signed heads every 250 records, as ingest keeps them."""
    from alpr_city.reads.models import SignedHead

    SignedHead.objects.bulk_create(
        SignedHead(
            stream_id=stream,
            day=datetime.now(UTC).date(),
            seq=seq,
            digest=bytes(32),
            signature=bytes(64),
        )
        for seq in range(249, count, 250)
    )


def fill(day: date, stream: int, first: int, count: int) -> None:
    """Reads of a day, two tokens each; the encodings are as long as a camera's."""
    from django.db import connection

    make_partition(day)
    last = first + count - 1
    if connection.vendor == "postgresql":
        series = f"generate_series({first}::bigint, {last}) AS s(n)"
        blob = "decode(repeat(md5(n::text), %d), 'hex')"
        token = "floor(random() * 4294967296)::bigint - 2147483648"
        encoding, wrapped = blob % 27, blob % 8
        cast = "::date"
    else:
        series = (
            f"(WITH RECURSIVE s(n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM s"
            f" WHERE n < {last}) SELECT n FROM s)"
        )
        encoding, wrapped, cast = "randomblob(440)", "randomblob(124)", ""
        token = "(random() & 4294967295) - 2147483648"
    execute(
        "INSERT INTO record (day, stream_id, seq, kind, encoding, wrapped, captured_us)"
        f" SELECT '{day}'{cast}, {stream}, n, 1, {encoding}, {wrapped}, n * 1000 FROM {series}"
    )
    for _ in range(2):
        execute(
            f"INSERT INTO token (day, token, stream_id, seq) SELECT '{day}'{cast}, {token},"
            f" {stream}, n FROM {series}"
        )


def plant(desk: Desk, index: dict[date, bytes], pictures: Any) -> list[str]:
    """Three plates that came by on a hundred days: real reads, sealed by a camera, with crops."""
    from unittest import mock

    from alpr_city.reads.models import Stream
    from alpr_wire.records import Picture
    from tests.city.fleet import FleetCamera

    known = ["0TEST01", "0TEST02", "0TEST03"]
    vault = desk.vault
    statement = vault.public.certified()["seal"]
    camera = FleetCamera("cam-00", seal_public(statement))
    now = datetime.now(UTC)
    stream = Stream.objects.create(
        camera_id="cam-00", stream=camera.stream, seq=-1, digest=bytes(32),
        first_at=now, last_at=now,
    )  # fmt: skip
    sent = 0
    for number, day in enumerate(index):
        if number % 7:
            continue
        noon = int(datetime(day.year, day.month, day.day, 12, tzinfo=UTC).timestamp() * 1e6)
        for offset, text in enumerate(known):
            camera.read(text, pictures=True, captured_us=noon + offset)
        with mock.patch("alpr_city.vault.vault.today", lambda day=day: str(day)):
            _, (answers,), _ = arrive(vault, camera, sent)
        sent = len(camera.encodings)
        crops = []
        for seq, wrapped, captured_us, tokens, *_ in answers:
            execute(
                "INSERT INTO record (day, stream_id, seq, kind, encoding, wrapped, captured_us)"
                " VALUES (%s, %s, %s, 1, %s, %s, %s)",
                [str(day), stream.pk, seq, camera.encodings[seq], wrapped, captured_us],
            )
            for token in tokens:
                execute(
                    "INSERT INTO token (day, token, stream_id, seq) VALUES (%s, %s, %s, %s)",
                    [str(day), token, stream.pk, seq],
                )
            crops += [
                (stream.pk, seq, int(p.kind), p.data)
                for p in camera.pictures[seq]
                if p.kind is Picture.CROP
            ]
        pictures.put(day, crops)
    return known


def seal_public(statement: bytes) -> bytes:
    """The key that cameras of this throwaway city seal to."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from alpr_wire.keys import Purpose, open_key

    root = Ed25519PrivateKey.from_private_bytes(bytes([5]) * 32).public_key()
    now_us = time.time_ns() // 1000
    return open_key(statement, purpose=Purpose.SEAL, root=root, now_us=now_us).public


def index_key(desk: Desk, day: date) -> bytes:
    """The keys of a day, without a backup of all keys for each."""
    from alpr_city.vault.keyring import Use

    keyring = desk.vault.keyring
    for use in (Use.DAY, Use.INDEX):
        if not keyring.has(use, str(day)):
            keyring._insert((use, str(day), os.urandom(32), 0, 2**53 - 1))
    return keyring.secret(Use.INDEX, str(day))


def pattern() -> str:
    """A plate with one doubtful character in four."""
    from alpr_city.vault.patterns import weigh

    text = (
        f"{random.randint(0, 9)}{''.join(random.choices(LETTERS, k=3))}{random.randint(0, 999):03}"
    )
    if random.random() < 0.25:
        return f"{text[:3]}[{text[3]}8]{text[4:]}\t{weigh(0.9) * 8}"
    return f"{text}\t{weigh(0.9) * 7}"


def days(last: date, count: int) -> list[date]:
    """So many days up to one."""
    return [last - timedelta(n) for n in range(count)][::-1]


def make_partition(day: date) -> None:
    """Somewhere for a day to go."""
    from alpr_city.reads.partitions import make_ahead

    make_ahead(day)


def execute(statement: str, values: list[Any] | None = None) -> None:
    """Run one statement."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(statement, values)


if __name__ == "__main__":
    main()
