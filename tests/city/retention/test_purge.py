"""A day that has had its time goes, all of it and nothing else, whenever the power fails."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from alpr_city.errors import CityError, KeyGoneError, VaultError
from alpr_city.vault.backup import LIFE_S, open_backup
from alpr_city.vault.keyring import Use
from alpr_wire.statements import decode_statement
from tests.city.retention.conftest import TODAY, Authority, Past, Rules
from tests.city.vaults import ACCESS, make_vault

OLD, YOUNG = 740, 10


class CutError(Exception):
    """The power went."""


def purger(past: Past, rules: Rules | None = None) -> Any:
    from alpr_city.retention.purge import Purger

    return Purger(past.desk, past.pictures, lambda at: rules or Rules(), "root", "Testville")


def rows(day: date) -> dict[str, int]:
    from django.db import connection

    found = {}
    with connection.cursor() as cursor:
        for table in ("record", "token", "pattern", "quarantined"):
            cursor.execute(f"SELECT count(*) FROM {table} WHERE day = %s", [str(day)])
            found[table] = cursor.fetchone()[0]
    return found


def faults(camera: str, day: date | None = None, key: bytes | None = None) -> list[str]:
    from alpr_city.proof.chains import verify_camera

    verdicts = verify_camera(camera, None, day, key)
    return [fault for verdict in verdicts for fault in verdict.faults]


def test_without_authority_nothing_is_destroyed(past: Past) -> None:
    camera = past.camera()
    day = past.day(camera, OLD, "0TEST00")
    for authority in (Authority(resolution=""), Authority(consent="")):
        with pytest.raises(CityError, match="names no authority"):
            purger(past, Rules(destruction=authority)).run()
    assert rows(day)["record"] == 3
    assert past.city_vault.vault.keyring.has(Use.DAY, str(day))
    assert past.alarms() == {"purge": 2}


def test_the_vault_refuses_a_day_that_has_not_had_its_time(past: Past) -> None:
    day = past.day(past.camera(), 730, "0TEST00")
    for kept in (730, 0, -5, True, "1"):
        with pytest.raises(VaultError, match="nothing was destroyed"):
            past.desk.call("destroy_day", ACCESS, str(day), kept)
    with pytest.raises(VaultError, match=r"the keys of .* live"):
        past.desk.call("certify_purge", str(day), bytes(32), [])
    assert purger(past).due() == []


def test_when_the_record_cannot_be_written_no_key_dies(past: Past) -> None:
    day = past.day(past.camera(), OLD, "0TEST00")
    past.city_vault.vault.log._db.execute(
        "CREATE TRIGGER full BEFORE INSERT ON entries BEGIN SELECT RAISE(ABORT, 'disk full'); END"
    )
    with pytest.raises(VaultError, match="could not be put on record"):
        purger(past).run()
    assert past.city_vault.vault.keyring.has(Use.DAY, str(day))
    assert rows(day)["record"] == 3


def test_a_dry_run_says_what_would_go_and_changes_nothing(past: Past) -> None:
    day = past.day(past.camera(), OLD, "0TEST00", "1TEST11")
    before = len(past.city_vault.vault.log)
    (planned,) = purger(past).plan()
    assert (planned.day, planned.reads, planned.held) == (day, 2, 0)
    assert rows(day)["record"] == 4
    assert len(past.city_vault.vault.log) == before


def test_a_day_goes_with_all_that_is_of_it_and_the_chain_still_holds(past: Past) -> None:
    from alpr_city.reads.models import Quarantined
    from alpr_city.retention.models import Purge

    camera = past.camera()
    old = past.day(camera, OLD, "0TEST00", "1TEST11")
    young = past.day(camera, YOUNG, "2TEST22")
    Quarantined.objects.create(day=old, at="2020-01-01T00:00Z", camera="x", why="w", payload=b"p")
    (purge,) = purger(past).run()
    assert rows(old) == {"record": 0, "token": 0, "pattern": 0, "quarantined": 0}
    assert not past.pictures.path(old).exists()
    assert rows(young)["record"] == 1
    assert past.pictures.path(young).exists()
    assert faults(camera.name) == []
    for use in (Use.DAY, Use.INDEX):
        with pytest.raises(KeyGoneError, match="destroyed on record"):
            past.city_vault.vault.keyring.secret(use, str(old))
    assert past.city_vault.vault.keyring.has(Use.DAY, str(young))
    assert purger(past).run() == []
    assert Purge.objects.get(pk=purge.pk).stage == "certified"


def test_the_certificate_says_what_went_and_is_signed(past: Past) -> None:
    day = past.day(past.camera(), OLD, "0TEST00", "1TEST11")
    (purge,) = purger(past).run()
    document = json.loads(bytes(purge.document))
    assert document["reads"] == 2
    assert document["cameras"]["cam-one"]["records"] == 4
    assert document["cameras"]["cam-one"]["spans"][0]["last"] == 3
    assert document["authority"]["resolution"] == "Resolution 2026-1"
    assert document["policy"] == "1"
    statement = decode_statement(bytes(purge.statement), "purge")
    statement.verify(past.city_vault.vault.log._signing.public_key())
    assert statement.body[1] == str(day)
    assert statement.body[2] == hashlib.sha256(bytes(purge.document)).digest()
    assert document["last_key_backup_expires_at"] > document["keys_destroyed_at"]
    assert "TEST" not in bytes(purge.document).decode()


STEPS = [
    ("alpr_city.vault.keyring.Keyring.rewrap", True),
    ("alpr_city.vault.kek._overwrite", True),
    ("alpr_city.retention.purge.Purger._to", False),
    ("alpr_city.retention.purge.Purger._keep_spans", True),
    ("alpr_city.retention.dropping._drop_a_table", True),
    ("alpr_city.retention.purge.Purger._certify", False),
    ("alpr_city.retention.purge.Purger._certify", True),
]


@pytest.mark.parametrize(("step", "after"), STEPS)
def test_cut_off_at_any_step_it_ends_the_same(
    past: Past, monkeypatch: pytest.MonkeyPatch, step: str, after: bool
) -> None:
    from alpr_city.retention.models import Purge

    camera = past.camera()
    old = past.day(camera, OLD, "0TEST00", "1TEST11")
    past.day(camera, YOUNG, "2TEST22")
    with monkeypatch.context() as patch:
        cut(patch, step, after=after)
        with pytest.raises(CutError):
            purger(past).run()
    past.city_vault.vault.close()
    again = make_vault(past.city_vault.folder)  # as after a power cut: from its files alone
    try:
        desk = type(past.desk)(again)
        past.desk = desk
        purger(past).run()
        assert json.loads(bytes(Purge.objects.get().document or b""))["reads"] == 2
        assert rows(old) == {"record": 0, "token": 0, "pattern": 0, "quarantined": 0}
        assert faults(camera.name) == []
        assert not again.vault.keyring.has(Use.DAY, str(old))
        assert not list(again.folder.glob("kek.*"))
        assert past.alarms() == {"purge": 1}
    finally:
        again.vault.close()


def cut(patch: pytest.MonkeyPatch, step: str, *, after: bool) -> None:
    """The power goes before or after the first time this step is taken."""
    import importlib

    module, _, name = step.rpartition(".")
    try:
        owner = importlib.import_module(module)
    except ModuleNotFoundError:
        module, _, kind = module.rpartition(".")
        owner = getattr(importlib.import_module(module), kind)
    whole: Callable[..., Any] = getattr(owner, name)

    def broken(*arguments: Any, **named: Any) -> None:
        if after:
            whole(*arguments, **named)
        raise CutError

    patch.setattr(owner, name, broken)


def test_a_failure_alarms_and_the_next_run_clears_it(past: Past) -> None:
    from alpr_city.reads.models import Alarm

    past.day(past.camera(), OLD, "0TEST00")
    past.desk.broken = {"certify_purge"}
    with pytest.raises(VaultError):
        purger(past).run()
    assert Alarm.objects.filter(kind="purge", cleared_at=None).count() == 1
    past.desk.broken = set()
    assert len(purger(past).run()) == 1
    assert Alarm.objects.filter(kind="purge", cleared_at=None).count() == 0


def test_a_changed_retention_goes_forward_and_is_on_record(past: Past) -> None:
    from alpr_city.retention.models import RetentionChange
    from alpr_city.retention.purge import Purger

    past.day(past.camera(), 100, "0TEST00")
    shorter = Rules(version="2", retention_days=60)
    since = TODAY - timedelta(50)

    def in_force(at: Any) -> Rules:
        return Rules() if at is not None and at.date() < since else shorter

    made = Purger(past.desk, past.pictures, in_force, "root", "Testville")
    assert made.due() == [], "reads of before the change keep the retention they came under"
    made.run()
    assert RetentionChange.objects.get().retention_days == 60
    records = [body[2] for _, body in past.city_vault.vault.log.entries()]
    assert "retention" in records


def test_a_data_backup_brought_back_opens_nothing(past: Past) -> None:
    """Also with a key backup from before the purge: inside its 35 days, and past them."""
    camera = past.camera()
    day = past.day(camera, OLD, "0TEST00")
    stored = [[camera.name, str(day), camera.encodings[2], wrapped_of(2), []]]
    past.city_vault.vault.look(ACCESS, stored)
    backups = sorted((past.city_vault.folder / "backup").glob("keys-*.backup"))
    purger(past).run()
    vault = past.city_vault.vault
    with pytest.raises(KeyGoneError):
        vault.look(ACCESS, stored)
    inside = open_backup(
        backups[-1], past.city_vault.recovery, vault.keyring.destroyed(), time.time()
    ).keys
    assert (Use.DAY, str(day)) not in {(use, label) for use, label, *_ in inside}
    assert vault.keyring.restore(inside) == 0
    with pytest.raises(KeyGoneError):
        vault.look(ACCESS, stored)
    with pytest.raises(VaultError, match="expired"):
        open_backup(backups[-1], past.city_vault.recovery, set(), time.time() + LIFE_S + 60)


def wrapped_of(seq: int) -> bytes:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT wrapped FROM record WHERE seq = %s", [seq])
        return bytes(cursor.fetchone()[0])


def test_the_old_key_encryption_key_is_gone(past: Past) -> None:
    past.day(past.camera(), OLD, "0TEST00")
    before = (past.city_vault.folder / "kek").read_bytes()
    purger(past).run()
    assert (past.city_vault.folder / "kek").read_bytes() != before
    assert not (past.city_vault.folder / "kek.next").exists()


def test_queries_of_the_access_log_expire_and_the_chain_holds(past: Past) -> None:
    from alpr_city.vault import access_log

    vault = past.city_vault.vault
    vault.keyring.make(Use.QUERY, "2015-03", bytes(32))
    gone = past.desk.call("expire_queries", ACCESS, 1825)
    assert gone == ["2015-03"]
    assert list(access_log.verify(past.city_vault.folder / "vault" / "access.db")) == []


def test_a_day_is_checked_from_where_the_purged_one_ends(past: Past) -> None:
    camera = past.camera()
    past.day(camera, OLD, *["0TEST00"] * 120)
    past.day(camera, OLD, *["0TEST00"] * 140)
    past.day(camera, OLD, "0TEST01")
    young = past.day(camera, YOUNG, "2TEST22")
    purger(past).run()
    assert faults(camera.name, young) == []
    assert faults(camera.name) == []


def test_a_span_without_a_certificate_that_holds_excuses_nothing(past: Past) -> None:
    from alpr_city.reads.models import PurgedSpan
    from alpr_city.retention.models import Purge

    camera = past.camera()
    past.day(camera, OLD, "0TEST00", "1TEST11")
    past.day(camera, YOUNG, "2TEST22")
    purger(past).run()
    key = past.desk.call("log_key")
    assert faults(camera.name, key=key) == []
    assert "is forged" in str(faults(camera.name, key=bytes([9]) * 32))
    PurgedSpan.objects.update(before=bytes(32))
    assert "is not under certificate" in str(faults(camera.name, key=key))
    PurgedSpan.objects.update(before=b"", certificate=99)
    assert "has no certificate" in str(faults(camera.name, key=key))
    purge = Purge.objects.get()
    PurgedSpan.objects.update(certificate=purge.pk)
    document = bytes(purge.document or b"").replace(b'"reads": 2', b'"reads": 1')
    Purge.objects.update(document=document)
    assert "was changed" in str(faults(camera.name, key=key))


def test_no_day_goes_before_the_custodian_agrees_where_the_policy_asks_for_it(past: Past) -> None:
    from alpr_city.retention.models import Approval, Purge

    asked = Rules(destruction=Authority(custodian_approves=True))
    camera = past.camera()
    older, old = past.day(camera, OLD + 1, "0TEST00"), past.day(camera, OLD, "1TEST11")
    assert purger(past, asked).run() == []
    assert rows(older)["record"] == 3
    assert past.city_vault.vault.keyring.has(Use.DAY, str(older))
    assert past.alarms() == {"purge": 1}
    assert purger(past, asked).waiting() == [older, old]
    Approval.objects.create(
        through=older, by="clerk", name="C. Lerk", at=datetime.now(UTC), policy="1", record=17
    )
    (purge,) = purger(past, asked).run()
    assert purge.day == older
    assert json.loads(bytes(purge.document))["approved"]["by"] == "C. Lerk (clerk)"
    assert json.loads(bytes(purge.document))["approved"]["record"] == 17
    (access,) = [e for _, e in past.city_vault.vault.log.entries() if e[2] == "purge"]
    assert access[14] == "clerk"
    assert purger(past, asked).waiting() == [old]
    assert rows(old)["record"] == 1
    assert Purge.objects.count() == 1
