"""A real network does its worst between camera and city, and no read is lost or doubled."""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.road import Road, faked, why_not
from tests.system.test_faults import agrees
from tests.system.whole import Whole

SEED = int(os.environ.get("SEED", "1"))
WHY_NOT = why_not()

needs_a_road = pytest.mark.skipif(bool(WHY_NOT), reason=f"network namespaces: {WHY_NOT}")


@pytest.fixture
def road() -> Iterator[Road]:
    made = Road()
    yield made
    made.close()


@pytest.fixture
def whole(tmp_path: Path, road: Road) -> Iterator[Whole]:
    made = Whole(tmp_path, host=road.city)
    made.prefix["sync"] = road.prefix
    made.start("sync")
    yield made
    made.close()


def sessions(whole: Whole) -> int:
    return int(whole.state("sync").get("sessions", 0))


def settle(whole: Whole, most_s: float = 180.0) -> None:
    whole.wait_for("the receipts", whole.settled, most_s)


@needs_a_road
def test_lost_packets_lose_no_read(whole: Whole, road: Road) -> None:
    road.lose(5)
    whole.reads(20)
    settle(whole)
    agrees(whole)


@needs_a_road
@pytest.mark.long
@pytest.mark.timeout(1800)
def test_much_loss_and_a_reset_lose_nothing(whole: Whole, road: Road) -> None:
    whole.reads(5)
    settle(whole)
    road.lose(15)
    whole.reads(40)
    settle(whole)
    road.mend()
    before = sessions(whole)
    road.reset()
    whole.reads(10)
    whole.wait_for("the end of the session", lambda: whole.state("sync")["phase"] == "away")
    road.mend()
    settle(whole)
    whole.wait_for("a session of its own", lambda: sessions(whole) > before)
    agrees(whole)


@needs_a_road
@pytest.mark.long
@pytest.mark.timeout(1800)
def test_a_half_open_session_loses_nothing(whole: Whole, road: Road) -> None:
    whole.reads(5)
    settle(whole)
    road.swallow()  # the broker dies unheard: the camera's side of the session stays half open
    whole.reads(10)
    whole.kill("broker")
    whole.start("broker")
    road.mend()
    settle(whole)
    agrees(whole)


@needs_a_road
@pytest.mark.long
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("seed", range(SEED, SEED + 3))
def test_a_bad_road_for_long_loses_nothing(whole: Whole, road: Road, seed: int) -> None:
    chance = random.Random(seed)
    faults = (
        "loss",
        "much loss",
        "reset",
        "silence",
        "long silence",
        "narrow",
        "half open",
        "kill",
    )
    for _ in range(20):
        fault = chance.choice(faults)
        whole.reads(chance.randint(1, 60), pictures=chance.random() < 0.5)
        if fault in ("loss", "much loss"):
            road.lose(chance.randint(1, 30) if fault == "loss" else 50)
        elif fault == "reset":
            road.reset()
        elif fault == "narrow":
            road.narrow()
        else:
            road.swallow()
        if fault in ("half open", "kill"):
            whole.kill("broker" if fault == "half open" else "sync")
        whole.reads(chance.randint(1, 30))
        # Longer than the keep-alive of thirty seconds and its half again, or shorter.
        whole.rest(chance.uniform(60, 100) if fault == "long silence" else chance.uniform(1, 8))
        if fault in ("half open", "kill"):
            whole.start("broker" if fault == "half open" else "sync")
        road.mend()
    settle(whole, 900.0)
    agrees(whole)


@needs_a_road
@pytest.mark.long
@pytest.mark.timeout(1800)
def test_over_64_kbit_a_second_everything_arrives(whole: Whole, road: Road) -> None:
    road.narrow(64)
    whole.reads(100)  # about a megabyte and a quarter of pictures
    settle(whole, 900.0)
    road.mend()
    agrees(whole)


@needs_a_road
@pytest.mark.long
@pytest.mark.timeout(1800)
def test_a_certificate_that_expires_in_mid_run_delays_and_loses_nothing(whole: Whole) -> None:
    whole.reads(5)
    settle(whole)
    whole.kill("broker", signal.SIGTERM)
    whole.prefix["broker"] = faked("+9d")  # to the broker this camera's seven days are over
    whole.start("broker")
    whole.reads(20)
    whole.wait_for("the refusal", lambda: "expired" in whole.log("broker"))
    assert whole.outbox.state()["receipted_seq"] < whole.outbox.state()["last_seq"]
    whole.kill("broker", signal.SIGTERM)
    del whole.prefix["broker"]
    whole.start("broker")
    settle(whole, 400.0)
    agrees(whole)


@needs_a_road
@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("offset", ["-1d", "+3d", "-400d", "+400d"])
def test_a_city_whose_clock_jumps_goes_on(whole: Whole, offset: str) -> None:
    whole.reads(20)
    settle(whole)
    # The vault's, which dates receipts and days. Ingest with another clock than its certificate's
    # does not reach the broker: then nothing is taken, and nothing lost.
    whole.kill("vault")
    whole.prefix["vault"] = faked(offset)
    whole.start("vault")
    whole.reads(300, pictures=False)
    settle(whole)
    whole.kill("vault")
    del whole.prefix["vault"]
    whole.start("vault")
    whole.reads(20)
    settle(whole)
    agrees(whole)
