"""What befell the camera: recorded once, and only when it happened."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from alpr_edge.buffer import Outbox
from alpr_edge.capture.view import Shift
from alpr_edge.chronicle import Chronicle
from alpr_edge.config import EdgeConfig, text
from alpr_edge.seams import Clock
from alpr_wire.records import Kind, Record, Tamper, decode_record
from tests.buffer.cast import DEVICE

UNSURE = Clock(synchronised=False, error_s=None)
SURE = Clock(synchronised=True, error_s=0.004)


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    outbox = Outbox.open(tmp_path / "outbox", DEVICE)
    yield outbox
    outbox.verify()
    outbox.close()


@pytest.fixture
def chronicle(outbox: Outbox) -> Chronicle:
    return Chronicle(outbox, EdgeConfig())


def events(outbox: Outbox) -> list[Record]:
    """Everything after the boot record and the settings."""
    return [decode_record(encoding) for _, encoding, _ in outbox.records(1, 100)]


def test_the_settings_are_on_record_by_their_hash(outbox: Outbox, chronicle: Chronicle) -> None:
    (_, encoding, _) = outbox.records(0, 1)[0]
    record = decode_record(encoding)
    assert record.kind is Kind.CONFIG
    assert record.body == {1: hashlib.sha256(text(EdgeConfig()).encode()).digest()}
    assert events(outbox) == []


def test_a_clock_that_is_set_before_it_is_trusted_is_no_tampering(
    outbox: Outbox, chronicle: Chronicle
) -> None:
    chronicle.clock(UNSURE, utc_s=1000.0, monotonic_s=10.0)
    chronicle.clock(UNSURE, utc_s=5000.0, monotonic_s=11.0)
    chronicle.clock(SURE, utc_s=9000.0, monotonic_s=12.0)
    chronicle.clock(SURE, utc_s=9001.0, monotonic_s=13.0)
    (record,) = events(outbox)
    assert record.kind is Kind.CLOCK
    assert record.body == {1: 9_000_000_000, 2: 12_000_000, 3: 4000}


def test_a_step_of_a_trusted_clock_is_tampering(outbox: Outbox, chronicle: Chronicle) -> None:
    chronicle.clock(SURE, utc_s=9000.0, monotonic_s=10.0)
    chronicle.clock(SURE, utc_s=9001.2, monotonic_s=11.0)  # slewed
    chronicle.clock(SURE, utc_s=5402.2, monotonic_s=12.0)  # set back an hour
    chronicle.clock(SURE, utc_s=5403.2, monotonic_s=13.0)
    _, record = events(outbox)
    assert record.kind is Kind.TAMPER
    assert record.body[1] == Tamper.CLOCK_STEP
    assert record.body[3] == -3_600_000_000


def test_a_view_that_moved_for_good_is_told_once(outbox: Outbox, chronicle: Chronicle) -> None:
    there = Shift(right=0.0, down=0.01, response=0.5)
    moved = Shift(right=0.12, down=-0.03, response=0.5)
    for shift in (there, moved, there, moved, moved, None, moved, moved, moved):
        chronicle.view(shift)
    (record,) = events(outbox)
    assert record.body[1] == Tamper.VIEW_MOVED
    assert record.body[3] == [120, -30]
    for shift in (there, moved, moved, moved):
        chronicle.view(shift)
    assert len(events(outbox)) == 2
