"""The one door: refusals first. Nothing is opened that is not on record before."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from alpr_city.errors import KeyGoneError, VaultError
from alpr_city.vault import access_log
from alpr_city.vault.finding import Finding
from alpr_city.vault.keyring import Use
from alpr_city.vault.vault import Vault, today
from alpr_wire.reads import decode_read
from alpr_wire.records import Picture, decode_record
from tests.city.vaults import ACCESS, CityVault, arrive


def stored(city_vault: CityVault, *texts: str) -> list[list[Any]]:
    """Reads as the city stores them, ready to be looked at."""
    camera = city_vault.camera()
    for text in texts:
        camera.read(text, pictures=True)
    day, (answers,), _ = arrive(city_vault.vault, camera)
    return [
        [
            camera.name,
            day,
            camera.encodings[seq],
            wrapped,
            [[int(p.kind), p.data] for p in camera.pictures[seq]],
        ]
        for seq, wrapped, _, _ in answers
    ]


@pytest.mark.parametrize("name", ["user", "organisation", "purpose", "case", "policy", "action"])
def test_an_access_that_does_not_say_who_and_why_opens_nothing(
    city_vault: CityVault, name: str
) -> None:
    reads = stored(city_vault, "0TEST00")
    before = len(city_vault.vault.log)
    for missing in ({**ACCESS, name: " "}, {k: v for k, v in ACCESS.items() if k != name}):
        with pytest.raises(VaultError, match="nothing was opened"):
            city_vault.vault.look(missing, reads)
    assert len(city_vault.vault.log) == before


def test_when_the_record_cannot_be_written_nothing_is_opened(
    city_vault: CityVault, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads = stored(city_vault, "0TEST00")
    vault = city_vault.vault
    vault.log._db.execute(
        "CREATE TRIGGER full BEFORE INSERT ON entries BEGIN SELECT RAISE(ABORT, 'disk full'); END"
    )
    opened: list[object] = []
    monkeypatch.setattr("alpr_city.vault.vault.open_read", lambda *a: opened.append(a))
    for call in (
        lambda: vault.look(ACCESS, reads),
        lambda: vault.tokens(ACCESS, "0TEST00", [today()]),
        lambda: Finding(vault).partial_begin(ACCESS, "7AB*", True, 0, 2**60),
    ):
        with pytest.raises(VaultError, match="could not be put on record"):
            call()
    assert opened == []


def test_the_record_stands_before_the_answer_and_names_what_was_shown(
    city_vault: CityVault,
) -> None:
    reads = stored(city_vault, "0TEST00", "1TEST11")
    record, rows = city_vault.vault.look(ACCESS, reads)
    assert [decode_read(plain).text for plain, _ in rows] == ["0TEST00", "1TEST11"]
    assert rows[0][1] == [[Picture.CROP, b"a crop"], [Picture.OVERVIEW, b"an overview"]]
    entries = dict(city_vault.vault.log.entries())
    assert entries[record][3] == "a.person"
    assert entries[record][6] == "26-0001"
    assert entries[record + 1][2] == "outcome"
    assert entries[record + 1][3] == record
    assert entries[record + 1][4] == 2
    assert city_vault.vault.log.query(record) == {"plate": "0TEST00"}


def test_a_read_that_was_changed_is_refused(city_vault: CityVault) -> None:
    (read,) = stored(city_vault, "0TEST00")
    camera, day, encoding, wrapped, pictures = read
    record = decode_record(encoding)
    sealed = bytearray(record.body[3])
    sealed[-1] ^= 1
    changed = replace(record, body={**record.body, 3: bytes(sealed)}).encode()
    uncommitted = replace(record, body={**record.body, 4: bytes(32)}).encode()
    for bad in (
        [camera, day, changed, wrapped, []],
        [camera, day, uncommitted, wrapped, []],
        [camera, day, encoding, wrapped[:-1] + bytes([wrapped[-1] ^ 1]), []],
        ["cam-two", day, encoding, wrapped, []],
        [camera, day, encoding, wrapped, [[1, pictures[1][1]]]],
    ):
        with pytest.raises(VaultError, match="changed"):
            city_vault.vault.look(ACCESS, [bad])


def test_a_purged_day_opens_no_more(city_vault: CityVault) -> None:
    reads = stored(city_vault, "0TEST00")
    for use in (Use.DAY, Use.INDEX):
        city_vault.vault.keyring.destroy(use, today(), "retention")
    with pytest.raises(KeyGoneError, match="destroyed on record"):
        city_vault.vault.look(ACCESS, reads)
    assert city_vault.vault.tokens(ACCESS, "0TEST00", [today()])[1] == []


def test_tokens_find_a_plate_and_its_look_alikes_on_their_day_alone(
    city_vault: CityVault,
) -> None:
    camera = city_vault.camera()
    camera.read("8ABC120")
    day, ((answer,),), _ = arrive(city_vault.vault, camera)
    _, ((found_day, token),) = city_vault.vault.tokens(ACCESS, "BA8CI2O", [day, "2020-01-01"])
    assert found_day == day
    assert token in answer[3]
    _, ((_, other),) = city_vault.vault.tokens(ACCESS, "9XYZ999", [day])
    assert other not in answer[3]


def test_columns_are_searched_in_the_vault_and_name_places_alone(city_vault: CityVault) -> None:
    camera = city_vault.camera()
    seq = camera.read("7ABC123")
    camera.read("9XYZ999")
    day, _, ((name, slot, sealed),) = arrive(city_vault.vault, camera)
    assert b"7ABC123" not in sealed
    finding = Finding(city_vault.vault)
    record = finding.partial_begin(ACCESS, "7?B*", True, 0, 2**60)
    ((*found, likelihood),) = finding.partial_match(record, [[day, name, slot, sealed]])
    assert found[:4] == [day, name, camera.stream, seq]
    assert likelihood == pytest.approx(0.97**2, abs=0.05)
    assert finding.partial_end(record) == 1
    with pytest.raises(VaultError, match="is over"):
        finding.partial_match(record, [])
    merged = finding.merge_patterns(day, name, [[slot, sealed]])
    record = finding.partial_begin(ACCESS, "9XYZ99*", True, 0, 2**60)
    assert finding.partial_match(record, [[day, name, -1, merged]])[0][3] == seq + 1
    record = finding.partial_begin(ACCESS, "9XYZ99*", True, 0, 1)
    assert finding.partial_match(record, [[day, name, -1, merged]]) == []


def test_the_log_refuses_updates_and_deletes(city_vault: CityVault) -> None:
    city_vault.vault.look(ACCESS, stored(city_vault, "0TEST00"))
    for change in ("DELETE FROM entries", "UPDATE entries SET body = x'00'"):
        with pytest.raises(sqlite3.IntegrityError, match="never"):
            city_vault.vault.log._db.execute(change)


@pytest.mark.parametrize("damage", ["change", "remove", "insert", "shorten", "swap"])
def test_whoever_gets_past_that_is_found(city_vault: CityVault, damage: str) -> None:
    vault = city_vault.vault
    reads = stored(city_vault, "0TEST00")
    for _ in range(5):
        vault.look(ACCESS, reads)
    statement = vault.log.head()
    from alpr_wire import statements

    body = statements.decode_statement(statement, "log-head").body
    heads = [(body[1], body[2])]
    path = city_vault.folder / "vault" / "access.db"
    assert list(access_log.verify(path, heads)) == []
    tamper(path, damage)
    assert list(access_log.verify(path, heads)), damage


def tamper(path: Path, damage: str) -> None:
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("DROP TRIGGER entries_stay")
    db.execute("DROP TRIGGER entries_are_kept")
    if damage == "change":
        (body,) = db.execute("SELECT body FROM entries WHERE seq = 4").fetchone()
        db.execute(
            "UPDATE entries SET body = ? WHERE seq = 4", (body.replace(b"26-0001", b"26-0002"),)
        )
    elif damage == "remove":
        db.execute("DELETE FROM entries WHERE seq = 4")
    elif damage == "insert":
        db.execute("INSERT INTO entries SELECT 100, body, sealed, head FROM entries WHERE seq = 4")
    elif damage == "shorten":
        db.execute("DELETE FROM entries WHERE seq >= 6")
    else:
        rows = dict(db.execute("SELECT seq, body FROM entries WHERE seq IN (2, 4)"))
        db.execute("UPDATE entries SET body = ? WHERE seq = 2", (rows[4],))
        db.execute("UPDATE entries SET body = ? WHERE seq = 4", (rows[2],))
    db.close()


def test_no_plate_stands_in_any_file_of_the_vault(city_vault: CityVault) -> None:
    reads = stored(city_vault, "4CANARY")
    city_vault.vault.look({**ACCESS, "query": {"plate": "4CANARY"}}, reads)
    city_vault.vault.tokens({**ACCESS, "query": {"plate": "4CANARY"}}, "4CANARY", [today()])
    files = [f for f in city_vault.folder.rglob("*") if f.is_file()]
    assert len(files) > 4
    for file in files:
        assert b"CANARY" not in file.read_bytes(), file


def test_a_read_sealed_to_an_unknown_key_says_so_and_the_rest_goes_on(vault: Vault) -> None:
    from alpr_city.vault.backup import draw_seeds, public_of
    from tests.city.fleet import FleetCamera

    camera = FleetCamera("cam-two", public_of(draw_seeds()))
    camera.read()
    _, ((answer,),), _ = arrive(vault, camera)
    assert answer == [2, "the read's epoch is not here"]
