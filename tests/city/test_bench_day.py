"""The benchmark's day offers what it says, in batches that a camera would send."""

from __future__ import annotations

import random
from itertools import pairwise

from alpr_wire.batches import MOST_RECORDS, WINDOW_S
from bench.crowd import plan
from bench.day import A_DAY, CAMERAS, CURVE, at, rates


def test_the_curve_sums_to_the_days_reads() -> None:
    by_hour = rates(CAMERAS, A_DAY)
    assert len(by_hour) == 24
    assert sum(CURVE) == 1000
    assert round(sum(rate * 3600 for rate in by_hour)) == CAMERAS * A_DAY
    assert 250 < max(by_hour) < 300
    busiest = sorted(range(24), key=lambda hour: by_hour[hour])
    assert {8, 17} < set(busiest[-5:])


def test_arrivals_follow_the_curve() -> None:
    by_hour = rates(CAMERAS, A_DAY)
    day = plan(by_hour, CAMERAS, 2.0, random.Random(1))
    reads = [at_s for due in day for at_s in due.reads_s]
    for hour in (3, 8, 17):
        came = sum(2 * hour <= at_s < 2 * (hour + 1) for at_s in reads)
        expected = 2 * by_hour[hour]
        assert abs(came - expected) < 5 * expected**0.5
    assert {due.camera for due in day} > set(range(0, CAMERAS, 100))


def test_a_batch_is_closed_after_half_a_second_or_full() -> None:
    day = plan([2000.0], 1, 3.0, random.Random(1))
    assert all(len(due.reads_s) == MOST_RECORDS for due in day[:-1])
    sparse = plan([3.0], 1, 60.0, random.Random(1))
    assert {round(due.at_s - due.reads_s[0], 9) for due in sparse} == {WINDOW_S}
    assert all(a.at_s < b.reads_s[0] for a, b in pairwise(sparse))
    assert max(len(due.reads_s) for due in sparse) > 1


def test_percentiles_are_in_milliseconds() -> None:
    assert at([n / 1000 for n in range(100)], 99) == 99
    assert at([0.5], 100) == 500
    assert at([], 50) is None
