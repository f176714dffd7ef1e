"""`alpr-edge outbox` counts and verifies, and shows no plate."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from alpr_edge.buffer.aside import kept
from alpr_edge.buffer.outbox import FILE, Outbox
from alpr_edge.cli import main
from tests.buffer.cast import DEVICE, passage


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An outbox with three reads."""
    outbox = Outbox.open(tmp_path, DEVICE)
    for _ in range(3):
        outbox.store(passage("0CANARY"), {"crop": b"c" * 100})
    outbox.close()
    return tmp_path


def test_a_missing_outbox_is_named(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["outbox", str(tmp_path)]) == 1
    err = capfd.readouterr().err
    assert err.startswith(f"alpr-edge: {tmp_path}/outbox.db: there is no outbox. Fix: ")


def test_a_file_that_is_no_outbox_is_named(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / FILE).write_bytes(b"no database" * 100)
    assert main(["outbox", str(tmp_path)]) == 1
    assert "not a sound outbox" in capfd.readouterr().err


@pytest.mark.parametrize(
    "harm",
    [
        "DELETE FROM records WHERE seq = 2",
        "UPDATE records SET head = x'00' WHERE seq = 2",
        "UPDATE records SET kind = 4 WHERE seq = 2",
    ],
)
def test_a_broken_chain_is_found(
    folder: Path, harm: str, capfd: pytest.CaptureFixture[str]
) -> None:
    db = sqlite3.connect(folder / FILE)
    db.execute(harm)
    db.commit()
    db.close()
    assert main(["outbox", str(folder)]) == 1
    out, err = capfd.readouterr()
    assert "chain     broken" in out
    assert "record 2 is missing or changed" in err


def test_it_counts_and_shows_no_plate(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["outbox", "--json", str(folder)]) == 0
    report = json.loads(capfd.readouterr().out)
    assert report["records"] == {"boot": 1, "epoch": 1, "read": 3}
    assert (report["first_seq"], report["last_seq"]) == (0, 4)
    assert report["pictures"] == 3
    assert report["fault"] is None
    assert main(["outbox", str(folder)]) == 0
    out = capfd.readouterr().out
    assert "chain     holds" in out
    assert "CANARY" not in out + json.dumps(report)


def test_it_works_while_the_camera_runs(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    outbox = Outbox.open(folder, DEVICE)
    outbox.store(passage(), {})
    assert main(["outbox", "--json", str(folder)]) == 0
    assert json.loads(capfd.readouterr().out)["records"]["read"] == 4
    outbox.close()


def test_a_damaged_outbox_that_was_set_aside_is_reported(
    folder: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    (folder / "outbox.db").write_bytes(b"rubbish" * 1000)
    Outbox.open(folder, DEVICE).close()
    (aside,) = kept(folder / "outbox.db")
    assert aside.read_bytes() == b"rubbish" * 1000
    (record,) = caplog.records
    assert (record.levelname, record.message) == ("ERROR", "damaged outbox set aside")
    assert record.__dict__["kept_as"] == str(aside)
    assert main(["outbox", str(folder)]) == 0
    assert f"set aside {aside.name} (damaged; kept)" in capfd.readouterr().out
