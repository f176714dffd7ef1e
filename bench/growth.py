"""What a read costs as the database grows: `python -m bench.growth --minutes 8`.

Sixteen days grow together, doubled at each step. At each: CPU of storing a read, by ingest's own
statements in transactions of 4,000; of finding a plate's places over all sixteen days; and of
purging a read, on a further day of 50,000 that is filled for it. CPU time is that of this process
and, on PostgreSQL, of its backend. One JSON line a step; `--svg FILE` draws them.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import statistics
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from bench.drawing import Panel, draw
from bench.finding import city, days, index_key, make_partition, register
from tests.city.retention.conftest import Desk
from tests.city.vaults import ACCESS

DAYS, FIRST_A_DAY = 16, 12_500
A_TRANSACTION, PURGED, SEARCHES = 4000, 50_000, 15
KINDS = ("sqlite", "postgresql")


def grow(kind: str, budget_s: float) -> list[dict[str, Any]]:
    """One row for each step that began within the budget, two at least."""
    rows = []
    began = time.monotonic()
    with city(kind) as (desk, config):
        stream = register(1)[0]
        today = datetime.now(UTC).date()
        every = days(today, DAYS)
        for day in every:
            index_key(desk, day)
        a_day, stored = FIRST_A_DAY, 0
        while len(rows) < 2 or time.monotonic() - began < budget_s:
            cpu, wall = _timed(lambda: _store(every, stream, stored, a_day))  # noqa: B023
            stored += a_day * DAYS
            row = {
                "on": kind,
                "reads": stored,
                "store_us": cpu / (a_day * DAYS) * 1e6,
                "store_wall_us": wall / (a_day * DAYS) * 1e6,
                "find_ms": _find(desk, every) * 1000,
                "purge_us": _purge(every[0] - timedelta(800), stream, config) * 1e6,
                "load": os.getloadavg()[0],
            }
            rows.append(row)
            print(
                json.dumps({k: round(v, 2) if k != "on" else v for k, v in row.items()}), flush=True
            )
            a_day = stored // DAYS
    return rows


def _store(every: list[date], stream: int, first: int, a_day: int) -> None:
    for number, day in enumerate(every):
        make_partition(day)
        _store_day(day, stream, first + number * a_day, a_day)


def _store_day(day: date, stream: int, first: int, count: int) -> None:
    from django.db import transaction

    from alpr_city.reads.store import RECORD, TOKEN, insert

    chance = random.Random(first)
    for at in range(first, first + count, A_TRANSACTION):
        seqs = range(at, min(at + A_TRANSACTION, first + count))
        encodings = chance.randbytes(372 + A_TRANSACTION)
        with transaction.atomic():
            insert(
                "record",
                RECORD,
                [
                    (str(day), stream, n, 1, encodings[n - at : n - at + 372], bytes(124), n * 1000)
                    for n in seqs
                ],
            )
            insert(
                "token",
                TOKEN,
                [
                    (str(day), chance.randrange(-(2**31), 2**31), stream, n)
                    for n in seqs
                    for _ in range(2)
                ],
            )


def _find(desk: Desk, every: list[date]) -> float:
    """Median of some searches that find little."""
    from alpr_city.search.exact import Search

    search = Search(desk, None)  # type: ignore[arg-type]
    times = []
    for number in range(SEARCHES):
        text = f"{number}TEST00"
        times.append(_timed(lambda: search.places(ACCESS, text, every[0], every[-1]))[0])  # noqa: B023
    return statistics.median(times)


def _purge(day: date, stream: int, config: Any) -> float:
    """CPU seconds a read of dropping a day's rows."""
    from alpr_city.retention.dropping import drop

    make_partition(day)
    _store_day(day, stream, 2**40, PURGED)
    return _timed(lambda: drop(day, config.files.pictures / f"{day}.db"))[0] / PURGED


def _timed(work: Any) -> tuple[float, float]:
    """CPU and wall seconds."""
    before, began = _cpu(), time.monotonic()
    work()
    return _cpu() - before, time.monotonic() - began


def _cpu() -> float:
    """CPU seconds of this process and of its PostgreSQL backend."""
    from django.db import connection

    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = used.ru_utime + used.ru_stime
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            stat = Path(f"/proc/{cursor.fetchone()[0]}/stat").read_text()
        fields = stat.rsplit(")", 1)[1].split()
        seconds += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return seconds


def picture(rows: list[dict[str, Any]]) -> str:
    """The rows as three panels."""
    names = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
    panels = []
    for key, title in (
        ("store_us", "store: CPU, microseconds a read"),
        ("find_ms", f"find over {DAYS} days: CPU, milliseconds"),
        ("purge_us", "purge: CPU, microseconds a read"),
    ):
        lines = {
            names[kind]: [(r["reads"], r[key]) for r in rows if r["on"] == kind] for kind in KINDS
        }
        panels.append(Panel(title, lines))
    return draw("reads stored", panels)


def main() -> None:
    """Run, print and draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=8.0, help="for each database")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=KINDS)
    parser.add_argument("--svg", type=Path)
    args = parser.parse_args()
    rows = [row for kind in args.kinds for row in grow(kind, args.minutes * 60)]
    if args.svg is not None:
        args.svg.write_text(picture(rows), encoding="utf-8")


if __name__ == "__main__":
    main()
