"""Reports wait for each other, and nothing else waits."""

from __future__ import annotations

from alpr_city.ingest.reports import MOST, WAIT_S, Reports
from alpr_wire.topics import Channel

REPORT = (Channel.HEALTH, "cam-one", b"{}")
GONE = (Channel.HEALTH, "cam-one", b"offline")
BATCH = (Channel.UP, "cam-one", b"batch")


def test_the_first_is_taken_at_once_and_others_within_a_second() -> None:
    reports = Reports()
    assert reports.hold_back([REPORT], 100.0) == [REPORT]
    assert reports.hold_back([BATCH, REPORT], 100.1) == [BATCH]
    assert reports.hold_back([GONE, BATCH], 100.2) == [BATCH]
    assert reports.hold_back([], 100.0 + WAIT_S) == [REPORT, GONE]
    assert reports.hold_back([], 102.5) == []


def test_a_flood_of_reports_fills_no_memory() -> None:
    reports = Reports()
    reports.hold_back([REPORT], 100.0)
    assert len(reports.hold_back([REPORT] * MOST, 100.1)) == MOST
