"""The syntax prior is soft, dated, and only reorders."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from alpr_edge.errors import ModelError
from alpr_edge.recognize.recognizer import SHIPPED
from alpr_edge.recognize.syntax import Syntax

TABLE = SHIPPED / "plate_syntax.toml"


def test_a_series_counts_only_from_its_day() -> None:
    before, after = Syntax(TABLE, on=date(2025, 12, 31)), Syntax(TABLE, on=date(2026, 1, 1))
    assert before.factor("123ABC4", "us-ca") == 1.0
    assert after.factor("123ABC4", "us-ca") == after.weight > 1


def test_a_shape_counts_only_in_its_region() -> None:
    syntax = Syntax(TABLE, on=date(2026, 6, 1))
    assert syntax.factor("1ABC234", "us-ca") > 1
    assert syntax.factor("1ABC234", "us-ny") == 1.0
    assert syntax.factor("1ABC234", None) == 1.0


def test_a_personalised_plate_is_not_punished_below_one() -> None:
    assert Syntax(TABLE, on=date(2026, 6, 1)).factor("HELLO", "us-ca") == 1.0


def test_a_malformed_table_is_refused(tmp_path: Path) -> None:
    (tmp_path / "s.toml").write_text("weight = 'three'")
    with pytest.raises(ModelError, match="not a table of plate patterns"):
        Syntax(tmp_path / "s.toml", on=date(2026, 1, 1))
