"""A clock that lags is brought to the latest time that the city signed, and never back."""

from __future__ import annotations

import sqlite3
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alpr_edge.cli import main
from alpr_edge.enrolling import enrol
from alpr_edge.stored_time import advance, newest
from tests.enrolment.conftest import CAMERA, City, never

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


def set_to(now: datetime, told: datetime | None) -> list[float]:
    done: list[float] = []
    advance(now, told, done.append)
    return done


def test_a_clock_is_never_set_back_nor_without_the_citys_word() -> None:
    assert set_to(NOON, None) == []
    assert set_to(NOON, NOON) == []
    assert set_to(NOON, NOON - timedelta(days=900)) == []


def test_a_clock_that_lags_starts_from_what_was_told() -> None:
    assert set_to(datetime(1970, 1, 1, tzinfo=UTC), NOON) == [NOON.timestamp()]


def test_a_camera_that_knows_nothing_yet_leaves_its_clock(tmp_path: Path) -> None:
    assert newest(tmp_path, tmp_path) is None
    (tmp_path / "client.pem").write_text("spoilt")
    (tmp_path / "outbox.db").write_text("spoilt")
    assert newest(tmp_path, tmp_path) is None


def test_the_certificate_and_then_the_last_receipt_tell_the_time(
    city: City, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    identity, outbox = tmp_path / "identity", tmp_path / "outbox"
    enrol(identity, city.place, city.code(), CAMERA, never)
    told = newest(identity, outbox)
    assert told is not None
    assert timedelta(0) < datetime.now(UTC) - told < timedelta(minutes=10)

    outbox.mkdir()
    later = datetime.now(UTC) + timedelta(hours=2)  # of a city that is ahead
    db = sqlite3.connect(outbox / "outbox.db")
    db.execute("CREATE TABLE receipts (at_us INTEGER)")
    db.execute("INSERT INTO receipts VALUES (?)", (int(later.timestamp() * 1e6),))
    db.commit()
    db.close()
    assert newest(identity, outbox) == later

    done: list[float] = []
    monkeypatch.setattr(time, "clock_settime", lambda _, s: done.append(s))
    settings = tmp_path / "edge.toml"
    settings.write_text(f'[outbox]\nidentity = "{identity}"\nfolder = "{outbox}"\n')
    assert main(["clock", "--config", str(settings)]) == 0
    assert done == [later.timestamp()]
    assert "behind, and is set" in capsys.readouterr().out

    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(time, "clock_settime", refuse)
    assert main(["clock", "--config", str(settings)]) == 1
    assert "run this with sudo" in capsys.readouterr().err
