"""The outbox worker, on a real outbox."""

from __future__ import annotations

import logging
import queue
import sqlite3
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from alpr_edge.buffer import Outbox
from alpr_edge.errors import OutboxError
from alpr_edge.health_state import Stages
from alpr_edge.keeper import Keeper, encode
from alpr_edge.seams import Passage
from tests.buffer.cast import DEVICE, passage


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    return Outbox.open(tmp_path / "outbox", DEVICE)


@pytest.fixture
def waiting() -> queue.Queue[Passage]:
    return queue.Queue()


def break_disk(outbox: Outbox) -> None:
    """As a disk that fails: nothing can be committed on this connection any more."""
    outbox._db.execute("PRAGMA query_only = ON")


def test_a_failed_outbox_is_not_tried_again_and_the_read_is_rescued_into_a_fresh_one(
    outbox: Outbox, waiting: queue.Queue[Passage], tmp_path: Path
) -> None:
    keeper = Keeper(waiting, outbox, Stages())
    for _ in range(3):
        waiting.put(passage())
    keeper.step()
    break_disk(outbox)
    with pytest.raises(OutboxError):
        keeper.step()
    assert keeper.waiting == 2
    outbox.close()
    fresh = Outbox.open(tmp_path / "outbox", DEVICE)
    assert keeper.rescue(fresh) == 2
    assert (keeper.waiting, keeper.reads.total) == (0, 3)
    assert fresh.state()["reads"] == 3
    fresh.verify()
    fresh.close()


def test_what_waits_is_stored_before_the_worker_ends(
    outbox: Outbox, waiting: queue.Queue[Passage]
) -> None:
    keeper = Keeper(waiting, outbox, Stages())
    for number in range(5):
        waiting.put(passage(f"0TEST0{number}"))
    keeper.finish()
    assert outbox.state()["reads"] == 5
    outbox.close()


def test_a_doubtful_read_counts_as_abstained(outbox: Outbox, waiting: queue.Queue[Passage]) -> None:
    keeper = Keeper(waiting, outbox, Stages())
    certain = passage()
    for text in ("0TEST00", "0TE?T00", ""):
        waiting.put(replace(certain, text=replace(certain.text, text=text)))
    keeper.finish()
    assert (keeper.reads.total, keeper.abstained.total) == (3, 1 + 1)
    outbox.close()


def test_the_log_tells_of_a_read_and_never_its_text(
    outbox: Outbox, waiting: queue.Queue[Passage], caplog: pytest.LogCaptureFixture
) -> None:
    waiting.put(passage("0TEST00"))
    with caplog.at_level(logging.DEBUG):
        Keeper(waiting, outbox, Stages()).finish()
    (record,) = caplog.records
    assert record.message == "read stored"
    assert "0TEST00" not in repr(record.__dict__)
    outbox.close()


def test_pictures_are_the_very_crop_and_the_overview_where_there_is_one() -> None:
    seen = passage()
    assert list(encode(seen)) == ["crop"]
    whole = replace(seen, overview=np.full((90, 160, 3), 99, np.uint8))
    assert list(encode(whole)) == ["crop", "overview"]
    assert all(data.startswith(b"\xff\xd8") for data in encode(whole).values())


def test_nothing_is_stored_where_nothing_came(
    outbox: Outbox, waiting: queue.Queue[Passage]
) -> None:
    assert not Keeper(waiting, outbox, Stages()).step()
    assert outbox.state()["reads"] == 0
    outbox.close()
    with pytest.raises((OutboxError, sqlite3.ProgrammingError)):
        outbox.state()
