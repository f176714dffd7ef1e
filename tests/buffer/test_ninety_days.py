"""Ninety days without the city, at ten thousand reads a day."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alpr_edge.buffer.outbox import Outbox
from alpr_edge.buffer.room import OutboxLimits
from alpr_wire.records import GapCause, Kind, decode_record
from tests.buffer.cast import DEVICE, passage

BEGAN = datetime(2026, 8, 1, tzinfo=UTC)


def fill(folder: Path, days: int, reads_a_day: int, limits: OutboxLimits) -> None:
    """Store them all with a restart each day, and look that each is there."""
    for day in range(days):
        outbox = Outbox.open(folder, DEVICE, limits)
        # Power is not cut here, and a year of commits on a test machine's disk takes a year.
        outbox._db.execute("PRAGMA synchronous = OFF")
        for number in range(reads_a_day):
            at = BEGAN + timedelta(days=day, seconds=8 * number)
            outbox.store(passage(at=at), {"crop": b"c" * 2000} if number % 10 == 0 else {})
        outbox.close()
    outbox = Outbox.open(folder, DEVICE, limits)
    state = outbox.state()
    assert state["reads"] == days * reads_a_day
    assert state["unsent"] == state["records"] == outbox.verify()
    assert state["first_seq"] == 0
    assert state["picture_bytes"] <= limits.picture_bytes
    gaps = outbox._db.execute("SELECT encoding FROM records WHERE kind = ?", (Kind.GAP,)).fetchall()
    bodies = [decode_record(encoding).body for (encoding,) in gaps]
    assert {body[1] for body in bodies} == {GapCause.SHED_PICTURES}
    shed = sum(body[4] for body in bodies)
    assert shed + state["pictures"] == days * reads_a_day // 10
    print(f"{state['file_bytes'] / 1e6:.0f} MB for {state['reads']} reads")
    assert state["file_bytes"] < limits.most_bytes
    outbox.close()


def test_days_without_the_city_drop_pictures_and_never_a_read(tmp_path: Path) -> None:
    limits = OutboxLimits(most_bytes=2 << 20, picture_bytes=100 << 10, ballast_bytes=64 << 10)
    fill(tmp_path, 9, 100, limits)


@pytest.mark.long
@pytest.mark.timeout(0)
def test_ninety_days_of_ten_thousand_reads_fit_and_none_is_dropped(tmp_path: Path) -> None:
    days = int(os.environ.get("DAYS", "90"))
    limits = OutboxLimits(most_bytes=2 << 30, picture_bytes=50 << 20)
    fill(tmp_path, days, 10_000, limits)
