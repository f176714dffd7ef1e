"""When the outbox is read whole."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from alpr_edge.errors import OutboxError
from alpr_edge.scrub import EVERY_S, Scrub


class FakeOutbox:
    """Counts how often it was read whole."""

    def __init__(self) -> None:
        self.scrubbed = 0
        self.damaged = False

    def scrub(self) -> None:
        self.scrubbed += 1
        if self.damaged:
            raise OutboxError("the outbox is damaged")


@pytest.fixture
def outbox() -> FakeOutbox:
    return FakeOutbox()


def test_damage_ends_the_worker_and_is_looked_for_again_by_the_next(
    outbox: FakeOutbox, tmp_path: Path
) -> None:
    outbox.damaged = True
    for _ in range(2):
        with pytest.raises(OutboxError, match="damaged"):
            Scrub(outbox, tmp_path / "scrubbed").step()
    assert outbox.scrubbed == 2


def test_it_is_done_once_a_day_however_often_the_process_is_replaced(
    outbox: FakeOutbox, tmp_path: Path
) -> None:
    for _ in range(3):
        scrub = Scrub(outbox, tmp_path / "scrubbed")
        for _ in range(3):
            assert scrub.step() is False
    assert outbox.scrubbed == 1


@pytest.mark.parametrize("off_s", [-2 * EVERY_S, 2 * EVERY_S, 3e8])
def test_a_clock_that_was_wrong_does_not_put_it_off(
    outbox: FakeOutbox, tmp_path: Path, off_s: float
) -> None:
    stamp = tmp_path / "scrubbed"
    stamp.touch()
    dated_s = time.time() - off_s
    os.utime(stamp, (dated_s, dated_s))
    Scrub(outbox, stamp).step()
    assert outbox.scrubbed == 1


def test_a_disk_without_room_for_the_date_does_not_make_it_read_on_and_on(
    outbox: FakeOutbox, tmp_path: Path
) -> None:
    scrub = Scrub(outbox, tmp_path / "missing" / "scrubbed")
    for _ in range(3):
        scrub.step()
    assert outbox.scrubbed == 1
