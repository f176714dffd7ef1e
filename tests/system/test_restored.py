"""A city that lost database and keys gets both back, and the cameras fill what is missing."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.test_faults import agrees
from tests.system.whole import Whole


@pytest.fixture
def whole(tmp_path: Path) -> Iterator[Whole]:
    made = Whole(tmp_path)
    yield made
    made.close()


def back_up(whole: Whole) -> tuple[Path, Path]:
    """Copies of database and keys, as an administrator makes them."""
    database = whole.folder / "backup.db"
    with sqlite3.connect(whole.config.files.database) as source, sqlite3.connect(database) as copy:
        source.backup(copy)
    source.close()
    copy.close()
    keys = Path(whole.processes.call("alpr-city", "keys", "backup").strip())
    return database, shutil.copy(keys, whole.folder / "keys.backup")


def destroy_and_restore(whole: Whole, database: Path, keys: Path) -> str:
    files = whole.config.files
    for name in ("ingest", "vault"):
        whole.kill(name)
    files.socket.unlink()
    shutil.rmtree(files.vault)
    files.kek.unlink()
    for suffix in ("", "-wal", "-shm"):
        Path(f"{files.database}{suffix}").unlink(missing_ok=True)
    shutil.rmtree(files.pictures)
    shutil.copy(database, files.database)
    said = whole.processes.call(
        "alpr-city", "keys", "restore", str(keys), "--recovery", str(files.recovery)
    )
    for name in ("vault", "ingest"):
        whole.start(name)
    return said


def pictures_held(whole: Whole) -> int:
    held = 0
    for file in whole.config.files.pictures.glob("*.db"):
        db = sqlite3.connect(file)
        held += db.execute("SELECT count(*) FROM picture").fetchone()[0]
        db.close()
    return held


def test_restored_inside_the_grace_nothing_is_missing(whole: Whole) -> None:
    whole.start("sync")
    whole.reads(20)
    whole.wait_for("the receipts", whole.settled)
    database, keys = back_up(whole)
    whole.reads(30)
    whole.wait_for("the receipts", whole.settled)
    said = destroy_and_restore(whole, database, keys)
    assert "1 cameras admitted" in said
    assert "the last receipts of 1 streams" in said
    last = whole.outbox.state()["last_seq"]

    def all_there() -> bool:
        whole.answers.step(whole.outbox)
        return whole.stored_of_camera() == last + 1

    whole.wait_for("what was lost, though no vehicle passes", all_there)
    whole.reads(5)
    whole.wait_for("the receipts", whole.settled)
    agrees(whole)
    # Of the records after the backup; the pictures from before it are a file of their own, and
    # are restored as one.
    assert pictures_held(whole) >= 2 * 35


@pytest.mark.long
def test_restored_from_before_the_grace_the_gap_is_signed_and_names_the_receipt(
    whole: Whole,
) -> None:
    from alpr_wire.receipts import Receipt, open_answer
    from alpr_wire.records import GapCause, Kind, decode_record

    whole.start("sync")
    whole.reads(10, pictures=False)
    whole.wait_for("the receipts", whole.settled)
    database, keys = back_up(whole)
    whole.outbox._epoch = None  # what stays is the newest epoch and what follows it
    whole.reads(10, pictures=False)
    whole.outbox._epoch = None
    whole.reads(3, pictures=False)
    whole.wait_for("the receipts", whole.settled)
    assert whole.outbox.forget(0.0) > 0  # as if the grace were over
    destroy_and_restore(whole, database, keys)
    whole.reads(5, pictures=False)

    def balanced() -> bool:
        whole.answers.step(whole.outbox)
        row = whole.ledger()
        return (
            row["gap"] > 0 and row["stored"] + row["gap"] == row["captured"] and row["pending"] == 0
        )

    whole.wait_for("the gap on record", balanced)
    assert whole.verified()["faults"] == []
    (gap,) = [
        record.body
        for _, encoding, _ in whole.outbox.records(-1, 1000)
        if (record := decode_record(encoding)).kind is Kind.GAP
    ]
    assert gap[1] == GapCause.OLDER_THAN_HELD
    key = whole.answers._keys.receipt
    receipt = open_answer(gap[6], camera="cam-0001", key=key)
    assert isinstance(receipt, Receipt)
    assert receipt.seq >= gap[3]
