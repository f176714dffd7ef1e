"""Whatever is killed, every read is stored exactly once, in order, and nothing is left over."""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.whole import Whole

SEED = int(os.environ.get("SEED", "1"))


@pytest.fixture
def whole(tmp_path: Path) -> Iterator[Whole]:
    # Not the address at which the city's own services find the broker.
    made = Whole(tmp_path, host="127.0.0.2")
    yield made
    made.close()


def play(whole: Whole, rounds: int, seed: int) -> None:
    """Reads come in while parts die at random; then all is mended."""
    chance = random.Random(seed)
    whole.start("sync")
    for _ in range(rounds):
        whole.reads(chance.randint(1, 60), pictures=chance.random() < 0.5)
        whole.answers.step(whole.outbox)
        fault = chance.choice(["broker", "ingest", "vault", "sync", "stall", "power"])
        if fault == "stall":  # a half-open link: nothing is closed, and nothing moves
            whole.kill("broker", signal.SIGSTOP)
            whole.reads(chance.randint(1, 30))
            whole.kill("broker", signal.SIGCONT)
        elif fault == "power":
            whole.outbox._db.close()  # nothing is said goodbye to
            whole.open_camera()
        else:
            whole.kill(fault)
            whole.reads(chance.randint(1, 30))
            whole.start(fault)
    # Thousands of pictures go four at a time.
    whole.wait_for("the receipts", whole.settled, most_s=60.0 + 30 * rounds)


def agrees(whole: Whole) -> None:
    last = whole.outbox.state()["last_seq"]
    verdict = whole.verified()
    assert verdict["faults"] == []
    assert (verdict["records"], verdict["last_seq"]) == (last + 1, last)
    ledger = whole.ledger()
    assert ledger["balanced"]
    assert (ledger["stored"], ledger["gap"]) == (last + 1, 0)
    assert sum(ledger["reads_by_day"].values()) == whole.stored
    assert whole.outbox.verify() == last + 1


def test_parts_that_die_at_random_lose_and_double_nothing(whole: Whole) -> None:
    play(whole, 4, SEED)
    agrees(whole)


@pytest.mark.long
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("seed", range(SEED, SEED + 5))
def test_parts_that_die_for_long_lose_and_double_nothing(whole: Whole, seed: int) -> None:
    play(whole, 40, seed)
    agrees(whole)
