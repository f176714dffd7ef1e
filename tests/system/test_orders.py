"""Commands over a real broker: what is not in order goes no further, what is in order is obeyed."""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from alpr_edge.answers import Answers
from alpr_edge.buffer.outbox import Outbox
from alpr_edge.city_keys import load_city_keys
from alpr_edge.config import build
from alpr_edge.obeying import told
from alpr_edge.postman import Postman
from alpr_wire.commands import Action, Command
from alpr_wire.keys import CertifiedKey, Purpose
from alpr_wire.receipts import Receipt
from alpr_wire.statements import MOST_STATEMENT_BYTES
from tests.buffer.cast import DEVICE, passage
from tests.city.party import CityBroker, Party
from tests.system.whole import CAMERA, Whole
from tests.wire.samples import signing_key

ROOT, RECEIPT, COMMAND, STRANGER = (signing_key(n) for n in range(1, 5))
HOUR_US = 3600 * 1_000_000


def certified(purpose: Purpose, key: Ed25519PrivateKey) -> bytes:
    now_us = time.time_ns() // 1000
    return CertifiedKey(
        purpose=purpose,
        public=key.public_key().public_bytes_raw(),
        not_before_us=now_us - HOUR_US,
        not_after_us=now_us + HOUR_US,
    ).certify(ROOT)


class Desk:
    """One camera's sync and capture in this process, a broker, and a city that says anything."""

    def __init__(self, city_broker: CityBroker, folder: Path) -> None:
        self.camera = DEVICE.camera
        identity, outbox = folder / "identity", folder / "outbox"
        for made in (identity, outbox, folder / "run"):
            made.mkdir()
        papers = city_broker.camera(self.camera)
        for name, data in {
            "camera-id": self.camera.encode(),
            "client.pem": papers.certificate.read_bytes(),
            "client.key": papers.key.read_bytes(),
            "city-ca.pem": papers.ca.read_bytes(),
            "city-root.pub": ROOT.public_key().public_bytes_raw(),
            "receipt.key": certified(Purpose.RECEIPT, RECEIPT),
            "command.key": certified(Purpose.COMMAND, COMMAND),
        }.items():
            (identity / name).write_bytes(data)
        self.outbox = Outbox.open(outbox, DEVICE)
        self.folder = outbox
        self.answers = Answers(outbox, self.camera, load_city_keys(identity), grace_s=1e6)
        self.postman = Postman(
            build(
                {
                    "outbox": {"folder": str(outbox), "identity": str(identity)},
                    "city": {"host": "localhost", "port": city_broker.settings.camera_port},
                    "health": {"folder": str(folder / "run")},
                }
            )
        )
        self.city = Party(city_broker.settings.city_port, city_broker.service("ingest-1"))
        assert self.city.connect()
        self.city.client.subscribe([("alpr/v1/+/+", 1)])
        self.postman._link.start()
        assert self.postman._link.wait(60)

    def say(self, payload: bytes, channel: str = "cmd") -> None:
        """Publish; it is on its way once this returns."""
        said = self.city.client.publish(f"alpr/v1/{channel}/{self.camera}", payload, 1)
        said.wait_for_publish(60)

    def until(self, there: Callable[[], bool]) -> None:
        until_s = time.monotonic() + 60
        while not there():
            assert time.monotonic() < until_s
            if not self.postman.step(time.monotonic()):
                time.sleep(0.02)
            self.answers.step(self.outbox)

    def close(self) -> None:
        self.postman._link.stop()
        if self.postman._mailbag is not None:
            self.postman._mailbag.close()
        self.city.close()
        self.outbox.close()


@pytest.fixture
def desk(city_broker: CityBroker, tmp_path: Path) -> Iterator[Desk]:
    made = Desk(city_broker, tmp_path)
    yield made
    made.close()


def order(key: Ed25519PrivateKey = COMMAND, **changes: Any) -> bytes:
    now_us = time.time_ns() // 1000
    fields = {"camera": DEVICE.camera, "number": 9, "issued_us": now_us, "action": Action.PING}
    return Command(**{**fields, "expires_us": now_us + HOUR_US, **changes}).sign(key)


def test_what_is_no_command_of_this_city_for_here_and_now_is_refused_and_said_once(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    for forged in (
        order(STRANGER),
        order(RECEIPT),
        order(camera="cam-0002"),
        order(issued_us=0, expires_us=HOUR_US),
        order(issued_us=time.time_ns() // 1000 + HOUR_US, expires_us=2**52),
        b"",
        b"\xff" * 500,
        order(arguments={1: bytes(60_000)})[:-1],
        bytes(MOST_STATEMENT_BYTES + 1),
        bytes(900_000),
    ):
        for _ in range(3):
            desk.say(forged)
    desk.until(lambda: desk.postman._refused == 30)
    assert desk.answers.refused == 0, "none of it came as far as capture"
    said = [r.getMessage() for r in caplog.records if "a command was refused" in r.getMessage()]
    assert len(said) == len(set(said)) >= 5
    assert told(desk.folder, desk.folder)["orders"] == []
    # And a true one, which is obeyed once however often it comes.
    true = order()
    for _ in range(3):
        desk.say(true)
    desk.until(lambda: desk.answers.refused == 2)
    assert [row["outcome"] for row in told(desk.folder, desk.folder)["orders"]] == ["obeyed"]
    said = [r.getMessage() for r in caplog.records if "seen before" in r.getMessage()]
    assert len(said) == 1


def test_a_forged_receipt_is_refused_said_once_and_deletes_nothing(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    desk.outbox.store(passage(), {"crop": bytes(500)})
    seq, _, head = desk.outbox.records(-1, 100)[-1]
    fields = {"camera": desk.camera, "stream": desk.outbox.stream, "seq": seq, "digest": head}
    for forged in (
        Receipt(**fields, at_us=1).sign(STRANGER),  # type: ignore[arg-type]
        Receipt(**fields, at_us=1).sign(COMMAND),  # type: ignore[arg-type]
        Receipt(**{**fields, "camera": "cam-0002"}, at_us=1).sign(RECEIPT),  # type: ignore[arg-type]
        order(),
    ):
        for _ in range(3):
            desk.say(forged, "ack")
    desk.until(lambda: desk.postman._refused == 12)
    said = [r.getMessage() for r in caplog.records if "an answer was refused" in r.getMessage()]
    assert len(said) == len(set(said)) >= 3
    assert desk.outbox.state()["receipted_seq"] is None
    assert len(desk.outbox.records(-1, 100)) == seq + 1
    desk.say(Receipt(**fields, at_us=1).sign(RECEIPT), "ack")  # type: ignore[arg-type]
    desk.until(lambda: desk.outbox.state()["receipted_seq"] == seq)


def test_a_pulled_picture_comes_and_the_report_tells_of_it(desk: Desk) -> None:
    seq = desk.outbox.store(passage(), {"crop": bytes(500)})
    wanted = {1: desk.outbox.stream, 2: seq, 3: 1}
    desk.say(order(action=Action.PULL_PICTURE, arguments=wanted))
    desk.until(lambda: any("/img/" in topic for topic, _ in desk.city.heard))
    desk.postman._reported_s = float("-inf")
    desk.until(lambda: any(b'"outcome": "obeyed"' in data for _, data in desk.city.heard))


# The whole city.


@pytest.fixture
def whole(tmp_path: Path) -> Iterator[Whole]:
    made = Whole(tmp_path)
    yield made
    made.close()


def next_seal_key(whole: Whole, in_s: float) -> str:
    """Next week's seal key, which begins in a few seconds; its label."""
    from alpr_city.bootstrap import open_vault
    from alpr_city.vault.backup import draw_seeds, public_of
    from alpr_city.vault.keyring import Use
    from alpr_wire import seal_keys

    whole.kill("vault")
    whole.config.files.socket.unlink()
    vault = open_vault(whole.config)
    seeds, first_us = draw_seeds(), int((time.time() + in_s) * 1e6)
    label = seal_keys.key_id(public_of(seeds)).hex()
    last_us = first_us + 24 * HOUR_US
    vault.keyring.make(Use.SEAL, label, seeds, not_before_us=first_us, not_after_us=last_us)
    root = Ed25519PrivateKey.from_private_bytes(whole.config.files.root.read_bytes())
    ((_, public, first, last),) = vault.public.uncertified()
    statement = CertifiedKey(
        purpose=Purpose.SEAL, public=public, not_before_us=first, not_after_us=last
    ).certify(root)
    vault.public.certify(root.public_key().public_bytes_raw(), [statement])
    vault.close()
    whole.start("vault")
    whole.wait_for("the vault", whole.config.files.socket.exists)
    return label


def age_the_moves(whole: Whole, days: int) -> None:
    """As if so many days had gone by since each stream took its seal key."""
    with sqlite3.connect(whole.config.files.vault / "streams.db") as db:
        db.execute("UPDATE moves SET at_us = at_us - ?", (days * 24 * HOUR_US,))
    db.close()


def unopened(whole: Whole) -> int:
    """Stored reads that the vault could not open."""
    db = sqlite3.connect(whole.config.files.database)
    (count,) = db.execute(
        "SELECT count(*) FROM record WHERE kind = 1 AND wrapped IS NULL"
    ).fetchone()
    db.close()
    return int(count)


@pytest.mark.long
@pytest.mark.timeout(600)
def test_a_weekly_seal_key_reaches_the_camera_and_the_old_one_dies_when_nothing_needs_it(
    whole: Whole,
) -> None:
    old = whole.outbox._identity.seal_key_id.hex()
    new = next_seal_key(whole, 15.0)
    whole.start("sync")
    whole.reads(10)
    whole.wait_for("the receipts", whole.settled)

    def has_moved() -> bool:
        whole.answers.step(whole.outbox)
        return whole.outbox._identity.seal_key_id.hex() == new

    whole.wait_for("the new seal key", has_moved)
    rotate = ("alpr-city", "keys", "rotate")
    assert "destroyed" not in whole.processes.call(*rotate), "no epoch is sealed to the new one yet"
    whole.outbox._epoch_began_s = float("-inf")
    whole.reads(10)
    whole.wait_for("the receipts", whole.settled)
    assert "destroyed" not in whole.processes.call(*rotate), "a restored city would ask again"
    age_the_moves(whole, 9)
    assert f"seal key {old} destroyed" in whole.processes.call(*rotate)
    # The camera comes back from a power cut, and still seals to the new one.
    whole.outbox._db.close()
    whole.open_camera()
    assert whole.outbox._identity.seal_key_id.hex() == new
    whole.reads(10)
    whole.wait_for("the receipts", whole.settled)
    assert unopened(whole) == 0
    verdict = whole.verified()
    assert verdict["faults"] == []
    assert whole.ledger()["stored"] == verdict["records"]
    said = whole.processes.call("alpr-city", "verify-log")
    assert said

    whole.processes.call("alpr-city", "camera", "order", CAMERA, "ping", "--by", "me")

    def obeyed() -> bool:
        whole.answers.step(whole.outbox)
        return "obeyed" in whole.processes.call("alpr-city", "camera", "orders", CAMERA)

    whole.wait_for("the answer to a ping", obeyed)
