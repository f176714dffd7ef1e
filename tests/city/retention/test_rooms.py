"""Every room that keeps rows about reads lets them go with their day."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.city.browser.lived import lived
from tests.city.console import Console

NAMES_A_READ = {"camera", "stream", "seq", "day"}
KEPT = {"held_read"}
"""A hold is what outlives a day."""


def models() -> list[Any]:
    """Those whose rows name a read and its day."""
    from django.apps import apps

    found = []
    for model in apps.get_models():
        names = {field.name for field in model._meta.get_fields()}
        if names >= NAMES_A_READ and model._meta.db_table not in KEPT:
            found.append(model)
    return found


def test_no_room_keeps_a_row_about_a_read_of_a_day_that_was_dropped(city: Console) -> None:
    from alpr_city.hits.models import Hit
    from alpr_city.retention import dropping
    from alpr_city.retention.models import HeldRead
    from alpr_city.search.models import Run
    from tests.city.corrections.test_corrections import RIGHT, send

    lived(city)
    officer = city.client("officer")
    city.grant(officer)
    send(city, officer, **RIGHT, reason="the crop says so")
    found = models()
    tables = {model._meta.db_table for model in found}
    assert tables >= {"revision", "read_check", "hit"}
    for model in found:
        assert model.objects.filter(day=city.day).exists(), model
    Hit.objects.update(day=city.day)
    assert Run.objects.exists()
    missed = city.config.files.pictures / "none.db"
    dropping.drop(city.day - timedelta(days=500), missed)
    assert all(model.objects.filter(day=city.day).exists() for model in found)
    dropping.drop(city.day, missed)
    left = {m._meta.db_table for m in found if m.objects.filter(day=city.day).exists()}
    assert left == set()
    assert not Run.objects.exists()
    assert HeldRead.objects.exists(), "what is held stays"
