"""A process killed at any instant loses nothing it acknowledged, and leaves no hole."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from alpr_edge.buffer.outbox import Outbox
from alpr_wire.records import Kind, decode_record
from tests.buffer.cast import DEVICE

STORES_FOR_EVER = """
import sys
from pathlib import Path
from alpr_edge.buffer.outbox import Outbox
from tests.buffer.cast import DEVICE, passage

outbox = Outbox.open(Path(sys.argv[1]), DEVICE)
while True:
    seq = outbox.store(passage(), {"crop": b"c" * 3000})
    sys.stdout.buffer.write(seq.to_bytes(8, "big"))
    sys.stdout.buffer.flush()
"""


def kill_while_storing(folder: Path, after: int) -> int:
    """Run a storing process, kill it soon after so many acknowledgements; the last one heard."""
    child = subprocess.Popen(
        [sys.executable, "-c", STORES_FOR_EVER, str(folder)], stdout=subprocess.PIPE
    )
    assert child.stdout is not None
    last = -1
    for _ in range(after):
        last = int.from_bytes(child.stdout.read(8), "big")
    child.kill()
    rest = child.stdout.read()
    child.stdout.close()
    child.wait()
    whole = len(rest) // 8 * 8
    return int.from_bytes(rest[whole - 8 : whole], "big") if whole else last


def kill_many(folder: Path, times: int, seed: int) -> None:
    """Kill and check, again and again on one outbox."""
    rng = random.Random(seed)
    acknowledged: set[int] = set()
    for _ in range(times):
        acknowledged.add(kill_while_storing(folder, rng.randint(1, 25)))
        outbox = Outbox.open(folder, DEVICE)
        count = outbox.verify()
        records = outbox.records(-1, 10**9)
        assert [seq for seq, _, _ in records] == list(range(count))
        reads = {seq for seq, data, _ in records if decode_record(data).kind is Kind.READ}
        assert acknowledged <= reads
        outbox.close()


def test_a_killed_process_loses_nothing_it_acknowledged(tmp_path: Path) -> None:
    kill_many(tmp_path, 50, seed=1)


@pytest.mark.long
@pytest.mark.timeout(0)
def test_a_thousand_kills_lose_nothing(tmp_path: Path) -> None:
    kill_many(tmp_path, 1000, seed=int(os.environ.get("SEED", "2")))
