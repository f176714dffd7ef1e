"""How far a capture time can be trusted."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest

from alpr_edge.capture.clock import clock_from, dated, read_clock
from alpr_edge.seams import Clock


@pytest.mark.parametrize(
    ("state", "status"),
    [
        (-1, 0),  # the call was refused
        (5, 0),  # TIME_ERROR
        (0, 0x40),  # STA_UNSYNC
        (5, 0x40 | 0x2000),
    ],
)
def test_a_clock_that_nobody_vouches_for_is_not_synchronised(state: int, status: int) -> None:
    assert clock_from(state, status, 16_000_000) == Clock(synchronised=False, error_s=None)


def test_a_synchronised_clock_carries_the_bound_on_its_error() -> None:
    assert clock_from(0, 0x2001, 2500) == Clock(synchronised=True, error_s=0.0025)


def test_the_kernel_answers() -> None:
    clock = read_clock()
    assert clock.synchronised == (clock.error_s is not None)
    assert clock.error_s is None or 0 <= clock.error_s < 17  # it stops counting at 16 s


def test_a_monotonic_time_becomes_the_utc_time_of_that_moment() -> None:
    wrong = dated(time.monotonic() - 30) - (datetime.now(UTC) - timedelta(seconds=30))
    assert abs(wrong.total_seconds()) < 0.5
    assert dated(time.monotonic()).tzinfo is UTC
