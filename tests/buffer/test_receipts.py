"""What the city's word does to an outbox: refusals, the grace, and what outlives it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from alpr_edge.buffer import Outbox
from alpr_edge.errors import ReceiptError
from alpr_wire.receipts import Receipt, Request
from alpr_wire.records import GapCause, Kind, Picture, decode_record
from tests.buffer.cast import DEVICE, passage

READS = 5
PICTURE = {"crop": b"a crop"}


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    """Boot, epoch, five reads: 0 to 6."""
    opened = Outbox.open(tmp_path, DEVICE)
    for _ in range(READS):
        opened.store(passage(), {})
    yield opened
    opened.close()


def receipt(outbox: Outbox, seq: int) -> Receipt:
    """The city's, for what this outbox holds."""
    ((_, _, digest),) = outbox.records(seq - 1, 1)
    return Receipt(
        camera=DEVICE.camera, stream=outbox.stream, seq=seq, digest=digest, at_us=1_000_000
    )


def seqs(outbox: Outbox) -> list[int]:
    """Of the records on disk."""
    return [seq for seq, _, _ in outbox.records(-1, 100)]


def test_a_receipt_with_another_head_is_refused_and_nothing_goes(outbox: Outbox) -> None:
    with pytest.raises(ReceiptError, match="another head at record 3"):
        outbox.take(replace(receipt(outbox, 3), digest=bytes(32)), b"said")
    assert outbox.forget(0) == 0
    assert seqs(outbox) == list(range(7))


def test_a_receipt_for_what_was_never_written_is_refused(outbox: Outbox) -> None:
    with pytest.raises(ReceiptError, match="never written"):
        outbox.take(replace(receipt(outbox, 3), seq=99), b"said")


def test_a_receipt_for_another_stream_says_nothing(outbox: Outbox) -> None:
    outbox.take(replace(receipt(outbox, 6), stream=bytes(16)), b"said")
    assert outbox.forget(0) == 0


def test_nothing_goes_within_the_grace(outbox: Outbox) -> None:
    outbox.take(receipt(outbox, 6), b"said")
    assert outbox.forget(3600) == 0
    assert seqs(outbox) == list(range(7))


def test_after_the_grace_all_goes_but_the_epoch_in_use(outbox: Outbox, tmp_path: Path) -> None:
    outbox.close()
    again = Outbox.open(tmp_path, DEVICE)  # boot 7; the next read opens epoch 8
    again.store(passage(), {})
    again.take(receipt(again, 9), b"said")
    assert again.forget(0) == 8
    assert seqs(again) == [8, 9]
    assert again.verify() == 2
    again.store(passage(), {})
    assert again.verify() == 3
    again.close()
    reopened = Outbox.open(tmp_path, DEVICE)
    assert reopened.verify() == 4
    reopened.close()


def test_a_receipt_that_comes_again_changes_nothing(outbox: Outbox) -> None:
    for _ in range(3):
        outbox.take(receipt(outbox, 6), b"said")
    assert outbox.state()["receipted_seq"] == 6


def test_a_read_stays_until_its_picture_is_receipted_too(tmp_path: Path) -> None:
    outbox = Outbox.open(tmp_path, DEVICE)
    outbox.store(passage(), PICTURE)
    outbox.close()
    outbox = Outbox.open(tmp_path, DEVICE)
    outbox.store(passage(), {})
    last = seqs(outbox)[-1]
    outbox.take(receipt(outbox, last), b"said")
    assert outbox.forget(0) == 1  # the boot record before the epoch
    outbox.take(replace(receipt(outbox, last), pictures=((2, Picture.CROP),)), b"said")
    assert outbox.forget(0) == 3
    assert outbox.state()["pictures"] == 0
    outbox.close()


def test_asked_for_what_is_gone_the_camera_answers_on_record(
    outbox: Outbox, tmp_path: Path
) -> None:
    outbox.close()
    again = Outbox.open(tmp_path, DEVICE)
    again.store(passage(), {})
    again.take(receipt(again, 9), b"the city's own words")
    again.forget(0)
    request = Request(camera=DEVICE.camera, stream=again.stream, after_seq=2, at_us=2_000_000)
    again.take(request, b"asked")
    _, encoding, _ = again.records(9, 10)[0]
    gap = decode_record(encoding)
    assert gap.kind is Kind.GAP
    assert gap.body[1] == GapCause.OLDER_THAN_HELD
    assert (gap.body[2], gap.body[3]) == (3, 7)
    assert gap.body[6] == b"the city's own words"
    again.close()


def test_asked_for_what_is_here_nothing_is_put_on_record(outbox: Outbox) -> None:
    request = Request(camera=DEVICE.camera, stream=outbox.stream, after_seq=-1, at_us=2_000_000)
    outbox.take(request, b"asked")
    assert seqs(outbox) == list(range(7))


def test_the_oldest_unsent_read_is_the_first_without_a_receipt(tmp_path: Path) -> None:
    outbox = Outbox.open(tmp_path, DEVICE)
    assert outbox.state()["oldest_unsent_us"] is None  # a boot record is no read
    for _ in range(READS):
        outbox.store(passage(), {})
    stored = dict(outbox._db.execute("SELECT seq, stored_us FROM records"))
    assert outbox.state()["oldest_unsent_us"] == stored[2]
    outbox.take(receipt(outbox, 4), b"said")
    state = outbox.state()
    assert (state["oldest_unsent_us"], state["unsent"]) == (stored[5], 2)
    outbox.take(receipt(outbox, 6), b"said")
    state = outbox.state()
    assert (state["oldest_unsent_us"], state["unsent"], state["reads"]) == (None, 0, READS)
    outbox.close()


def test_the_running_counts_are_what_is_there(outbox: Outbox, tmp_path: Path) -> None:
    outbox.store(passage(), {"crop": b"c" * 3000, "overview": b"o" * 5000})
    outbox.close()
    again = Outbox.open(tmp_path, DEVICE)
    again.store(passage(), PICTURE)
    again.take(
        replace(receipt(again, 7), pictures=((7, Picture.CROP), (7, Picture.OVERVIEW))), b"said"
    )
    assert again.forget(0) > 0
    state = again.state()
    counted = again._db.execute(
        "SELECT (SELECT count(*) FROM records), (SELECT count(*) FROM records WHERE kind = 1),"
        " (SELECT count(*) FROM pictures), (SELECT sum(length(data)) FROM pictures)"
    ).fetchone()
    assert (state["records"], state["reads"], state["pictures"], state["picture_bytes"]) == counted
    again.close()
