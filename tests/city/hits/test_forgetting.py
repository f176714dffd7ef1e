"""When a day is purged its hits go: numbers stay, and nothing that names a read or a plate."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from alpr_city.config import CityConfig
from alpr_city.errors import VaultError
from tests.city.hits.lists import put
from tests.city.retention.conftest import Past, Rules
from tests.city.vaults import CityVault

PLATE = "8ABC123"


@pytest.fixture
def past(
    sqlite_database: CityConfig, city_vault: CityVault, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Past]:
    made = Past(sqlite_database, city_vault, monkeypatch)
    put(made, PLATE)
    yield made
    made.close()


def hit_on(past: Past, ago: int, **fields: Any) -> tuple[Any, date]:
    """A hit of so many days ago, with what people wrote about it."""
    from alpr_city.hits.models import Hit

    camera = past.camera("cam-one", stream=os.urandom(16))
    day = past.day(camera, ago, PLATE)
    Hit.objects.filter(stream=camera.stream).update(
        at=datetime.now(UTC) - timedelta(days=ago),
        **{"outcome": f"driver of {PLATE} warned", **fields},
    )
    return Hit.objects.get(stream=camera.stream), day


def purge(past: Past) -> list[Any]:
    from alpr_city.retention.purge import Purger

    return Purger(past.desk, past.pictures, lambda at: Rules(), "root", "Testville").run()


def test_a_room_that_cannot_forget_leaves_the_day_uncertified(
    past: Past, monkeypatch: pytest.MonkeyPatch
) -> None:
    from alpr_city.hits import forgetting
    from alpr_city.hits.models import Hit
    from alpr_city.retention.models import Purge

    hit_on(past, 740)
    with monkeypatch.context() as broken:
        broken.setattr(forgetting, "held", lambda _: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            purge(past)
    assert Purge.objects.get().stage == "destroyed"
    assert past.alarms()["purge"] == 1
    assert len(purge(past)) == 1
    assert not Hit.objects.exists()


def test_a_purged_hit_leaves_numbers_and_no_word_of_the_plate(past: Past) -> None:
    from django.core import serializers

    from alpr_city.hits.models import Hit, HitTotal
    from alpr_city.hits.rates import by_camera, by_list

    hit_on(past, 740, disposition="misread")
    hit_on(past, 740, disposition="correct")
    hit_on(past, 741)
    hit_on(past, 741, not_a_hit="the read is not sure enough")
    young, _ = hit_on(past, 10, disposition="wrong state", outcome="none")
    before = by_list(), by_camera()
    assert len(purge(past)) == 2
    assert list(Hit.objects.all()) == [young]
    assert (by_list(), by_camera()) == before
    (rate,) = by_list()
    assert (rate.hits, rate.correct, rate.false, rate.waiting) == (4, 1, 2, 1)
    assert sum(t.hits for t in HitTotal.objects.all()) == 3
    assert PLATE not in serializers.serialize("json", [*Hit.objects.all(), *HitTotal.objects.all()])


def test_counting_twice_changes_no_number(past: Past) -> None:
    from alpr_city.hits.forgetting import forget
    from alpr_city.hits.models import HitTotal

    _, day = hit_on(past, 740)
    assert [forget(day), forget(day)] == [1, 0]
    assert HitTotal.objects.get().hits == 1


def test_a_purged_months_hits_are_counted_as_before(past: Past) -> None:
    from alpr_city.aggregates.counting import hits
    from alpr_city.hits.forgetting import forget

    hit, day = hit_on(past, 740)
    month = f"{hit.at:%Y-%m}"
    before = hits("stolen-vehicle", month)
    assert before.count == 1
    forget(day)
    assert hits("stolen-vehicle", month) == before


def test_a_held_reads_hit_stays_with_its_hold_and_opens_no_more_by_its_day(past: Past) -> None:
    from alpr_city.hits.forgetting import forget
    from alpr_city.hits.models import Hit
    from alpr_city.retention import holds
    from tests.city.vaults import ACCESS

    hit, day = hit_on(past, 740)
    wanted = holds.Wanted(
        case="26-1", basis="criminal", description="d", custodian="c",
        review_on=datetime.now(UTC).date() + timedelta(days=1),
    )  # fmt: skip
    place = [(hit.camera, bytes(hit.stream), hit.seq)]
    hold = holds.place(past.desk, past.pictures, ACCESS, wanted, place)
    purge(past)
    assert list(Hit.objects.all()) == [hit]
    asked = [hit.camera, bytes(hit.stream), hit.seq, str(day)]
    with pytest.raises(VaultError):
        past.desk.call("hit_entry", ACCESS, asked, hit.list, hit.version, bytes(hit.sealed))
    holds.release(past.desk, ACCESS, hold, "the case is closed")
    forget(day + timedelta(days=1))  # the next day's purge takes it along
    assert not Hit.objects.exists()


def test_a_finding_lets_go_of_what_stands_for_a_plate(past: Past) -> None:
    from alpr_city.misuse.models import Finding

    hit_on(past, 740)
    about = {"user": "officer", "why": "w", "records": [7], "found_at": datetime.now(UTC),
             "policy": "1"}  # fmt: skip
    for ago, kind in ((741, "same plate over days"), (10, "same plate over days"),
                      (741, "boilerplate reason")):  # fmt: skip
        at = datetime.now(UTC) - timedelta(days=ago)
        Finding.objects.create(kind=kind, subject=f"70ken{ago}", first_at=at, last_at=at, **about)
    purge(past)
    left = {(f.kind, f.subject[:5]) for f in Finding.objects.all()}
    assert left == {("same plate over days", "gone-"), ("same plate over days", "70ken"),
                    ("boilerplate reason", "70ken")}  # fmt: skip
    assert all(f.records == [7] for f in Finding.objects.all())
