"""What sealing and storing a read costs: `python -m bench.sealing`."""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from alpr_edge.buffer.body import read_body
from alpr_edge.buffer.outbox import Outbox
from alpr_wire import chain
from alpr_wire.sealing import EpochSealer
from tests.buffer.cast import DEVICE, passage

STREAM = bytes(16)


def measure(reads: int = 1000) -> dict[str, Any]:
    """Microseconds a read for sealing and chain; milliseconds a commit; bytes a read."""
    plaintext = read_body(passage()).encode()
    started = time.process_time()  # of the processor, so that a busy machine gives the same
    epoch = EpochSealer(DEVICE.camera, STREAM, 1, DEVICE.seal_key, DEVICE.seal_key_id)
    head = chain.extend(chain.genesis(DEVICE.camera, STREAM), epoch.record.encode())
    for seq in range(2, reads + 2):
        record, _ = epoch.seal(seq, plaintext, {})
        head = chain.extend(head, record.encode())
    sealing_us = (time.process_time() - started) / reads * 1e6
    with tempfile.TemporaryDirectory(dir=".") as folder:
        outbox = Outbox.open(Path(folder), DEVICE)
        commits = []
        for _ in range(reads):
            began = time.perf_counter()
            outbox.store(passage(), {})
            commits.append((time.perf_counter() - began) * 1000)
        outbox._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        on_disk = outbox.path.stat().st_size / reads
        outbox.close()
    commits.sort()
    return {
        "seal_and_chain_us": sealing_us,
        "store_p50_ms": statistics.median(commits),
        "store_p99_ms": commits[int(0.99 * len(commits))],
        "plaintext_bytes": len(plaintext),
        "bytes_on_disk_a_read": on_disk,
        "days_90_at_10000_gb": on_disk * 900_000 / 1e9,
    }


def print_table(results: dict[str, Any]) -> None:
    """For people."""
    print("\nsealing and storing a read, without pictures")
    for name, value in results.items():
        print(f"  {name:<24}{value:>10.2f}")


if __name__ == "__main__":
    print_table(measure())
    sys.exit(0)
