"""How many reads a second a city takes in, durably and receipted: `python -m bench.city`.

A real mosquitto with TLS 1.3, the real vault and ingest workers, each its own process, and
simulated cameras, each with its own certificate, that send batches sealed beforehand and keep the
window of a camera. A read counts when a receipt that the vault signed has come back for it.

Each database twice: as fast as it goes, and at a steady rate, where every camera closes a batch
after half a second. The clock starts when every stream is known.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from alpr_city.bootstrap import bootstrap
from alpr_city.config import CityConfig, load, template
from alpr_city.demo.processes import Processes, free_ports
from alpr_wire.batches import MOST_RECORDS, WINDOW_S
from bench.senders import WAIT_S, Sender, fleet, sender
from tests.city.postgres import Cluster

CAMERAS, READS = 100, 1000
WORKERS = 3
"""Of ingest: with two the vault waits now and then, and it is what limits."""
TENTH = 2000.0
"""Reads a second: a tenth of what is aimed at."""
STEADY_S = 20.0
DATABASES, FORMS = ("sqlite", "postgresql"), ("fast", "steady")


def measure(
    *, cameras: int, reads: int, workers: int, postgres: bool = False, rate: float = 0.0
) -> dict[str, Any]:
    """Reads a second, CPU time a read by process, and how long receipts took.

    `rate` is in reads a second of all cameras together; 0 is as fast as it goes.
    """
    with ExitStack() as stack:
        folder, config, running = prepare(stack, workers, postgres)
        open_doors(config, running)
        batch = max(1, round(rate / cameras * WINDOW_S)) if rate else MOST_RECORDS
        made = fleet(config, cameras, reads, batch, folder)
        start_ingest(running, workers)
        senders = [sender(config, *row, bool(rate)) for row in made]
        wait_for_ingest(folder, workers)
        for one in senders:
            one.greet()
        _wait(senders, "known", folder)
        load_before = os.getloadavg()[0]
        before = cpu_seconds(running, folder)
        began, own = time.perf_counter(), time.process_time()
        for one in senders:
            one.start()
        _wait(senders, "done", folder)
        took = time.perf_counter() - began
        spent = {name: after - before[name] for name, after in cpu_seconds(running, folder).items()}
        spent["cameras"] = time.process_time() - own
        for one in senders:
            one.client.disconnect()
            one.client.loop_stop()
        count = cameras * reads
        waits = sorted(w for s in senders for w in s.waits_s)
        cpu = {name: s / count * 1e6 for name, s in sorted(spent.items())}
        return {
            "database": "PostgreSQL" if postgres else "SQLite",
            "form": f"{rate:,.0f} reads/s" if rate else "as fast as it goes",
            "cameras": cameras,
            "workers": workers,
            "reads": count,
            "load_before": load_before,
            "reads_a_second": count / took,
            "receipt_p50_ms": waits[len(waits) // 2] * 1000,
            "receipt_p99_ms": waits[int(len(waits) * 0.99)] * 1000,
            "cpu_us_a_read": cpu,
            "cpu_us_a_read_together": sum(cpu.values()),
        }


def prepare(stack: ExitStack, workers: int, postgres: bool) -> tuple[Path, CityConfig, Processes]:
    """A city's folder, made ready in a throwaway place, with nothing running but its database."""
    folder = Path(tempfile.mkdtemp(prefix="alpr-bench-", dir=os.environ.get("BENCH_DIR")))
    stack.callback(shutil.rmtree, folder, ignore_errors=True)
    folder.chmod(0o755)
    url = ""
    if postgres:
        cluster = Cluster(folder / "postgres", fsync=True)
        cluster.start()
        stack.callback(cluster.stop)
        cluster.sql("CREATE DATABASE city")
        url = cluster.url("city")
    camera_port, city_port, _ = free_ports(3)
    text = template("Bench", Path("city"), camera_port, city_port)
    text = text.replace("workers = 1", f"workers = {workers}").replace('url = ""', f'url = "{url}"')
    (folder / "city.toml").write_text(text)
    config = load(folder / "city.toml")
    bootstrap(config)
    running = Processes(folder, lambda: False)
    stack.callback(running.stop)
    return folder, config, running


def open_doors(config: CityConfig, running: Processes) -> None:
    """Broker and vault."""
    for name in ("broker", "vault"):
        running.start(name, "alpr-city", name)
    running.wait_for("the vault", config.files.socket.exists)


def start_ingest(running: Processes, workers: int) -> None:
    """All workers."""
    for number in range(workers):
        running.start(f"ingest-{number + 1}", "alpr-city", "ingest", "--worker", str(number + 1))


def measure_all(
    cameras: int = CAMERAS,
    reads: int = READS,
    workers: int = WORKERS,
    rate: float = TENTH,
    databases: Sequence[str] = DATABASES,
    forms: Sequence[str] = FORMS,
) -> list[dict[str, Any]]:
    """Each database in each form."""
    steady = max(1, round(rate / cameras * STEADY_S))
    return [
        measure(
            cameras=cameras,
            reads=steady if form == "steady" else reads,
            workers=workers,
            postgres=database == "postgresql",
            rate=rate if form == "steady" else 0.0,
        )
        for form in forms
        for database in databases
    ]


def _wait(senders: list[Sender], what: str, folder: Path) -> None:
    for one in senders:
        if not getattr(one, what).wait(WAIT_S):
            raise SystemExit(f"no receipts: {[f.read_text()[-300:] for f in folder.glob('*.log')]}")


def wait_for_ingest(folder: Path, workers: int) -> None:
    """Until every worker has subscribed."""
    logs = [folder / f"ingest-{n + 1}.log" for n in range(workers)]
    until = time.monotonic() + 60
    while not all("connected to the broker" in log.read_text() for log in logs):
        if time.monotonic() > until:
            raise SystemExit("ingest does not connect")
        time.sleep(0.05)
    time.sleep(2.5)  # until it has looked at the register and subscribed


def cpu_seconds(running: Processes, folder: Path) -> dict[str, float]:
    """CPU seconds of each process, its children included."""
    ticks = os.sysconf("SC_CLK_TCK")
    of_session = {process.pid: name for name, process in running._running.items()}
    found = dict.fromkeys(of_session.values(), 0.0)
    postmaster = folder / "postgres" / "data" / "postmaster.pid"
    database = int(postmaster.read_text().split()[0]) if postmaster.exists() else None
    if database is not None:
        found["PostgreSQL"] = 0.0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        parent, session = int(fields[1]), int(fields[3])
        name = of_session.get(session)
        if database is not None and database in (parent, int(stat.parent.name)):
            name = "PostgreSQL"
        if name is not None:
            found[name] += (int(fields[11]) + int(fields[12])) / ticks
    return found


def print_table(rows: list[dict[str, Any]]) -> None:
    """For people."""
    print("\nfrom cameras to receipts, through TLS")
    for row in rows:
        cpu = ", ".join(f"{name} {us:.1f}" for name, us in row["cpu_us_a_read"].items())
        print(
            f"  {row['database']}, {row['cameras']} cameras, {row['workers']} workers,"
            f" {row['form']} (load before {row['load_before']:.1f}):"
            f"\n    {row['reads_a_second']:,.0f} reads/s, receipts p50"
            f" {row['receipt_p50_ms']:.0f} ms, p99 {row['receipt_p99_ms']:.0f} ms"
            f"\n    CPU, us a read: {cpu}; together {row['cpu_us_a_read_together']:.1f}"
        )


def main() -> int:
    """Run and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.city", description=__doc__)
    parser.add_argument("--cameras", type=int, default=CAMERAS)
    parser.add_argument("--reads", type=int, default=READS, help="of each camera")
    parser.add_argument("--workers", type=int, default=WORKERS)
    parser.add_argument("--database", nargs="+", choices=DATABASES, default=DATABASES)
    parser.add_argument("--form", nargs="+", choices=FORMS, default=FORMS)
    parser.add_argument("--rate", type=float, default=TENTH, help="reads a second, steady form")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    rows = measure_all(args.cameras, args.reads, args.workers, args.rate, args.database, args.form)
    if args.json:
        print(json.dumps(rows, indent=1))
    else:
        print_table(rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
