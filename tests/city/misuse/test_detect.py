"""The detector: ordinary work is left alone, each kind of misuse is named with its records."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from alpr_city.misuse.detect import Look, detect
from alpr_city.policy.load import load
from alpr_city.policy.store import EXAMPLE
from bench.misuse import KINDS, measure

RULES = load(EXAMPLE).misuse
DAY = datetime(2026, 9, 1, 10, tzinfo=UTC)


def look(seq: int, days: float = 0, **fields: Any) -> Look:
    given: dict[str, Any] = {
        "action": "search",
        "user": "p",
        "case": f"26-{seq:05}",
        "reason": f"word {'x' * seq} seen",
        "target": seq.to_bytes(8, "big"),
        "own": False,
    }
    return Look(seq=seq, at=DAY + timedelta(days=days), **{**given, **fields})


def kinds(looks: list[Look]) -> dict[str, tuple[int, ...]]:
    return {f.kind: f.records for f in detect(looks, RULES)}


def test_ordinary_work_is_left_alone() -> None:
    assert kinds([look(n, n) for n in range(8)]) == {}


def test_the_systems_own_work_is_no_misuse() -> None:
    assert kinds([look(n, n, user="system", target=b"t") for n in range(9)]) == {}


@pytest.mark.parametrize("days", [1, 3, 4])
def test_one_plate_over_days_from_the_threshold_on(days: int) -> None:
    found = kinds([look(n, n, target=b"t") for n in range(days)])
    assert ("same plate over days" in found) == (days >= RULES.target_days)


def test_what_a_search_opens_by_itself_counts_for_nothing() -> None:
    looks = [look(n, n, action="look", target=b"t", own=True) for n in range(9)]
    assert kinds(looks) == {}


def test_an_own_plate_is_named_at_once() -> None:
    assert kinds([look(7, own=True)]) == {"own or household plate": (7,)}


def test_a_case_number_for_many_plates_and_words_for_many_cases() -> None:
    looks = [look(n, n / 10, case="26-1") for n in range(RULES.case_targets)]
    assert kinds(looks) == {"reused case number": tuple(range(RULES.case_targets))}
    looks = [look(n, n, reason=f"Same words, {n}!") for n in range(RULES.reason_cases)]
    assert kinds(looks) == {"boilerplate reason": tuple(range(RULES.reason_cases))}


def test_a_burst_at_night_by_somebody_who_works_by_day() -> None:
    work = [look(n, n) for n in range(60)]
    night = [look(100 + n, 30.6 + n / 1000) for n in range(RULES.burst)]
    assert kinds([*work, *night]).get("burst outside duty") == tuple(range(100, 100 + RULES.burst))
    assert "burst outside duty" not in kinds([*work[:9], *night])


def test_searches_and_nothing_else() -> None:
    idle = [look(n, n / 9) for n in range(RULES.follow_least)]
    assert "searches without follow-up" in kinds(idle)
    opened = [look(100 + n, n / 9, case=k.case, action="read") for n, k in enumerate(idle)]
    assert "searches without follow-up" not in kinds([*idle, *opened])


def test_planted_misuse_is_found() -> None:
    counts = measure(2)
    assert set(counts) == set(KINDS)
    found, wrong, missed = (sum(c[n] for c in counts.values()) for n in range(3))
    assert found / (found + missed) >= 0.8
    assert found / (found + wrong) >= 0.7
