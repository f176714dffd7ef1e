"""What was written of exports, custody and answers stays, whoever asks the database."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from alpr_city.config import CityConfig

NOW = datetime.now(UTC)


@pytest.fixture
def written(city_database: CityConfig) -> dict[str, Any]:
    """One row of each table that stays, on SQLite and on PostgreSQL."""
    from alpr_city.aggregates.models import AggregateRequest, AnsweredCell
    from alpr_city.evidence.models import Custody, Export
    from alpr_city.retention.models import Hold

    hold = Hold.objects.create(
        label="a" * 32, case="26-1", basis="criminal", description="d", custodian="c",
        placed_by="p", placed_at=NOW, review_on=date(2027, 1, 1), policy="1",
    )  # fmt: skip
    made = Export.objects.create(
        hold=hold, exported_by="clerk", exported_at=NOW, why="w", recipient="r", sealed_to=[],
        medium="stick 4711", reads=1, record=1, package_sha256="0" * 64, policy="1",
    )  # fmt: skip
    step = Custody.objects.create(
        export=made, step="exported", at=NOW, entered_by="clerk", holder="Clerk"
    )
    cell = AnsweredCell.objects.create(kind="plates", subject="cam", period="2026-11-01", count=7)
    asked = AggregateRequest.objects.create(
        requester="A. Citizen", kind="plates", subjects=["cam"], first=date(2026, 11, 1),
        last=date(2026, 11, 1), entered_by="clerk", policy="1",
    )  # fmt: skip
    return {"custody": step, "evidence_export": made, "answered_cell": cell,
            "aggregate_request": asked}  # fmt: skip


def refused(statement: str) -> None:
    from django.db import DatabaseError, connection, transaction

    with (
        pytest.raises(DatabaseError, match=r"is never (changed|deleted)"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


def test_no_row_is_changed_or_deleted_through_models_or_past_them(
    written: dict[str, Any],
) -> None:
    from django.db import DatabaseError, connection, transaction

    for table, row in written.items():
        refused(f"DELETE FROM {table}")
        if table != "aggregate_request":  # a request is decided later; it is never deleted
            refused(f"UPDATE {table} SET id = id")
            with pytest.raises(DatabaseError), transaction.atomic():
                row.save()
        if connection.vendor == "postgresql":
            refused(f"TRUNCATE {table} CASCADE")
        assert type(row).objects.count() == 1


def test_a_further_step_is_written_as_ever(written: dict[str, Any]) -> None:
    from alpr_city.evidence.models import Custody

    Custody.objects.create(
        export=written["evidence_export"], step="corrected", at=NOW, entered_by="clerk", holder="C"
    )
    assert Custody.objects.count() == 2
