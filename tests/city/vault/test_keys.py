"""Keys live and die on record."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from alpr_city.errors import KeyGoneError, VaultError
from alpr_city.vault.backup import LIFE_S, Backup, open_backup
from alpr_city.vault.kek import FileKek
from alpr_city.vault.keyring import Keyring, Use
from alpr_city.vault.streams import Streams
from alpr_city.vault.vault import Vault, today
from alpr_wire.errors import WireError
from alpr_wire.keys import CertifiedKey, Purpose
from tests.city.fleet import FleetCamera
from tests.city.vaults import ACCESS, CityVault, arrive, make_vault


def newest_backup(city_vault: CityVault) -> Path:
    return max((city_vault.folder / "backup").glob("keys-*.backup"))


def test_a_key_is_in_the_backup_before_it_is_used(city_vault: CityVault) -> None:
    day_key, index_key = city_vault.vault.keyring.day(today())
    rows = open_backup(newest_backup(city_vault), city_vault.recovery, set(), time.time()).keys
    kept = {(use, label): secret for use, label, secret, *_ in rows}
    assert kept["day", today()] == day_key
    assert kept["index", today()] == index_key


def test_where_no_backup_can_be_written_no_new_key_is_used(city_vault: CityVault) -> None:
    for file in (city_vault.folder / "backup").iterdir():
        file.unlink()
    (city_vault.folder / "backup").rmdir()
    (city_vault.folder / "backup").write_text("a file where the folder should be")
    camera = city_vault.camera()
    camera.read()
    with pytest.raises(VaultError, match="backup cannot be written"):
        arrive(city_vault.vault, camera)
    assert not city_vault.vault.keyring.has(Use.DAY, today())


def test_a_city_that_lost_its_keys_gets_them_back(city_vault: CityVault, tmp_path: Path) -> None:
    camera = city_vault.camera()
    seq = camera.read("0TEST00")
    day, (((_, wrapped, _, _),),), _ = arrive(city_vault.vault, camera)
    rows = open_backup(newest_backup(city_vault), city_vault.recovery, set(), time.time()).keys
    (tmp_path / "new").mkdir()
    new = Vault(
        tmp_path / "new" / "vault",
        FileKek.create(tmp_path / "new" / "kek"),
        Backup.to(tmp_path / "new" / "backup", city_vault.folder / "recovery.pub"),
    )
    assert new.keyring.restore(rows) >= 2
    _, ((plain, _),) = new.look(ACCESS, [[camera.name, day, camera.encodings[seq], wrapped, []]])
    assert b"0TEST00" in plain
    new.close()


def test_a_backup_does_not_bring_back_what_was_destroyed(city_vault: CityVault) -> None:
    ring = city_vault.vault.keyring
    ring.day(today())
    backup = newest_backup(city_vault)
    ring.destroy(Use.DAY, today(), "retention")
    rows = open_backup(backup, city_vault.recovery, ring.destroyed(), time.time()).keys
    assert ("day", today()) not in {(use, label) for use, label, *_ in rows}
    every = open_backup(backup, city_vault.recovery, set(), time.time()).keys
    ring.restore(every)
    with pytest.raises(KeyGoneError, match="destroyed on record"):
        ring.secret(Use.DAY, today())
    with pytest.raises(KeyGoneError):
        ring.make(Use.DAY, today(), bytes(32))


def test_a_backup_expires(city_vault: CityVault) -> None:
    backup = newest_backup(city_vault)
    later = time.time() + LIFE_S + 3600
    with pytest.raises(VaultError, match="expired"):
        open_backup(backup, city_vault.recovery, set(), later)
    kept = Backup.to(city_vault.folder / "backup", city_vault.folder / "recovery.pub")
    assert kept.prune(time.time()) == 0
    assert kept.prune(later) > 0
    assert not list((city_vault.folder / "backup").glob("*.backup"))


def test_a_backup_opens_with_the_recovery_key_alone(city_vault: CityVault) -> None:
    from alpr_city.vault.backup import draw_seeds

    with pytest.raises(VaultError, match="not a backup that this recovery key opens"):
        open_backup(newest_backup(city_vault), draw_seeds(), set(), time.time())


def test_a_destroyed_key_is_in_no_file(city_vault: CityVault) -> None:
    ring = city_vault.vault.keyring
    ring.day(today())
    (wrapped,) = ring._db.execute(
        "SELECT wrapped FROM keys WHERE use = 'day' AND label = ?", (today(),)
    ).fetchone()
    files = [city_vault.folder / "vault" / f"keys.db{s}" for s in ("", "-wal")]
    assert any(wrapped in f.read_bytes() for f in files if f.exists())
    ring.destroy(Use.DAY, today(), "retention")
    assert not any(wrapped in f.read_bytes() for f in files if f.exists())


def test_living_keys_move_to_a_new_kek_and_the_old_one_opens_nothing(
    city_vault: CityVault,
) -> None:
    ring = city_vault.vault.keyring
    day_key, _ = ring.day(today())
    new = FileKek.create(city_vault.folder / "kek-2")
    assert ring.rewrap(new) >= 5
    path = city_vault.folder / "vault" / "keys.db"
    backup = Backup.to(city_vault.folder / "backup", city_vault.folder / "recovery.pub")
    with pytest.raises(VaultError, match="another key-encryption key"):
        Keyring(path, FileKek(city_vault.folder / "kek"), backup)
    again = Keyring(path, new, backup)
    assert again.secret(Use.DAY, today()) == day_key
    again.close()


def test_a_kek_that_others_can_read_is_refused(tmp_path: Path) -> None:
    FileKek.create(tmp_path / "kek")
    (tmp_path / "kek").chmod(0o640)
    with pytest.raises(VaultError, match="others can read this key"):
        FileKek(tmp_path / "kek")
    with pytest.raises(FileExistsError):
        FileKek.create(tmp_path / "kek")
    with pytest.raises(VaultError, match="cannot be read"):
        FileKek(tmp_path / "none")


def test_a_statement_of_another_root_certifies_nothing(city_vault: CityVault) -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    vault = city_vault.vault
    vault.public.make_seal_keys(3)
    ((purpose, public, first, last),) = vault.public.uncertified()
    forged = CertifiedKey(
        purpose=Purpose(purpose), public=public, not_before_us=first, not_after_us=last
    ).certify(Ed25519PrivateKey.generate())
    with pytest.raises((VaultError, WireError)):
        vault.public.certify(city_vault.root.public_key().public_bytes_raw(), [forged])
    assert len(vault.public.uncertified()) == 1


def take_in(vault: Vault, camera: FleetCamera) -> None:
    """As ingest does: opened, committed, receipted."""
    arrive(vault, camera)
    vault.receipt([[camera.name, camera.stream, camera.last, camera.heads[-1], []]])


def test_a_seal_key_is_destroyed_only_when_no_epoch_can_still_need_it(
    city_vault: CityVault, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault = city_vault.vault
    vault.public.make_seal_keys(3)
    labels = [label for label, *_ in vault.keyring.labels(Use.SEAL)]
    one, two = city_vault.camera("cam-one"), city_vault.camera("cam-two")
    for camera in (one, two):
        vault.streams.admit(camera.name, labels[0])
        camera.read()
    take_in(vault, one)
    days_on(monkeypatch, 15)
    assert vault.public.retire_seal_keys() == [], "cam-two has sent nothing yet"
    certify_all(city_vault)
    new = city_vault_public(city_vault, labels[1])
    one.reseal(new)
    take_in(vault, one)
    take_in(vault, two)
    days_on(monkeypatch, 30)
    assert vault.public.retire_seal_keys() == [], "cam-two still uses the old key"
    two.reseal(new)
    arrive(vault, two)
    days_on(monkeypatch, 40)
    assert vault.public.retire_seal_keys() == [], "what came was not committed, so it comes again"
    take_in(vault, two)
    days_on(monkeypatch, 47)
    assert vault.public.retire_seal_keys() == [], "a restored city would ask for it again"
    days_on(monkeypatch, 49)
    assert vault.public.retire_seal_keys() == labels[:1]
    with pytest.raises(KeyGoneError):
        vault.keyring.secret(Use.SEAL, labels[0])


def test_an_old_receipt_does_not_cover_a_new_epoch(
    city_vault: CityVault, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault = city_vault.vault
    labels = [label for label, *_ in vault.keyring.labels(Use.SEAL)]
    camera = city_vault.camera()
    vault.streams.admit(camera.name, labels[0])
    camera.read()
    take_in(vault, camera)
    held, head = camera.last, camera.heads[-1]
    camera.read()
    camera.reseal(city_vault_public(city_vault, labels[1]))
    arrive(vault, camera)
    vault.receipt([[camera.name, camera.stream, held, head, []]])
    days_on(monkeypatch, 40)
    assert vault.public.retire_seal_keys() == []


def test_a_camera_written_off_holds_no_key_back(
    city_vault: CityVault, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault = city_vault.vault
    labels = [label for label, *_ in vault.keyring.labels(Use.SEAL)]
    lost, kept = city_vault.camera("cam-lost"), city_vault.camera("cam-kept")
    vault.streams.admit(lost.name, labels[0])
    vault.streams.admit(kept.name, labels[0])
    kept.reseal(city_vault_public(city_vault, labels[1]))
    take_in(vault, kept)
    days_on(monkeypatch, 15)
    assert vault.public.retire_seal_keys() == []
    for wrong in (("cam-none", "stolen"), ("cam-lost", " "), ("cam-kept", "gone", bytes(16))):
        with pytest.raises(VaultError):
            vault.public.write_off(*wrong)
    vault.public.write_off(lost.name, "stolen, report 26-17")
    assert vault.public.retire_seal_keys() == labels[:1]
    told = b"".join(r for (r,) in vault.log._db.execute("SELECT body FROM entries ORDER BY seq"))
    assert 0 < told.index(b"camera-written-off") < told.index(b"seal-key-destroyed")


def test_a_stream_written_off_holds_no_key_back(
    city_vault: CityVault, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault = city_vault.vault
    labels = [label for label, *_ in vault.keyring.labels(Use.SEAL)]
    old, new = city_vault.camera(stream=bytes(16)), city_vault.camera(stream=bytes([1]) * 16)
    vault.streams.admit(old.name, labels[0])
    old.read()
    take_in(vault, old)
    new.reseal(city_vault_public(city_vault, labels[1]))
    take_in(vault, new)
    days_on(monkeypatch, 40)
    assert vault.public.retire_seal_keys() == []
    vault.public.write_off(old.name, "its card is broken", old.stream)
    assert vault.public.retire_seal_keys() == labels[:1]


def test_the_memory_of_streams_is_in_every_key_backup(
    city_vault: CityVault, tmp_path: Path
) -> None:
    vault = city_vault.vault
    label = vault.keyring.labels(Use.SEAL)[0][0]
    camera = city_vault.camera()
    vault.streams.admit(camera.name, label)
    camera.read()
    take_in(vault, camera)
    vault.streams.close_stream("cam-old", bytes(16))
    vault.keyring.back_up()
    opened = open_backup(newest_backup(city_vault), city_vault.recovery, set(), time.time())
    fresh = Streams(tmp_path / "fresh.db")
    assert fresh.take(opened.streams) == 1
    assert fresh.receipts(camera.name) == {camera.stream: (camera.last, camera.heads[-1])}
    assert fresh.rows() == vault.streams.rows()
    # Again changes nothing, and what is here and newer stays.
    fresh.receipted([(camera.name, camera.stream, camera.last + 5, bytes(32))])
    assert fresh.take(opened.streams) == 0
    assert fresh.receipts(camera.name) == {camera.stream: (camera.last + 5, bytes(32))}
    assert len(fresh.rows()["moves"]) == 1
    assert fresh.take({}) == 0  # a backup of a version that did not keep it
    fresh.close()


def test_until_when_seal_keys_are_certified(city_vault: CityVault) -> None:
    weeks = (city_vault.vault.public.certified_until() / 1e6 - time.time()) / 86_400 / 7
    assert 1 < weeks <= 2
    city_vault.vault.public.make_seal_keys(5)
    assert (city_vault.vault.public.certified_until() / 1e6 - time.time()) / 86_400 / 7 <= 2


_NOW_US = time.time_ns() // 1000


def days_on(monkeypatch: pytest.MonkeyPatch, days: int) -> None:
    now_ns = (_NOW_US + days * 86_400 * 1_000_000) * 1000
    monkeypatch.setattr(time, "time_ns", lambda: now_ns)


def city_vault_public(city_vault: CityVault, label: str) -> bytes:
    from alpr_city.vault.backup import public_of

    return public_of(city_vault.vault.keyring.secret(Use.SEAL, label))


def certify_all(city_vault: CityVault) -> None:
    statements = [
        CertifiedKey(
            purpose=Purpose(p), public=public, not_before_us=first, not_after_us=last
        ).certify(city_vault.root)
        for p, public, first, last in city_vault.vault.public.uncertified()
    ]
    city_vault.vault.public.certify(city_vault.root.public_key().public_bytes_raw(), statements)


def test_it_opens_again_where_it_was(city_vault: CityVault) -> None:
    day = city_vault.vault.keyring.day(today())
    count = len(city_vault.vault.log)
    again = make_vault(city_vault.folder)
    assert again.vault.keyring.day(today()) == day
    assert len(again.vault.log) == count
    again.vault.close()
