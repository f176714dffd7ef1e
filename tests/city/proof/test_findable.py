"""An administrator of the database hides reads from a search, or edits whatever there is: found."""

from __future__ import annotations

import random
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from alpr_city.vault.columns import WHOLE_DAY
from alpr_city.vault.finding import Finding
from tests.city.fleet import FleetCamera
from tests.city.proof import test_chains
from tests.city.proof.test_chains import sql
from tests.city.town import Town
from tests.city.vault import test_thinned_log
from tests.city.vault.test_thinned_log import heads

__all__ = ["heads"]  # a fixture
READS = 40


class Desk:
    """The vault without its socket."""

    def __init__(self, town: Town) -> None:
        from alpr_city.vault.findable import Findable

        self._vault = town.city_vault.vault
        self._findable = Findable(self._vault)

    def call(self, operation: str, *arguments: Any) -> Any:
        assert operation == "findable"
        return self._findable.findable(*arguments)


@pytest.fixture
def camera(town: Town) -> FleetCamera:
    made = town.camera()
    for number in range(READS):
        made.read(f"0TEST{number:02}")
    for first in range(0, made.last + 1, 7):
        town.send(made.batch(first, min(first + 6, made.last)))
    return made


def hidden(town: Town) -> list[str]:
    from alpr_city.proof.findable import unfindable

    return list(unfindable("cam-one", Desk(town)))


def hide(what: str, chance: random.Random) -> None:
    """One edit of what a search goes over."""
    (seq,) = _drawn("SELECT seq FROM record WHERE wrapped IS NOT NULL ORDER BY seq", chance)
    at = "WHERE seq = %s"
    if what == "token removed":
        sql(f"DELETE FROM token {at}", seq)
    elif what == "token changed":
        sql(f"UPDATE token SET token = token + 1 {at}", seq)
    elif what == "token moved":
        sql(f"UPDATE token SET seq = seq + 1000 {at}", seq)
    elif what == "column removed":
        (part,) = _drawn("SELECT part FROM pattern ORDER BY part", chance)
        sql("DELETE FROM pattern WHERE part = %s", part)
    elif what == "column changed":
        part, sealed = _drawn("SELECT part, sealed FROM pattern ORDER BY part", chance)
        data = bytearray(sealed)
        data[chance.randrange(len(data))] ^= 1
        sql("UPDATE pattern SET sealed = %s WHERE part = %s", bytes(data), part)
    elif what == "column moved":
        (part,) = _drawn("SELECT part FROM pattern ORDER BY part", chance)
        sql("UPDATE pattern SET slot = slot + 1 WHERE part = %s", part)
    elif what == "time changed":
        sql(f"UPDATE record SET captured_us = captured_us + 1 {at}", seq)
    elif what == "keys changed":
        sql(f"UPDATE record SET wrapped = %s {at}", bytes(124), seq)
    else:
        assert what == "keys removed"
        sql(f"UPDATE record SET wrapped = NULL {at}", seq)


WAYS = (
    *("token removed", "token changed", "token moved", "column removed", "column changed"),
    *("column moved", "time changed", "keys changed", "keys removed"),
)


def _drawn(statement: str, chance: random.Random) -> tuple[Any, ...]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(statement)
        return chance.choice(cursor.fetchall())


@pytest.fixture(autouse=True)
def undone(town: Town, camera: FleetCamera) -> Iterator[None]:
    assert hidden(town) == []
    yield
    assert hidden(town) == []


def test_each_way_to_hide_a_read_from_a_search_is_found(town: Town) -> None:
    for number, what in enumerate(WAYS):
        with transaction.atomic():
            hide(what, random.Random(number))
            found = hidden(town)
            transaction.set_rollback(True)
        assert found, what
        assert "0TEST" not in str(found)


def test_merged_columns_and_rows_that_find_nothing_are_no_fault(town: Town) -> None:
    vault = town.city_vault.vault
    today = str(datetime.now(UTC).date())
    with transaction.atomic():
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute("SELECT slot, sealed FROM pattern")
            columns = [[slot, bytes(sealed)] for slot, sealed in cursor.fetchall()]
        whole = Finding(vault).merge_patterns(today, "cam-one", columns)
        sql("DELETE FROM pattern")
        sql("INSERT INTO pattern (day, camera, slot, part, sealed) VALUES (%s, %s, %s, 1, %s)",
            today, "cam-one", WHOLE_DAY, whole)  # fmt: skip
        sql("INSERT INTO token (day, token, stream_id, seq) SELECT day, 5, stream_id, 9000"
            " FROM record LIMIT 1")  # fmt: skip
        assert hidden(town) == []
        transaction.set_rollback(True)


@pytest.mark.parametrize("edits", [10, pytest.param(100, marks=pytest.mark.long)])
def test_random_edits_of_everything_at_once_are_all_found(
    town: Town, camera: FleetCamera, heads: list[tuple[int, bytes]], tmp_path: Path, edits: int
) -> None:
    """Reads, tokens, columns and access log, whichever comes; each is found by its own check."""
    log = town.city_vault.vault.log._db
    sound, copy = tmp_path / "sound.db", tmp_path / "copy.db"
    with closing(sqlite3.connect(sound)) as db:
        log.backup(db)
    chance, done = random.Random(11), []
    for _ in range(edits):
        part = chance.choice(("reads", "search", "log"))
        ways = {"reads": test_chains.DAMAGES, "search": WAYS, "log": test_thinned_log.DAMAGES}
        what = chance.choice(ways[part])
        done.append((part, what))
        if part == "log":
            for stale in tmp_path.glob("copy.db*"):
                stale.unlink()
            shutil.copy(sound, copy)
            seq = test_thinned_log.damage(copy, what, chance)
            assert test_thinned_log.found(town.city_vault, copy, heads, seq), what
            continue
        with transaction.atomic():
            if part == "reads":
                test_chains.damage(what, camera, chance)
            else:
                hide(what, chance)
            found = test_chains.faults(town, camera) + hidden(town)
            transaction.set_rollback(True)
        assert found, (part, what)
    assert {part for part, _ in done} == {"reads", "search", "log"}
