"""A city's whole day in minutes: `python -m bench.day --hour 10`.

A thousand cameras with Poisson arrivals under a daily curve, through TLS to the real mosquitto,
ingest and vault, at the real rate of each hour; of each hour so many seconds are played and the
rest is left out. Beside it a search a second for a plate over thirty days, to its first page of
opened reads, and in the evening rush the purge of a day that was filled beforehand.

A receipt's time counts from when its batch was due to be closed, so that a late sender counts.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import random
import resource
import sys
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from bench import beside, city
from bench.crowd import Crowd, Due, plan, seal
from bench.drawing import Panel, draw
from bench.senders import fleet

CURVE = (
    8, 5, 4, 4, 8, 20, 45, 80, 90, 55, 46, 46, 49, 48, 54, 66, 84, 100, 66, 41, 29, 23, 17, 12,
)  # fmt: skip
"""Reads of each hour, in thousandths of the day's."""
CAMERAS, A_DAY, OLD, HOUR_S = 1000, 10_000, 100_000, 10.0
PURGE_HOUR = 17


def rates(cameras: int, a_day: int) -> list[float]:
    """Reads a second of all cameras, by hour."""
    return [cameras * a_day * share / sum(CURVE) / 3600 for share in CURVE]


def measure(args: argparse.Namespace, database: str) -> dict[str, Any]:
    """One day on one database."""
    chance = random.Random(args.seed)
    with ExitStack() as stack:
        folder, config, running = city.prepare(stack, args.workers, database == "postgresql")
        beside.fill(config, args.old)
        city.open_doors(config, running)
        made = fleet(config, args.cameras, 1, 1, folder)
        day = plan(rates(args.cameras, args.reads), args.cameras, args.hour, chance)
        for due in day:
            seal(due, made[due.camera][0], chance)
        city.start_ingest(running, args.workers)
        city.wait_for_ingest(folder, args.workers)
        crowd = Crowd(config, made)
        stack.callback(crowd.close)
        crowd.greet()
        spawn = multiprocessing.get_context("spawn")
        ours, theirs = spawn.Pipe()
        searcher = spawn.Process(
            target=beside.search, args=(folder / "city.toml", theirs), daemon=True
        )
        searcher.start()
        ours.recv()
        spent: list[dict[str, float]] = []
        purge_s: list[float] = []
        command = running._command("alpr-city", "purge")
        purge = threading.Thread(target=beside.purge, args=(command, purge_s))

        def begins(hour: int) -> None:
            cpu = city.cpu_seconds(running, folder) | {"cameras": time.process_time()}
            spent.append(cpu | {"search": _cpu_of(searcher.pid)})
            if hour == PURGE_HOUR:
                purge.start()

        load_before = os.getloadavg()[0]
        before = _reaped_s()
        start = crowd.play(day, args.hour, len(CURVE), begins)
        purge.join()
        purge_cpu_s = _reaped_s() - before
        ours.send("stop")
        searches = [(at_s - start, took_s, found) for at_s, took_s, found in ours.recv()]
        searcher.join()
    waits = [due.receipted_s - start - due.at_s for due in day for _ in due.reads_s]
    whole = [due.receipted_s - start - at_s for due in day for at_s in due.reads_s]
    found = [took_s for _, took_s, _ in searches]
    return {
        "database": "PostgreSQL" if database == "postgresql" else "SQLite",
        "cameras": args.cameras,
        "workers": args.workers,
        "hour_s": args.hour,
        "load_before": load_before,
        "hours": _hours(day, start, args.hour, spent, searches),
        "reads": len(waits),
        "batches": len(day),
        "receipted": sum(len(due.reads_s) for due in day if due.receipted_s),
        **{f"receipt_p{p}_ms": at(waits, p) for p in (50, 99, 100)},
        "read_to_receipt_p99_ms": at(whole, 99),
        "searches": len(found),
        "most_found": max(n for *_, n in searches),
        **{f"search_p{p}_ms": at(found, p) for p in (50, 95, 100)},
        "purged_reads": args.old,
        "purge_s": purge_s[0],
        "purge_cpu_s": purge_cpu_s,
    }


def _hours(
    day: list[Due],
    start: float,
    hour_s: float,
    spent: list[dict[str, float]],
    searches: list[tuple[float, float, int]],
) -> list[dict[str, Any]]:
    """A row for each: what was offered and receipted in it, and the waits of what was offered."""
    rows = []
    for hour in range(len(CURVE)):

        def within(at_s: float, hour: int = hour) -> bool:
            return hour * hour_s <= at_s < (hour + 1) * hour_s

        waits = [d.receipted_s - start - d.at_s for d in day if within(d.at_s) for _ in d.reads_s]
        back = sum(len(d.reads_s) for d in day if within(d.receipted_s - start))
        found = [took_s for at_s, took_s, _ in searches if within(at_s)]
        row = {
            "hour": hour,
            "offered": sum(within(a) for d in day for a in d.reads_s) / hour_s,
            "receipted": back / hour_s,
            "receipt_p50_ms": at(waits, 50),
            "receipt_p99_ms": at(waits, 99),
            "search_p95_ms": at(found, 95),
            "cpu_percent": {
                name: (spent[hour + 1][name] - before) / hour_s * 100
                for name, before in sorted(spent[hour].items())
            },
        }
        rows.append(row)
    return rows


def at(values: list[float], percent: int) -> float | None:
    """A percentile of seconds, in milliseconds; None of nothing."""
    if not values:
        return None
    return sorted(values)[min(len(values) - 1, len(values) * percent // 100)] * 1000


def _reaped_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _cpu_of(pid: int | None) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def print_day(row: dict[str, Any]) -> None:
    """For people."""
    print(
        f"{row['database']}, {row['cameras']} cameras, ingest workers {row['workers']}, hours of"
        f" {row['hour_s']:g} s, load before {row['load_before']:.1f}\n"
        "hour  offered/s receipted/s  receipt p50, p99 ms  search p95 ms  CPU, % of a core"
    )
    for r in row["hours"]:
        cpu = ", ".join(f"{name} {p:.0f}" for name, p in r["cpu_percent"].items())
        figures = "".join(
            f"{'-' if r[key] is None else format(r[key], f'.{digits}f'):>{width}}"
            for key, width, digits in (
                ("offered", 11, 1), ("receipted", 12, 1), ("receipt_p50_ms", 14, 0),
                ("receipt_p99_ms", 7, 0), ("search_p95_ms", 15, 0),
            )
        )  # fmt: skip
        print(f"{r['hour']:>4}{figures}  {cpu}")
    print(
        f"all {row['receipted']} of {row['reads']} reads receipted, in {row['batches']} batches:"
        f" p50 {row['receipt_p50_ms']:.0f} ms, p99 {row['receipt_p99_ms']:.0f}, longest"
        f" {row['receipt_p100_ms']:.0f}; from the read itself p99"
        f" {row['read_to_receipt_p99_ms']:.0f}. {row['searches']} searches, up to"
        f" {row['most_found']} found: p50 {row['search_p50_ms']:.0f} ms, p95"
        f" {row['search_p95_ms']:.0f}, longest {row['search_p100_ms']:.0f}. Purge of"
        f" {row['purged_reads']} reads in hour {PURGE_HOUR}: {row['purge_s']:.1f} s,"
        f" {row['purge_cpu_s']:.1f} s of CPU\n"
    )


def picture(rows: list[dict[str, Any]]) -> str:
    """Rate and waits by hour."""

    def lines(key: str) -> dict[str, list[tuple[float, float]]]:
        return {r["database"]: [(h["hour"], h[key] or 0.0) for h in r["hours"]] for r in rows}

    panels = [
        Panel("offered, reads a second", {"": lines("offered")[rows[0]["database"]]}, hours=True),
        Panel("receipt p99, milliseconds", lines("receipt_p99_ms"), hours=True),
        Panel("search p95, milliseconds", lines("search_p95_ms"), hours=True),
    ]
    return draw(f"hour of the day; purge at {PURGE_HOUR}", panels)


def main() -> int:
    """Run, print and draw."""
    parser = argparse.ArgumentParser(prog="python -m bench.day", description=__doc__)
    parser.add_argument("--cameras", type=int, default=CAMERAS)
    parser.add_argument("--reads", type=int, default=A_DAY, help="a camera and day, mean")
    parser.add_argument("--old", type=int, default=OLD, help="reads of the day that is purged")
    parser.add_argument("--hour", type=float, default=HOUR_S, help="seconds that an hour is played")
    parser.add_argument("--workers", type=int, default=1, help="of ingest")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--database", nargs="+", choices=city.DATABASES, default=list(city.DATABASES)
    )
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--plot", type=Path, metavar="FILE.svg")
    args = parser.parse_args()
    rows = [measure(args, database) for database in args.database]
    if args.json:
        print(json.dumps(rows, indent=1))
    else:
        for row in rows:
            print_day(row)
    if args.plot is not None:
        args.plot.write_text(picture(rows), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
