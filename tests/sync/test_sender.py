"""What goes out next: reads before pictures, a window of eight, again what was not receipted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from alpr_edge.buffer.outbox import Outbox
from alpr_edge.errors import SyncError
from alpr_edge.sync import inbox
from alpr_edge.sync.mailbag import Mailbag
from alpr_edge.sync.sender import PATIENCE_S, PICTURE_WINDOW, WINDOW, Sender
from alpr_wire.batches import MOST_RECORDS, WINDOW_S, Batch, decode_batch, decode_picture
from alpr_wire.receipts import Receipt, Request
from alpr_wire.records import Picture
from alpr_wire.topics import Channel
from tests.buffer.cast import DEVICE, passage


class Road:
    """A link that only remembers what went."""

    def __init__(self) -> None:
        self.batches: list[Batch] = []
        self.pictures: list[tuple[int, int]] = []
        self.order: list[str] = []

    def send_batch(self, payload: bytes) -> None:
        self.batches.append(decode_batch(payload))
        self.order.append("batch")

    def send_picture(self, payload: bytes) -> None:
        message = decode_picture(payload)
        self.pictures.append((message.seq, int(message.picture.kind)))
        self.order.append("picture")


class Scene:
    """An outbox, and its sender at a clock of the test's own."""

    def __init__(self, folder: Path, bytes_per_s: float = 0.0) -> None:
        self.outbox = Outbox.open(folder, DEVICE)
        self.mailbag = Mailbag(folder / "outbox.db", DEVICE.camera)
        self.road = Road()
        self.sender = Sender(self.mailbag, self.road, bytes_per_s=bytes_per_s)
        self.now_s, self._at_us = 0.0, 0

    def reads(self, count: int, *, pictures: bool = False) -> None:
        for _ in range(count):
            self.outbox.store(passage(), {"crop": bytes(900)} if pictures else {})

    def run(self, seconds: float = 2 * WINDOW_S) -> None:
        until = self.now_s + seconds
        while self.now_s < until:
            while self.sender.step(self.now_s):
                pass
            self.now_s += 0.1

    def receipt(self, seq: int, pictures: tuple[tuple[int, Picture], ...] = ()) -> None:
        self._at_us += 1
        digest = self.outbox.records(seq - 1, 1)[0][2]
        stream = self.mailbag.stream
        answer = Receipt(
            camera=DEVICE.camera,
            stream=stream,
            seq=seq,
            digest=digest,
            at_us=self._at_us,
            pictures=pictures,
        )
        self.outbox.take(answer, b"")
        self.sender.heard(answer, self.now_s)

    def request(self, after_seq: int) -> None:
        self._at_us += 1
        self.sender.heard(
            Request(
                camera=DEVICE.camera,
                stream=self.mailbag.stream,
                after_seq=after_seq,
                at_us=self._at_us,
            ),
            self.now_s,
        )

    def close(self) -> None:
        self.mailbag.close()
        self.outbox.close()


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    made = Scene(tmp_path)
    yield made
    made.close()


def test_without_an_outbox_there_is_nothing_to_send_from(tmp_path: Path) -> None:
    with pytest.raises(SyncError, match="no outbox to send from"):
        Mailbag(tmp_path / "outbox.db", DEVICE.camera)


def test_another_cameras_outbox_is_refused(scene: Scene) -> None:
    with pytest.raises(SyncError, match="another camera's"):
        Mailbag(scene.outbox.path, "cam-0002")


def test_a_record_waits_half_a_second_for_company(scene: Scene) -> None:
    scene.reads(3)
    assert not scene.sender.step(0.0)
    assert not scene.sender.step(WINDOW_S - 0.01)
    assert scene.sender.step(WINDOW_S)
    assert len(scene.road.batches[0].encodings) == scene.mailbag.last() + 1


def test_a_full_batch_goes_at_once_within_the_limits_and_holds(scene: Scene) -> None:
    scene.reads(MOST_RECORDS + 50)
    assert scene.sender.step(0.0)
    (batch,) = scene.road.batches
    assert len(batch.encodings) <= MOST_RECORDS
    assert sum(map(len, batch.encodings)) <= 64 * 1024
    batch.verify(DEVICE.signing_key.public_key())


def test_no_more_than_a_window_goes_without_a_receipt(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alpr_edge.sync.mailbag.FULL_BYTES", 4096)
    scene.reads(200)
    scene.run(10)
    assert len(scene.road.batches) == WINDOW
    scene.receipt(scene.road.batches[2].last_seq)
    scene.run(5)
    assert len(scene.road.batches) == WINDOW + 3
    firsts = [b.first_seq for b in scene.road.batches]
    assert firsts == sorted(set(firsts))


def test_a_lower_receipt_and_a_request_mean_send_again(scene: Scene) -> None:
    scene.reads(300)
    scene.run()
    last = scene.road.batches[-1].last_seq
    scene.receipt(last)
    scene.receipt(40)  # a city restored from a backup
    scene.run()
    assert scene.road.batches[-2].first_seq <= 41 <= scene.road.batches[-1].last_seq
    count = len(scene.road.batches)
    scene.request(9)
    scene.run()
    assert scene.road.batches[count].first_seq == 10


def test_an_answer_overtaken_by_a_newer_one_moves_nothing(scene: Scene) -> None:
    scene.reads(20)
    scene.run()
    scene._at_us = 10
    scene.receipt(scene.mailbag.last())
    scene._at_us = 5
    scene.request(-1)
    scene.run()
    assert len(scene.road.batches) == 1


def test_a_city_whose_clock_was_set_back_is_heard(scene: Scene) -> None:
    scene.reads(20)
    scene.run()
    scene._at_us = 86_400_000_000
    scene.receipt(3)
    scene._at_us = 0
    scene.receipt(scene.mailbag.last())
    assert scene.sender.done


def test_an_answer_for_another_stream_moves_nothing(scene: Scene) -> None:
    scene.reads(20)
    scene.run()
    scene.sender.heard(
        Request(camera=DEVICE.camera, stream=bytes(16), after_seq=-1, at_us=99), scene.now_s
    )
    scene.run()
    assert len(scene.road.batches) == 1


def test_silence_has_everything_sent_again_slower_each_time(scene: Scene) -> None:
    scene.reads(5)
    scene.run()
    scene.run(PATIENCE_S + 1)
    assert len(scene.road.batches) == 2
    scene.run(PATIENCE_S)
    assert len(scene.road.batches) == 2
    scene.run(3 * PATIENCE_S)
    assert len(scene.road.batches) == 3
    assert scene.sender.resent == 2


def test_pictures_go_behind_the_reads_and_only_of_receipted_ones(scene: Scene) -> None:
    scene.reads(10, pictures=True)
    scene.run()
    assert scene.road.pictures == []
    scene.receipt(scene.mailbag.last())
    scene.run()
    assert len(scene.road.pictures) == PICTURE_WINDOW
    scene.reads(3)
    scene.receipt(
        scene.road.batches[0].last_seq,
        tuple((seq, Picture(kind)) for seq, kind in scene.road.pictures),
    )
    scene.run()
    assert scene.road.order[-1] == "batch" or "batch" in scene.road.order[6:]
    assert len(set(scene.road.pictures)) == len(scene.road.pictures)


def test_the_bandwidth_limit_holds(tmp_path: Path) -> None:
    scene = Scene(tmp_path, bytes_per_s=1000)
    scene.reads(400)
    scene.run(30)
    sent = sum(len(b.encode()) for b in scene.road.batches)
    assert 64 * 1024 <= sent <= 64 * 1024 + 30 * 1000 + 99_328
    assert not scene.sender.step(scene.now_s)
    scene.close()


def test_the_inbox_keeps_order_and_its_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "MOST_FILES", 3)
    for n in range(3):
        assert inbox.put(tmp_path, Channel.ACK, bytes([n]))
    assert not inbox.put(tmp_path, Channel.ACK, b"too many")
    assert [payload for _, payload in inbox.taken(tmp_path)] == [b"\0", b"\1", b"\2"]
    assert list(inbox.taken(tmp_path)) == []
