"""A wrong text becomes a revision; the old stays, and the error counts."""

from __future__ import annotations

from typing import Any

import pytest

from tests.city.console import Console
from tests.city.search.test_pages import partial, read_page, stream


def send(city: Console, client: Any, **form: str) -> Any:
    return client.post(f"/corrections/cam-one/{stream(city)}/2/", form, follow=True)


RIGHT = {"do": "correct", "text": "0TEST09", "region": "us-ca", "verdict": "text"}


@pytest.mark.parametrize("role", ["clerk", "designee", "auditor", "administrator", "maintenance"])
def test_only_who_may_corrects(city: Console, role: str) -> None:
    from alpr_city.corrections.models import Check

    client = city.client(role)
    city.grant(client)
    assert send(city, client, **RIGHT, reason="the crop says so").status_code == 403
    assert not Check.objects.exists()


@pytest.mark.parametrize(
    "form",
    [
        {**RIGHT, "reason": " "},
        {**RIGHT, "reason": "x", "text": "?"},
        {**RIGHT, "reason": "x", "text": "A" * 17},
        {**RIGHT, "reason": "x", "text": "<b>"},
        {**RIGHT, "reason": "x", "verdict": "right"},
        {**RIGHT, "reason": "x", "region": "x" * 65},
    ],
)
def test_what_is_no_correction_changes_nothing(
    city: Console, officer: Any, form: dict[str, str]
) -> None:
    from alpr_city.corrections.models import Check, Revision

    city.grant(officer)
    assert send(city, officer, **form).status_code >= 400
    assert not Revision.objects.exists()
    assert not Check.objects.exists()


def test_the_old_stays_and_the_error_counts(city: Console, officer: Any) -> None:
    from alpr_city.cameras.accuracy import accuracy_of
    from alpr_city.corrections.models import Revision

    city.grant(officer)
    send(city, officer, do="right")
    assert (accuracy_of("cam-one").checked, accuracy_of("cam-one").wrong) == (1, 0)
    page = send(city, officer, **RIGHT, reason="the crop says so").content.decode()
    assert "0TEST09" in page
    assert "the crop says so" in page
    page = send(city, officer, **RIGHT | {"text": "0TEST08"}, reason="look again").content.decode()
    assert "0TEST09" in page
    assert "0TEST08" in page
    assert [r.number for r in Revision.objects.order_by("number")] == [1, 2]
    assert all(b"TEST" not in bytes(r.sealed) for r in Revision.objects.all())
    figure = accuracy_of("cam-one")
    assert (figure.checked, figure.wrong) == (1, 1), "one read, judged once"
    assert "0.0 % of 1 checked" in officer.get(read_page(city)).content.decode()
    assert [r[2] for r in city.log()].count("correct") == 2


def test_purged_with_its_day(city: Console, officer: Any) -> None:
    from alpr_city.corrections.models import Check, Revision
    from alpr_city.retention.dropping import day_dropped

    city.grant(officer)
    send(city, officer, **RIGHT, reason="the crop says so")
    day_dropped.send(sender=None, day=city.day)
    assert not Revision.objects.exists()
    assert not Check.objects.exists()


def test_wilsons_interval(city: Console) -> None:
    from alpr_city.cameras.accuracy import wilson

    assert wilson(0, 0) == (0.0, 1.0)
    low, high = wilson(90, 100)
    assert (round(low, 4), round(high, 4)) == (0.8256, 0.9448)
    assert wilson(10, 10)[1] == pytest.approx(1.0)


def test_a_corrected_read_is_found_by_its_new_text_and_by_the_old(
    city: Console, officer: Any
) -> None:
    """Exactly and by part, with the correction beside what was read; and on record."""
    city.grant(officer)

    def found(plate: str) -> str:
        answer = officer.post("/search/", {"plate": plate})
        assert answer.status_code == 200
        return str(answer.content.decode())

    assert "cam-one" not in found("9XYZ876")
    send(city, officer, **RIGHT | {"text": "9XYZ876"}, reason="the crop says so")
    before = len(city.log())
    for page in (found("9XYZ876"), found("0TEST00")):
        assert "Corrected to" in page
        assert page.count("Choose this read") == 1
    assert len(city.log()) > before
    page = partial(officer, "9XY?87*").content.decode()
    assert "Corrected to" in page
    assert "1 read" in page
    send(city, officer, **RIGHT | {"text": "9XYZ877"}, reason="look again")
    assert "9XYZ877" in found("9XYZ877")
    assert "cam-one" not in found("9XYZ876"), "what was taken back is no longer said"
