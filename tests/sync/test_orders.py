"""What a camera does when the city commands: nothing that is not in order, and the rest at once."""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from alpr_edge import obeying, successor_key
from alpr_edge.answers import Answers
from alpr_edge.buffer.outbox import Outbox
from alpr_edge.city_keys import CityKeys
from alpr_edge.errors import SyncError
from alpr_edge.sync import inbox
from alpr_edge.sync.mailbag import Mailbag
from alpr_edge.sync.sender import Sender
from alpr_wire import seal_keys
from alpr_wire.commands import Action, Command
from alpr_wire.desired import Desired
from alpr_wire.keys import CertifiedKey, Purpose
from alpr_wire.receipts import Receipt
from alpr_wire.records import Kind, Picture, decode_record
from alpr_wire.statements import MOST_STATEMENT_BYTES
from alpr_wire.topics import Channel
from tests.buffer.cast import DEVICE, passage
from tests.sync.test_sender import Road
from tests.wire.samples import signing_key

ROOT, RECEIPT, COMMAND, STRANGER = (signing_key(n) for n in range(1, 5))
WEEK_US = 7 * 86_400 * 1_000_000
NOW_US = time.time_ns() // 1000


class Camera:
    """Capture's side and sync's, without a network."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.outbox = Outbox.open(folder, DEVICE)
        self.keys = CityKeys(
            receipt=RECEIPT.public_key(),
            command=COMMAND.public_key(),
            root=ROOT.public_key(),
            seal_from_us=NOW_US - WEEK_US,
        )
        self.answers = Answers(folder, DEVICE.camera, self.keys, grace_s=7 * 86_400)
        self.road = Road()
        self.sender = Sender(Mailbag(folder / "outbox.db", DEVICE.camera), self.road)
        self.now_s, self._number, self._at_us = 0.0, 0, 0

    def order(
        self, action: Action, arguments: dict[int, Any], key: Ed25519PrivateKey = COMMAND
    ) -> dict[str, Any]:
        """Send a command in order; what the camera says became of it."""
        self._number += 1
        now_us = time.time_ns() // 1000
        command = Command(
            camera=DEVICE.camera,
            number=self._number,
            issued_us=now_us,
            expires_us=now_us + 60_000_000,
            action=action,
            arguments=arguments,
        )
        inbox.put(self.folder, Channel.COMMAND, command.sign(key))
        self.answers.step(self.outbox)
        return self.told()[-1]

    def told(self) -> list[dict[str, Any]]:
        return obeying.told(self.folder, self.folder)["orders"]

    def run(self, seconds: float = 2.0) -> None:
        until = self.now_s + seconds
        while self.now_s < until:
            while self.sender.step(self.now_s):
                pass
            self.now_s += 0.1

    def receipt(self, pictures: tuple[tuple[int, Picture], ...] = ()) -> None:
        self._at_us += 1
        seq, _, head = self.outbox.records(-1, 10_000)[-1]
        answer = Receipt(
            camera=DEVICE.camera,
            stream=self.outbox.stream,
            seq=seq,
            digest=head,
            at_us=self._at_us,
            pictures=pictures,
        )
        self.outbox.take(answer, b"")
        self.sender.heard(answer, self.now_s)

    def epochs(self) -> list[bytes]:
        """The key that each epoch is sealed to."""
        records = [decode_record(e) for _, e, _ in self.outbox.records(-1, 10_000)]
        return [r.body[1] for r in records if r.kind is Kind.EPOCH]


@pytest.fixture
def camera(tmp_path: Path) -> Iterator[Camera]:
    made = Camera(tmp_path)
    yield made
    made.outbox.close()


def certified(
    root: Ed25519PrivateKey = ROOT,
    first_us: int = NOW_US - 1_000_000,
    last_us: int = NOW_US + WEEK_US,
    purpose: Purpose = Purpose.SEAL,
    raw: bytes | None = None,
) -> bytes:
    public = raw or raw_seal_key()
    key = CertifiedKey(purpose=purpose, public=public, not_before_us=first_us, not_after_us=last_us)
    return key.certify(root)


def raw_seal_key() -> bytes:
    from alpr_city.vault.backup import public_of

    return public_of(bytes([7]) * 96)


# Refusals.


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        (lambda: certified(STRANGER), "signature"),
        (lambda: certified(COMMAND), "signature"),
        (lambda: certified(purpose=Purpose.RECEIPT), "not for this purpose"),
        (lambda: certified(first_us=NOW_US + WEEK_US, last_us=NOW_US + 2 * WEEK_US), "valid now"),
        (lambda: certified(first_us=NOW_US - 9 * WEEK_US, last_us=NOW_US - WEEK_US), "valid now"),
        (lambda: certified(first_us=NOW_US - 2 * WEEK_US), "older seal key"),
        (lambda: certified(raw=b"short"), "no key that can be sealed to"),
        (lambda: b"noise", "not"),
    ],
)
def test_a_seal_key_that_is_not_the_roots_word_for_now_changes_nothing(
    camera: Camera, statement: Any, why: str
) -> None:
    said = camera.order(Action.SEAL_KEY, {1: statement()})
    assert said["outcome"] == "refused"
    assert why in said["why"]
    camera.outbox.store(passage(), {})
    assert camera.epochs() == [DEVICE.seal_key_id]
    assert successor_key.kept(camera.folder, ROOT.public_key()) is None


@pytest.mark.parametrize(
    "arguments", [{}, {1: bytes(16), 2: 0}, {1: b"x", 2: 0}, {2: 0}, {1: 5, 2: -1}]
)
def test_a_pull_of_what_was_never_here_sends_nothing(
    camera: Camera, arguments: dict[int, Any]
) -> None:
    camera.outbox.store(passage(), {"crop": bytes(900)})
    camera.run()
    camera.receipt(((2, Picture.CROP),))
    sent = len(camera.road.order)
    assert camera.order(Action.PULL, arguments)["outcome"] == "refused"
    assert camera.order(Action.PULL_PICTURE, arguments)["outcome"] == "refused"
    beyond = {1: camera.outbox.stream, 2: 10_000, 3: 1}
    assert camera.order(Action.PULL, beyond)["outcome"] == "refused"
    assert camera.order(Action.PULL_PICTURE, beyond)["outcome"] == "refused"
    other_kind = {1: camera.outbox.stream, 2: 2, 3: 9}
    assert camera.order(Action.PULL_PICTURE, other_kind)["outcome"] == "refused"
    camera.run()
    assert len(camera.road.order) == sent


def test_settings_of_another_camera_or_hand_are_not_handed_on(camera: Camera) -> None:
    for wanted in (
        Desired(camera="cam-0002", number=1, settings="x = 1").sign(COMMAND),
        Desired(camera=DEVICE.camera, number=1, settings="x = 1").sign(STRANGER),
        b"noise",
    ):
        assert camera.order(Action.CONFIG, {1: wanted})["outcome"] == "refused"
    assert not (camera.folder / obeying.SETTINGS).exists()


@pytest.mark.parametrize("action", [Action.CERTIFICATE, Action.REVOKE])
def test_what_no_camera_takes_as_a_command_is_refused(camera: Camera, action: Action) -> None:
    assert "does not take" in camera.order(action, {})["why"]


def test_an_oversized_command_is_refused_and_said_once(
    camera: Camera, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(20):
        inbox.put(camera.folder, Channel.COMMAND, os.urandom(MOST_STATEMENT_BYTES + 1))
        camera.answers.step(camera.outbox)
    assert camera.answers.refused == 20
    assert sum("was refused" in r.getMessage() for r in caplog.records) == 1
    assert camera.told() == []


def test_a_damaged_key_file_is_not_believed(
    camera: Camera, caplog: pytest.LogCaptureFixture
) -> None:
    for damaged in (b"", b"noise", certified(STRANGER), certified(purpose=Purpose.COMMAND)):
        (camera.folder / successor_key.FILE).write_bytes(damaged)
        assert successor_key.kept(camera.folder, ROOT.public_key()) is None
    assert "does not hold" in caplog.text


# Obedience.


def test_a_new_seal_key_is_used_from_the_next_epoch_and_after_a_restart(camera: Camera) -> None:
    camera.outbox.store(passage(), {})
    statement = certified()
    assert camera.order(Action.SEAL_KEY, {1: statement})["outcome"] == "obeyed"
    camera.outbox.store(passage(), {})
    assert camera.epochs() == [DEVICE.seal_key_id], "the epoch goes on as it began"
    camera.outbox._epoch_began_s = float("-inf")
    camera.outbox.store(passage(), {})
    wanted = seal_keys.key_id(raw_seal_key())
    assert camera.epochs() == [DEVICE.seal_key_id, wanted]
    enrolled = camera.folder / "identity"
    enrolled.mkdir()
    (enrolled / "seal.key").write_bytes(certified(first_us=NOW_US - WEEK_US, raw=seal_key_raw()))
    key = successor_key.newest(enrolled, camera.folder, ROOT.public_key())
    assert key is not None
    assert seal_keys.key_id(key.public) == wanted
    # Enrolled anew since: that key is the newer one.
    (enrolled / "seal.key").write_bytes(certified(first_us=NOW_US, raw=seal_key_raw()))
    key = successor_key.newest(enrolled, camera.folder, ROOT.public_key())
    assert key is not None
    assert key.public == seal_key_raw()


def seal_key_raw() -> bytes:
    from alpr_city.vault.backup import public_of

    return public_of(bytes([8]) * 96)


def test_a_pulled_picture_goes_before_everything_else(camera: Camera) -> None:
    for _ in range(3):
        camera.outbox.store(passage(), {"crop": bytes(900), "overview": bytes(900)})
    camera.run()
    last = camera.outbox.state()["last_seq"]
    camera.outbox.store(passage(), {})
    camera.road.order.clear()
    camera.road.pictures.clear()
    wanted = {1: camera.outbox.stream, 2: last, 3: int(Picture.CROP)}
    assert camera.order(Action.PULL_PICTURE, wanted)["outcome"] == "obeyed"
    camera.run()
    assert camera.road.order[0] == "picture"
    assert camera.road.pictures[0] == (last, int(Picture.CROP))
    camera.receipt(((last, Picture.CROP),))
    camera.run()
    assert camera.road.pictures.count((last, int(Picture.CROP))) == 1


def test_a_picture_that_was_receipted_goes_again_when_it_is_pulled(camera: Camera) -> None:
    camera.outbox.store(passage(), {"crop": bytes(900)})
    last = camera.outbox.state()["last_seq"]
    camera.run()
    camera.receipt()
    camera.run()
    camera.receipt(((last, Picture.CROP),))
    camera.run()
    assert camera.road.pictures == [(last, 1)]
    camera.order(Action.PULL_PICTURE, {1: camera.outbox.stream, 2: last, 3: 1})
    camera.run()
    assert camera.road.pictures == [(last, 1), (last, 1)]


def test_a_pull_sends_records_and_pictures_again_once(camera: Camera) -> None:
    camera.outbox.store(passage(), {"crop": bytes(900)})
    last = camera.outbox.state()["last_seq"]
    camera.run()
    camera.receipt()
    camera.run()
    camera.receipt(((last, Picture.CROP),))
    camera.road.batches.clear()
    camera.road.pictures.clear()
    assert camera.order(Action.PULL, {1: camera.outbox.stream, 2: 1})["outcome"] == "obeyed"
    camera.run()
    assert [(b.first_seq, b.last_seq) for b in camera.road.batches] == [(1, last)]
    camera.receipt()
    camera.run()
    assert camera.road.pictures == [(last, 1)]
    assert len(camera.road.batches) == 1


def test_a_pull_of_what_is_gone_is_answered_with_a_gap(camera: Camera) -> None:
    camera.outbox.store(passage(), {})
    camera.outbox._epoch = None
    camera.outbox.store(passage(), {})
    camera.run()
    camera.receipt()
    assert camera.outbox.forget(0.0) > 0
    camera.road.batches.clear()
    camera.order(Action.PULL, {1: camera.outbox.stream, 2: 0})
    camera.run()
    records = [decode_record(e) for b in camera.road.batches for e in b.encodings]
    assert {r.body[2] for r in records if r.kind is Kind.GAP and 5 in r.body} == {0}


def test_settings_are_handed_to_settle_and_its_report_to_the_city(camera: Camera) -> None:
    wanted = Desired(camera=DEVICE.camera, number=7, settings="x = 1").sign(COMMAND)
    assert camera.order(Action.CONFIG, {1: wanted})["outcome"] == "obeyed"
    assert (camera.folder / obeying.SETTINGS).read_bytes() == wanted
    report = {"number": 7, "outcome": "applied", "why": ""}
    (camera.folder / "desired.json").write_text(json.dumps(report))
    assert obeying.told(camera.folder, camera.folder)["settings"] == report


def test_a_ping_is_told_of(camera: Camera) -> None:
    said = camera.order(Action.PING, {})
    assert said == {"number": 1, "action": "ping", "outcome": "obeyed", "why": ""}
    for _ in range(20):
        camera.order(Action.PING, {})
    assert [row["number"] for row in camera.told()] == list(range(14, 22))


def test_an_outbox_from_before_pulls_is_brought_up_to_date_with_what_it_holds(
    tmp_path: Path,
) -> None:
    old = Outbox.open(tmp_path, DEVICE)
    seq = old.store(passage(), {"crop": bytes(900)})
    before = old.records(-1, 100)
    old.close()
    with sqlite3.connect(tmp_path / "outbox.db") as db:
        db.execute("DROP INDEX pictures_wanted")
        db.execute("ALTER TABLE pictures DROP COLUMN wanted")
        db.execute("DELETE FROM _sqlite_migrations WHERE name = 'wanted_pictures'")
    db.close()
    with pytest.raises(SyncError, match="no outbox to send from"):
        Mailbag(tmp_path / "outbox.db", DEVICE.camera)  # sync waits for capture
    new = Outbox.open(tmp_path, DEVICE)
    assert new.records(-1, 100)[: len(before)] == before
    new.pull_picture(new.stream, seq, int(Picture.CROP))
    bag = Mailbag(tmp_path / "outbox.db", DEVICE.camera)
    wanted = bag.wanted([])
    assert wanted is not None
    assert wanted.seq == seq
    bag.close()
    new.close()
