"""What a hot list of a million plates costs: `python -m bench.hotlists [--plates N]`.

Import: seconds and peak memory of the importer and the vault together, in one process. Match: CPU
microseconds a read. Delay: the longest that one vault operation of the import keeps others waiting.
"""

from __future__ import annotations

import argparse
import io
import json
import random
import resource
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from alpr_city.hotlists.importing import Description, Rules, put, read
from alpr_wire.read_fields import fields_of
from tests.city.vaults import ACCESS, CityVault, make_vault
from tests.wire.samples import read as sample_read

ROUNDS = 7
LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"


def plate(draw: random.Random) -> str:
    """A made-up plate of California's pattern."""
    letters = "".join(draw.choices(LETTERS, k=3))
    return f"{draw.randint(1, 9)}{letters}{draw.randint(0, 999):03}"


class Timed:
    """The vault without its socket, each operation timed."""

    def __init__(self, made: CityVault) -> None:
        vault = made.vault
        self._operations = {
            "lists": vault.watching.state,
            "list_begin": vault.watching.begin,
            "list_rows": vault.lists.add,
            "list_commit": vault.watching.commit,
            "list_abandon": vault.lists.abandon,
        }
        self.longest: dict[str, float] = {}

    def call(self, operation: str, *arguments: Any) -> Any:
        """One operation."""
        began = time.perf_counter()
        answer = self._operations[operation](*arguments)
        took = (time.perf_counter() - began) * 1000
        self.longest[operation] = max(self.longest.get(operation, 0.0), took)
        return answer


def measure(plates: int) -> dict[str, Any]:
    """All of it."""
    draw = random.Random(1)
    lines = ["HEADER", *(f"{plate(draw):<8}CA19261101" for _ in range(plates)), "TOTAL RECORD", ""]
    data = io.BytesIO("\n".join(lines).encode())
    del lines
    before_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    with tempfile.TemporaryDirectory(dir=".") as folder:
        made = make_vault(Path(folder))
        vault = Timed(made)
        now = datetime.now(UTC)
        began, cpu = time.perf_counter(), time.process_time()
        reading = read(data, kind="stolen vehicle")
        put(
            vault,
            ACCESS | {"query": {"list": "svs"}},
            reading,
            Description(
                name="svs",
                owner="bench",
                legal_basis="bench",
                made_at=now - timedelta(hours=1),
                expires_at=now + timedelta(days=1),
            ),
            Rules(
                policy="1",
                list_class="stolen-vehicle",
                federal=False,
                dropped_kinds=(),
                least_confidence=0.9,
                least_character=0.8,
                region_sure=0.9,
                stale_s=86400,
                live_s=600,
                hit_s=3600,
            ),
        )
        took, cpu = time.perf_counter() - began, time.process_time() - cpu
        peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        rows = len(reading.rows)
        table = made.vault.lists.tables["svs"]
        results = {
            "plates": plates,
            "rows_after_duplicates": rows,
            "import_s": took,
            "import_cpu_s": cpu,
            "peak_mb_before": before_mb,
            "peak_mb": peak_mb,
            "resident_keys_mb": table.keys.itemsize * len(table.keys) / 1e6,
            "resident_marks_mb": len(table.marks) / 1e6,
            "longest_operation_ms": max(vault.longest.values()),
            "longest_by_operation_ms": vault.longest,
            "match_us_by_doubtful_characters": {
                n: round(_match(made, [_read(plate(draw), n) for _ in range(5000)]), 2)
                for n in (0, 1, 2, 3, 4, 7)
            },
        }
        made.vault.close()
    return results


def _read(text: str, doubtful: int) -> Any:
    """A read whose first characters are in doubt; most reads have none or one such."""
    lattice = tuple(
        ((c, 0.9), ("W" if c != "W" else "M", 0.05)) if n < doubtful else ((c, 0.99),)
        for n, c in enumerate(text)
    )
    return sample_read(text, lattice=lattice)


def _match(made: CityVault, reads: list[Any]) -> float:
    """CPU microseconds a read that is not listed, just after it was opened, as in the vault."""
    from alpr_city.vault.watch import keys_of

    listed = made.vault.lists.tables["svs"]
    plain = [r.encode() for r in reads]
    plain = [p for p in plain if not any(listed.has(k) for k in keys_of(fields_of(p)))]
    made.vault.watching._tables = [listed]
    look = made.vault.watching.look
    spent = []
    for _ in range(ROUNDS):
        began = time.process_time()
        for p in plain:
            fields_of(p)
        between = time.process_time()
        for p in plain:
            look("cam", b"0" * 16, 1, "2026-11-25", fields_of(p))
        spent.append(time.process_time() - between - (between - began))
    return sorted(spent)[ROUNDS // 2] / len(plain) * 1e6


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.hotlists", description=__doc__)
    parser.add_argument("--plates", type=int, default=1_000_000)
    json.dump(measure(parser.parse_args().plates), sys.stdout, indent=1)
    print()
