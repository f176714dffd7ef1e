"""Lists in the vault: refusals first, then matches, and that no plate stands in any file."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from alpr_city.errors import KeyGoneError, VaultError
from alpr_city.vault.arrivals import asked_of
from alpr_city.vault.keyring import Use
from alpr_city.vault.lists import RULES, encode_row, packed
from alpr_wire.records import Kind, decode_record
from tests.city.vaults import ACCESS, CityVault, make_vault

IMPORT = ACCESS | {"action": "list-import", "query": {"list": "svs"}}
DAY_US = 86_400_000_000


@pytest.fixture
def city(tmp_path: Path) -> Iterator[CityVault]:
    made = make_vault(tmp_path)
    yield made
    made.vault.close()


def facts(**changes: Any) -> dict[str, Any]:
    now_us = time.time_ns() // 1000
    return {
        "owner": "Sheriff's station",
        "legal_basis": "policy I",
        "class": "stolen-vehicle",
        "policy": "1",
        **dict.fromkeys(RULES, 1),
        "made_us": now_us,
        "expires_us": now_us + DAY_US,
        **changes,
    }


def put(city: CityVault, *plates: str, name: str = "svs", state: str = "CA", **how: Any) -> str:
    watch, lists = city.vault.watching, city.vault.lists
    version = watch.begin(IMPORT, name, facts(**how))
    rows = sorted(encode_row(p, state, "stolen", "261101", "") for p in plates)
    lists.add(version, rows)
    watch.commit(IMPORT, version, len(rows))
    return version


def seen(city: CityVault, text: str, **fields: Any) -> list[dict[str, Any]]:
    camera = city.camera(stream=os.urandom(16))
    camera.read(text, **fields)
    records = [decode_record(e) for e in camera.encodings]
    epochs = [r.encode() for r in records if r.kind is Kind.EPOCH]
    reads = [asked_of(r) for r in records if r.kind is Kind.READ]
    found: list[dict[str, Any]] = city.vault.watching.arrive(
        [[camera.name, camera.stream, epochs, reads]]
    )[3]
    return found


def sure(text: str) -> tuple[tuple[tuple[str, float], ...], ...]:
    return tuple(((c, 0.99),) for c in text)


@pytest.mark.parametrize(
    "lacking", ["owner", "legal_basis", "class", "expires_us", "made_us", "stale_s"]
)
def test_a_list_without_owner_basis_class_or_expiry_is_refused(
    city: CityVault, lacking: str
) -> None:
    with pytest.raises(VaultError, match="hot list"):
        city.vault.watching.begin(IMPORT, "svs", facts(**{lacking: ""}))


def test_a_list_that_has_expired_is_refused(city: CityVault) -> None:
    with pytest.raises(VaultError, match="expired"):
        city.vault.watching.begin(IMPORT, "svs", facts(expires_us=1))


def test_an_import_that_is_not_on_record_does_not_begin(city: CityVault) -> None:
    with pytest.raises(VaultError, match="user"):
        city.vault.watching.begin(IMPORT | {"user": ""}, "svs", facts())
    assert city.vault.keyring.labels(Use.LIST) == []


def test_a_list_that_arrived_in_part_leaves_the_old_one(city: CityVault) -> None:
    put(city, "0TEST00")
    version = city.vault.watching.begin(IMPORT, "svs", facts())
    city.vault.lists.add(version, [encode_row("9XYZ999", "CA", "", "", "")])
    with pytest.raises(VaultError, match="1 rows arrived of 2"):
        city.vault.watching.commit(IMPORT, version, 2)
    assert seen(city, "0TEST00")
    assert not seen(city, "9XYZ999")


@pytest.mark.parametrize(
    "rows",
    [
        [encode_row("9", "", "", "", ""), encode_row("1", "", "", "", "")],
        [b"\0" * 8 + b"1\x1f\x1f\x1f\x1f"],
        [b"x"],
        [encode_row("A", "", "", "", "")[:8] + b"\xff"],
    ],
)
def test_rows_that_are_unsorted_or_malformed_are_refused(
    city: CityVault, rows: list[bytes]
) -> None:
    version = city.vault.watching.begin(IMPORT, "svs", facts())
    with pytest.raises(VaultError, match="hot list"):
        city.vault.lists.add(version, rows)


def test_an_expired_list_matches_nothing(city: CityVault) -> None:
    put(city, "0TEST00")
    city.vault.lists.tables["svs"].facts["expires_us"] = 1
    assert seen(city, "0TEST00") == []


def test_a_read_matches_and_says_no_plate(city: CityVault) -> None:
    version = put(city, "0TEST00", "8ABC123")
    (match,) = seen(city, "8ABC123")
    assert (match["how"], match["list"], match["version"]) == ("exact", "svs", version)
    assert match["state"] == "same"
    assert "8ABC123" not in repr(match)
    assert seen(city, "7ABC124", lattice=sure("7ABC124")) == []


def test_another_state_is_told(city: CityVault) -> None:
    put(city, "8ABC123", state="NV")
    assert [m["state"] for m in seen(city, "8ABC123")] == ["other"]
    assert [m["state"] for m in seen(city, "8ABC123", region=None)] == ["unknown"]


def test_with_many_characters_in_doubt_the_text_alone_is_looked_for(city: CityVault) -> None:
    put(city, "7ABC123", "7ABC125")
    doubtful = tuple(((c, 0.6), (o, 0.3)) for c, o in zip("7ABC12", "1XYE47", strict=True))
    for count, wanted in ((3, ["exact", "alternative"]), (5, ["exact"])):
        lattice = (*sure("7ABC12")[: 6 - count], *doubtful[6 - count :], (("3", 0.6), ("5", 0.3)))
        assert [m["how"] for m in seen(city, "7ABC123", lattice=lattice)] == wanted


def test_more_rows_than_were_announced_are_all_found(city: CityVault) -> None:
    plates = [f"{n:05}" for n in range(9000)]
    watch, lists = city.vault.watching, city.vault.lists
    version = watch.begin(IMPORT, "svs", facts(), 1)
    rows = sorted(encode_row(p, "CA", "stolen", "261101", "") for p in plates)
    for at in range(0, len(rows), 4500):
        lists.add(version, rows[at : at + 4500])
    watch.commit(IMPORT, version, len(rows))
    (table,) = lists.tables.values()
    assert all(table.has(packed(p)) for p in plates)
    assert not table.has(packed("99999"))
    assert [m["how"] for m in seen(city, "08999", lattice=sure("08999"))] == ["exact"]


def test_look_alikes_and_one_alternative_are_told_apart(city: CityVault) -> None:
    put(city, "BA8C12O", "7ABC123")
    (alike,) = seen(city, "8ABC120", lattice=sure("8ABC120"))
    assert alike["how"] == "look-alike"
    lattice = (*sure("7ABC12"), (("9", 0.6), ("3", 0.4)))
    (other,) = seen(city, "7ABC129", lattice=lattice)
    assert other["how"] == "alternative"
    (gap,) = seen(city, "7ABC12?", lattice=(*sure("7ABC12"), (("3", 0.4),)))
    assert gap["how"] == "alternative"
    assert seen(city, "7ABC1??", lattice=sure("7ABC1??")) == []


def test_replacing_destroys_the_old_key_and_file(city: CityVault) -> None:
    first = put(city, "0TEST00")
    put(city, "8ABC123")
    assert not seen(city, "0TEST00", lattice=sure("0TEST00"))
    assert seen(city, "8ABC123")
    with pytest.raises(KeyGoneError):
        city.vault.keyring.secret(Use.LIST, first)
    assert len(list((city.folder / "vault" / "lists").glob("*.list"))) == 1


def test_lists_are_there_after_a_restart_and_half_built_ones_are_not(
    city: CityVault, tmp_path: Path
) -> None:
    put(city, *(f"{n:04}" for n in range(1200)), "8ABC123", "8ABC123")
    city.vault.watching.begin(IMPORT, "sfr", facts())
    city.vault.close()
    again = make_vault(tmp_path)
    try:
        assert len(seen(again, "8ABC123")) == 2
        assert [t.name for t in again.vault.lists.tables.values()] == ["svs"]
        assert len(again.vault.keyring.labels(Use.LIST)) == 1
    finally:
        again.vault.close()


def test_a_replaced_lists_key_lives_in_backups_for_35_days_and_no_restore_brings_it_back(
    city: CityVault,
) -> None:
    from alpr_city.vault.backup import LIFE_S, open_backup

    def inside(path: Path, destroyed: set[tuple[str, str]], now_s: float) -> set[tuple[str, str]]:
        return {(u, lb) for u, lb, *_ in open_backup(path, city.recovery, destroyed, now_s).keys}

    keyring, now_s = city.vault.keyring, time.time()
    name = (str(Use.LIST), put(city, "0TEST00"))
    old = sorted((city.folder / "backup").glob("keys-*.backup"))[-1]
    assert name in inside(old, set(), now_s)
    put(city, "8ABC123")
    assert name not in inside(keyring.back_up(), set(), now_s)
    assert name not in inside(old, keyring.destroyed(), now_s)
    assert keyring.restore(open_backup(old, city.recovery, set(), now_s).keys) == 0
    with pytest.raises(KeyGoneError):
        keyring.secret(Use.LIST, name[1])
    with pytest.raises(VaultError, match="expired"):
        open_backup(old, city.recovery, set(), now_s + LIFE_S + 60)
    assert keyring._backup.prune(now_s + LIFE_S + 60) > 1
    assert not old.exists()


def test_an_entry_opens_on_record_alone_and_says_whether_it_still_stands(city: CityVault) -> None:
    put(city, "8ABC123")
    (m,) = seen(city, "8ABC123")
    day = city.vault.arrive([])[0]
    asked = ([m["camera"], m["stream"], m["seq"], day], "svs", m["version"], m["sealed"])
    with pytest.raises(VaultError, match="user"):
        city.vault.watching.entry(ACCESS | {"user": ""}, *asked)
    record, entry, listed = city.vault.watching.entry(ACCESS, *asked)
    assert entry["plate"] == "8ABC123"
    assert listed
    assert dict(city.vault.log.entries())[record][3] == "a.person"
    put(city, "0TEST00")
    assert city.vault.watching.entry(ACCESS, *asked)[2] is False
    city.vault.watching.drop(IMPORT, "svs")
    assert city.vault.watching.entry(ACCESS, *asked)[2] is None


def test_no_listed_plate_stands_in_any_file(city: CityVault) -> None:
    put(city, "4CANARY")
    for file in (f for f in city.folder.rglob("*") if f.is_file()):
        assert b"4CANARY" not in file.read_bytes(), file
