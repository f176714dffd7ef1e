"""A process killed at any instant loses nothing it acknowledged, and leaves no hole."""

from __future__ import annotations

import os
import random
import signal
import threading
from pathlib import Path

import pytest

from alpr_edge.buffer.outbox import Outbox
from alpr_wire.records import Kind, decode_record
from tests.buffer.cast import DEVICE, passage


def store_for_ever(folder: Path, told: int) -> None:
    """What the child does: store, and tell each acknowledgement to a pipe."""
    outbox = Outbox.open(folder, DEVICE)
    while True:
        seq = outbox.store(passage(), {"crop": b"c" * 3000})
        os.write(told, seq.to_bytes(8, "big"))


def kill_while_storing(folder: Path, after: int, wait_s: float) -> int:
    """Fork a storing process, kill it so long after so many acknowledgements; the last one heard.

    A fork and no new interpreter: a thousand of those take an hour to start.
    """
    hearing, telling = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            store_for_ever(folder, telling)
        finally:
            os._exit(1)
    os.close(telling)
    last = -1
    with os.fdopen(hearing, "rb") as acknowledgements:
        for _ in range(after):
            last = int.from_bytes(acknowledgements.read(8), "big")
        threading.Event().wait(wait_s)
        os.kill(child, signal.SIGKILL)
        rest = acknowledgements.read()
    _, status = os.waitpid(child, 0)
    assert os.WTERMSIG(status) == signal.SIGKILL
    whole = len(rest) // 8 * 8
    return int.from_bytes(rest[whole - 8 : whole], "big") if whole else last


def kill_many(folder: Path, times: int, seed: int) -> None:
    """Kill and check, again and again on one outbox."""
    rng = random.Random(seed)
    acknowledged: set[int] = set()
    for _ in range(times):
        acknowledged.add(kill_while_storing(folder, rng.randint(0, 25), rng.uniform(0, 0.01)))
        outbox = Outbox.open(folder, DEVICE)
        count = outbox.verify()
        records = outbox.records(-1, 10**9)
        assert [seq for seq, _, _ in records] == list(range(count))
        reads = {seq for seq, data, _ in records if decode_record(data).kind is Kind.READ}
        assert acknowledged - {-1} <= reads  # -1: killed before it stored anything
        outbox.close()


def test_a_killed_process_loses_nothing_it_acknowledged(tmp_path: Path) -> None:
    kill_many(tmp_path, 50, seed=1)


@pytest.mark.long
@pytest.mark.timeout(0)
def test_a_thousand_kills_lose_nothing(tmp_path: Path) -> None:
    kill_many(tmp_path, 1000, seed=int(os.environ.get("SEED", "2")))
