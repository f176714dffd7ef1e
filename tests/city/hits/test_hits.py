"""Hits: what nobody may act on first, then the way from a read to its outcome."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from alpr_city.errors import CityError
from tests.city.hits.lists import HOUR_US, pass_by, put
from tests.city.town import Town

NOW = datetime.now(UTC)


def sure(text: str) -> tuple[tuple[tuple[str, float], ...], ...]:
    return tuple(((c, 0.99),) for c in text)


@pytest.mark.parametrize(
    ("text", "fields", "why"),
    [
        ("8A8C123", {"lattice": sure("8A8C123")}, "look alike"),
        ("8ABC129", {"lattice": (*sure("8ABC12"), (("9", 0.6), ("3", 0.4)))}, "one doubtful"),
        ("8ABC123", {"confidence": 0.7}, "not sure enough"),
        ("8ABC123", {"lattice": (*sure("8ABC12"), (("3", 0.4),))}, "a character"),
        ("8ABC123", {"region": "us-nv"}, "another state"),
    ],
)
def test_what_is_near_is_not_a_hit_and_cannot_be_confirmed_or_disposed_of(
    town: Town, text: str, fields: dict[str, Any], why: str
) -> None:
    from alpr_city.hits.rules import Standing, confirm, dispose, standing

    (hit,) = pass_by(town, text, **fields)
    assert why in hit.not_a_hit
    assert standing(hit, NOW) is Standing.NEAR
    with pytest.raises(CityError, match="not a hit"):
        confirm(hit, "p", "ref", NOW)
    with pytest.raises(CityError, match="not a hit"):
        dispose(hit, "p", "correct", "stopped", NOW)


def test_a_hit_is_not_actionable_unless_confirmed_and_then_expires(town: Town) -> None:
    from alpr_city.hits.rules import Standing, confirm, standing

    (hit,) = pass_by(town, "8ABC123")
    now = datetime.now(UTC)
    assert standing(hit, now) is Standing.UNCONFIRMED
    with pytest.raises(CityError, match="reference"):
        confirm(hit, "p", " ", now)
    confirm(hit, "p", "SCC 4711", now)
    assert standing(hit, now) is Standing.ACTIONABLE
    assert standing(hit, now + timedelta(hours=1, seconds=1)) is Standing.EXPIRED
    with pytest.raises(CityError, match="cannot be confirmed"):
        confirm(hit, "q", "again", now)


def test_an_expired_hit_cannot_be_confirmed(town: Town) -> None:
    from alpr_city.hits.rules import confirm

    (hit,) = pass_by(town, "8ABC123")
    with pytest.raises(CityError, match="expired"):
        confirm(hit, "p", "ref", datetime.now(UTC) + timedelta(hours=2))


def test_a_stale_list_gives_no_actionable_hit(town: Town) -> None:
    from alpr_city.hits.rules import Standing, confirm, standing

    put(town, "8ABC123", made_us=time.time_ns() // 1000 - 25 * HOUR_US)
    (hit,) = pass_by(town, "8ABC123")
    now = datetime.now(UTC)
    assert standing(hit, now) is Standing.STALE
    with pytest.raises(CityError, match="stale"):
        confirm(hit, "p", "ref", now)


def test_a_read_from_a_backlog_or_without_a_clock_gives_no_actionable_hit(town: Town) -> None:
    from alpr_city.hits.rules import Standing, standing

    now_us = time.time_ns() // 1000
    (late,) = pass_by(town, "8ABC123", captured_us=now_us - HOUR_US // 2)
    assert standing(late, datetime.now(UTC)) is Standing.HISTORICAL
    *_, never = pass_by(town, "8ABC123", captured_us=2**52)
    assert standing(never, datetime.now(UTC)) is Standing.EXPIRED


def test_a_disposition_has_an_outcome_and_is_given_once(town: Town) -> None:
    from alpr_city.hits.rules import confirm, dispose

    (hit,) = pass_by(town, "8ABC123")
    now = datetime.now(UTC)
    for disposition, outcome, why in (
        ("correct", "stopped", "confirm it first"),
        ("arrested", "x", "one of"),
        ("misread", " ", "outcome"),
    ):
        with pytest.raises(CityError, match=why):
            dispose(hit, "p", disposition, outcome, now)
    confirm(hit, "p", "ref", now)
    dispose(hit, "p", "correct", "recovered", now)
    with pytest.raises(CityError, match="already"):
        dispose(hit, "q", "misread", "x", now)


def test_a_hit_is_stored_with_its_read_once_and_holds_no_plate(town: Town) -> None:
    from alpr_city.hits.models import Hit

    camera = town.camera()
    seq = camera.read("8ABC123")
    town.send(camera.batch(0))
    town.crash()
    town.send(camera.batch(0))
    (hit,) = Hit.objects.all()
    assert (hit.camera, bytes(hit.stream), hit.seq) == (camera.name, camera.stream, seq)
    assert hit.not_a_hit == ""
    for name, value in Hit.objects.values()[0].items():
        data = bytes(value) if isinstance(value, (bytes, memoryview)) else str(value).encode()
        assert b"8ABC123" not in data, name


def test_without_the_vault_neither_read_nor_hit_is_stored(town: Town) -> None:
    from alpr_city.hits.models import Hit

    town.vault.broken = "arrive_matched"
    camera = town.camera()
    camera.read("8ABC123")
    with pytest.raises(CityError):
        town.send(camera.batch(0))
    assert not Hit.objects.exists()
    town.vault.broken = None
    town.send(camera.batch(0))
    assert Hit.objects.count() == 1


def test_false_hits_are_counted_by_list_and_camera(town: Town) -> None:
    from alpr_city.hits.rates import by_camera, by_list, wilson
    from alpr_city.hits.rules import confirm, dispose

    now = datetime.now(UTC)
    for word in ("misread", "wrong state", "dismissed", "correct", None):
        hit = pass_by(town, "8ABC123")[-1]
        if word == "correct":
            confirm(hit, "p", "ref", now)
        if word:
            dispose(hit, "p", word, "x", now)
    pass_by(town, "8ABC123", confidence=0.1)
    (rate,) = by_list()
    assert by_camera()[0].name == "cam-one"
    assert (rate.hits, rate.correct, rate.false, rate.dismissed, rate.waiting) == (5, 1, 2, 1, 1)
    assert rate.share is not None
    assert rate.share == wilson(2, 3)
    assert rate.share[1] < 2 / 3 < rate.share[2]
    assert wilson(0, 0) is None


def test_a_hit_that_was_stored_after_one_of_a_higher_number_is_fresh_too(town: Town) -> None:
    from alpr_city.hits.fresh import LAG, Fresh
    from alpr_city.hits.models import Hit

    (hit,) = pass_by(town, "8ABC123")
    fresh = Fresh()
    assert fresh.numbers() == []
    for number, seq in ((hit.pk + 2, 1000), (hit.pk + 1, 1001), (hit.pk + 2 + LAG, 1002)):
        hit.pk, hit.seq = number, seq
        hit.save(force_insert=True)
        assert fresh.numbers() == [number]
        assert fresh.numbers() == []
    assert Fresh(0).last == 0
    assert len(Fresh(0).numbers()) == Hit.objects.count() == 4
