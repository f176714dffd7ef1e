"""What the city says is checked before anything is done: a forgery deletes nothing."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from alpr_edge.answers import Answers
from alpr_edge.buffer.outbox import Outbox
from alpr_edge.city_keys import CityKeys
from alpr_edge.sync import inbox
from alpr_wire.commands import Action, Command
from alpr_wire.receipts import Receipt
from alpr_wire.topics import Channel
from tests.buffer.cast import DEVICE, passage
from tests.wire.samples import signing_key

CITY, STRANGER = signing_key(1), signing_key(2)


@pytest.fixture
def answers(tmp_path: Path) -> Answers:
    keys = CityKeys(receipt=CITY.public_key(), command=CITY.public_key(), root=CITY.public_key())
    return Answers(tmp_path, DEVICE.camera, keys, grace_s=0.0)


def receipt(outbox: Outbox, key: Ed25519PrivateKey, **changes: object) -> bytes:
    seq, _, head = outbox.records(-1, 100)[-1]
    fields = {"camera": DEVICE.camera, "stream": outbox.stream, "seq": seq, "digest": head}
    return Receipt(**{**fields, "at_us": 1, **changes}).sign(key)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "how", ["another key", "another camera", "another head", "never written", "noise"]
)
def test_a_receipt_that_is_not_the_citys_word_on_this_outbox_deletes_nothing(
    tmp_path: Path, answers: Answers, how: str, caplog: pytest.LogCaptureFixture
) -> None:
    outbox = Outbox.open(tmp_path, DEVICE)
    for _ in range(3):
        outbox.store(passage(), {})
    forged = {
        "another key": lambda: receipt(outbox, STRANGER),
        "another camera": lambda: receipt(outbox, CITY, camera="cam-0002"),
        "another head": lambda: receipt(outbox, CITY, digest=bytes(32)),
        "never written": lambda: receipt(outbox, CITY, seq=10_000),
        "noise": lambda: b"\xff" * 100,
    }[how]()
    before = outbox.records(-1, 100)
    inbox.put(tmp_path, Channel.ACK, forged)
    answers.step(outbox, 1e6)
    assert answers.refused == 1
    assert outbox.records(-1, 100) == before
    assert outbox.state()["receipted_seq"] is None
    assert sum("was refused" in r.getMessage() for r in caplog.records) == 1
    outbox.close()


def order(key: Ed25519PrivateKey = CITY, **changes: object) -> bytes:
    now_us = time.time_ns() // 1000
    fields = {"camera": DEVICE.camera, "number": 3, "issued_us": now_us, "action": Action.PING}
    fields |= {"expires_us": now_us + 60_000_000}
    return Command(**{**fields, **changes}).sign(key)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("forged", "why"),
    [
        (lambda: order(STRANGER), "signature"),
        (lambda: order(camera="cam-0002"), "another camera"),
        (lambda: order(issued_us=0, expires_us=60_000_000), "not valid now"),
        (lambda: b"noise", "not"),
    ],
)
def test_a_command_that_is_not_the_citys_for_here_and_now_is_refused(
    tmp_path: Path,
    answers: Answers,
    forged: Callable[[], bytes],
    why: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    outbox = Outbox.open(tmp_path, DEVICE)
    inbox.put(tmp_path, Channel.COMMAND, forged())
    answers.step(outbox, 0.0)
    assert answers.refused == 1
    (said,) = [r.getMessage() for r in caplog.records if "command was refused" in r.getMessage()]
    assert why in said
    outbox.close()


def test_a_command_counts_once_even_after_a_restart(tmp_path: Path, answers: Answers) -> None:
    outbox = Outbox.open(tmp_path, DEVICE)
    taken = order()
    for attempt in (taken, taken, order(number=2)):
        inbox.put(tmp_path, Channel.COMMAND, attempt)
        answers.step(outbox, 0.0)
    assert answers.refused == 2
    again = Answers(tmp_path, DEVICE.camera, answers._keys, grace_s=0.0)
    for attempt in (taken, order(number=4)):
        inbox.put(tmp_path, Channel.COMMAND, attempt)
        again.step(outbox, 0.0)
    assert again.refused == 1
    outbox.close()


def test_a_true_receipt_lets_go_of_what_it_covers(tmp_path: Path, answers: Answers) -> None:
    outbox = Outbox.open(tmp_path, DEVICE)
    for _ in range(3):
        outbox.store(passage(), {})
    last = outbox.records(-1, 100)[-1][0]
    inbox.put(tmp_path, Channel.ACK, receipt(outbox, CITY))
    answers.step(outbox, 1e6)
    assert outbox.state()["receipted_seq"] == last
    assert outbox.records(-1, 100)[0][0] > 0
    outbox.close()
