"""A malicious administrator and the access log: a hundred random edits, all of them found."""

from __future__ import annotations

import random
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from alpr_city.errors import VaultError
from alpr_city.vault import access_log
from alpr_city.vault.access_log import GENESIS, Access, AccessLog, extend
from alpr_city.vault.keyring import Use
from tests.city.vaults import ACCESS, CityVault

ENTRIES = 80
DAMAGES = ("change", "remove", "insert", "swap", "shorten", "rewrite", "empty", "unseal", "reseal")


@pytest.fixture
def heads(city_vault: CityVault) -> list[tuple[int, bytes]]:
    """What was sent outside of a log of some length: its head now and then, and the last."""
    log = city_vault.vault.log
    kept = []
    for number in range(ENTRIES):
        log.append(Access(**{**ACCESS, "case": f"26-{number:04}"}))
        if number % 20 == 19:
            kept.append((len(log) - 1, log.head_at(len(log) - 1)))
    return kept


def damage(path: Path, what: str, chance: random.Random) -> int:
    """One edit, by whoever gets past the triggers; the record it is about."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("DROP TRIGGER entries_stay")
        db.execute("DROP TRIGGER entries_are_kept")
        rows = db.execute("SELECT seq, body, sealed, head FROM entries ORDER BY seq").fetchall()
        at = chance.randrange(2, len(rows) - 2)
        seq, body, sealed, _ = rows[at]
        if what == "change":
            data = bytearray(body)
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
            db.execute("UPDATE entries SET body = ? WHERE seq = ?", (bytes(data), seq))
        elif what == "remove":
            db.execute("DELETE FROM entries WHERE seq = ?", (seq,))
        elif what == "insert":
            db.execute("DELETE FROM entries WHERE seq >= ?", (seq,))
            moved = [(s + 1, b, z, h) for s, b, z, h in rows[at:]]
            db.executemany("INSERT INTO entries VALUES (?, ?, ?, ?)", [rows[at], *moved])
        elif what == "swap":
            other = rows[at + 1]
            db.execute("UPDATE entries SET body = ? WHERE seq = ?", (other[1], seq))
            db.execute("UPDATE entries SET body = ? WHERE seq = ?", (body, other[0]))
        elif what == "shorten":
            db.execute("DELETE FROM entries WHERE seq >= ?", (seq,))
        elif what == "rewrite":  # one record away, numbers closed up, and every head made to fit
            db.execute("DELETE FROM entries")
            head = GENESIS
            for number, (_, kept, secret, _) in enumerate(rows[:at] + rows[at + 1 :]):
                head = extend(head, kept)
                db.execute("INSERT INTO entries VALUES (?, ?, ?, ?)", (number, kept, secret, head))
        elif what == "empty":
            db.execute("DELETE FROM entries")
        elif what == "unseal":
            db.execute("UPDATE entries SET sealed = NULL WHERE seq = ?", (seq,))
        else:
            data = bytearray(sealed or bytes(20))
            data[chance.randrange(len(data))] ^= 1
            db.execute("UPDATE entries SET sealed = ? WHERE seq = ?", (bytes(data), seq))
    return int(seq)


def found(city_vault: CityVault, path: Path, heads: list[tuple[int, bytes]], seq: int) -> bool:
    """By the check that anybody can make, or by the vault when somebody asks for the query."""
    if list(access_log.verify(path, heads)):
        return True
    vault = city_vault.vault
    with closing(AccessLog(path, vault._signing_key(Use.LOG), vault._query_key)) as log:
        try:
            log.query(seq)
        except VaultError:
            return True
    return False


@pytest.mark.parametrize("what", DAMAGES)
def test_one_edit_of_the_access_log_is_found(
    city_vault: CityVault, heads: list[tuple[int, bytes]], tmp_path: Path, what: str
) -> None:
    copy = tmp_path / "copy.db"
    with closing(sqlite3.connect(copy)) as db:
        city_vault.vault.log._db.backup(db)
    assert list(access_log.verify(copy, heads)) == []
    seq = damage(copy, what, random.Random(3))
    assert found(city_vault, copy, heads, seq)


def test_a_hundred_random_edits_of_the_access_log_are_all_found(
    city_vault: CityVault, heads: list[tuple[int, bytes]], tmp_path: Path
) -> None:
    sound, copy = tmp_path / "sound.db", tmp_path / "copy.db"
    with closing(sqlite3.connect(sound)) as db:
        city_vault.vault.log._db.backup(db)
    chance = random.Random(7)
    for number in range(100):
        for stale in tmp_path.glob("copy.db*"):
            stale.unlink()
        shutil.copy(sound, copy)
        what = chance.choice(DAMAGES)
        seq = damage(copy, what, chance)
        assert found(city_vault, copy, heads, seq), (number, what)
