"""Times that people write, on the city's clocks; the city is in California."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from django.core.exceptions import ValidationError

from alpr_city.web.times import CityTime

pytestmark = pytest.mark.usefixtures("city")


@pytest.mark.parametrize("nonsense", ["yesterday", "2026-13-01T00:00", "0001-01-01T00:00+23:00"])
def test_nonsense_is_refused(nonsense: str) -> None:
    with pytest.raises(ValidationError):
        CityTime().clean(nonsense)


def test_the_hour_that_clocks_skip_is_refused() -> None:
    with pytest.raises(ValidationError, match="skip that hour"):
        CityTime().clean("2026-03-08T02:30")


@pytest.mark.parametrize(
    ("written", "second", "meant"),
    [
        ("2026-07-01T18:15", False, datetime(2026, 7, 2, 1, 15, tzinfo=UTC)),
        ("2026-12-01T18:15", False, datetime(2026, 12, 2, 2, 15, tzinfo=UTC)),
        ("2026-11-01T01:30", False, datetime(2026, 11, 1, 8, 30, tzinfo=UTC)),
        ("2026-11-01T01:30", True, datetime(2026, 11, 1, 9, 30, tzinfo=UTC)),
        ("2026-11-01T01:30Z", True, datetime(2026, 11, 1, 1, 30, tzinfo=UTC)),
        ("2026-11-01T01:30+02:00", False, datetime(2026, 10, 31, 23, 30, tzinfo=UTC)),
    ],
)
def test_what_is_written_is_meant_here(written: str, second: bool, meant: datetime) -> None:
    assert CityTime(second=second).clean(written) == meant


def test_a_field_shows_what_clocks_here_show() -> None:
    shown = CityTime().prepare_value(datetime(2026, 7, 2, 1, 15, tzinfo=UTC))
    assert f"{shown:%Y-%m-%dT%H:%M}" == "2026-07-01T18:15"


def test_nothing_is_shown_as_a_hundred_per_cent_sure() -> None:
    from alpr_city.web.templatetags.city import sure

    assert [sure(p) for p in (1.0, 0.9996, 0.29, 0.0)] == ["99.9 %", "99.9 %", "29.0 %", "0.0 %"]


def test_a_window_over_days_that_are_past_begins_before_it_ends() -> None:
    from alpr_city.door.models import Grant
    from alpr_city.search.forms import Where

    first, last = date(2026, 7, 1), date(2026, 7, 3)
    asked = Where(Grant(first=first, last=last, cameras=["cam-one"])).initial
    assert datetime(2026, 7, 1, tzinfo=UTC) <= asked["since"] < asked["until"]
    assert asked["until"].astimezone(UTC).date() == last
