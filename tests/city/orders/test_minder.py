"""The city sends what a camera lacks by its own report, and again until the report agrees."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from alpr_city.config import CityConfig
from alpr_city.errors import SetupError, VaultError
from alpr_city.vault.commanding import Commanding
from alpr_city.vault.keyring import Use
from alpr_wire import seal_keys
from alpr_wire.commands import Action, Command, open_command
from alpr_wire.desired import Desired
from alpr_wire.topics import Channel
from tests.city.hits.lists import put
from tests.city.town import Town
from tests.city.vaults import CityVault, now_us


class Desk:
    """A town, one camera that reports, and its orders."""

    def __init__(self, town: Town) -> None:
        from alpr_city.enrolment.opening import wishes_of
        from alpr_city.orders.minder import Minder

        self.town = town
        self.camera = town.camera()
        self.commanding = Commanding(town.city_vault.vault)
        self.wishes = wishes_of(town.config)
        self.minder = Minder(self, self.wishes)
        self.now_s = 0.0
        self.broken = False

    def call(self, operation: str, *arguments: Any) -> Any:
        if self.broken:
            raise VaultError("the vault does not answer")
        if operation == "order":
            return self.commanding.order(*arguments)
        return self.town.city_vault.vault.public.certified()

    def tell(self, **report: Any) -> None:
        """The camera's health report, as it comes."""
        payload = json.dumps({"version": 1, **report}).encode()
        self.town.deliver((Channel.HEALTH, self.camera.name, payload))

    def sent(self, after_s: float = 11.0, *names: str) -> list[Command]:
        """What goes out at the next look, opened as the camera does."""
        self.now_s += after_s
        found = self.minder.step(names or (self.camera.name,), self.now_s)
        return [self.opened(payload) for _, payload in found]

    def opened(self, payload: bytes) -> Command:
        key = self.town.city_vault.vault._signing_key(Use.COMMAND).public_key()
        return open_command(
            payload, camera=self.camera.name, key=key, last_number=-1, now_us=now_us()
        )

    @property
    def current(self) -> str:
        return seal_keys.key_id(self.town.city_vault.seal_public).hex()


@pytest.fixture
def desk(sqlite_database: CityConfig, city_vault: CityVault) -> Iterator[Desk]:
    made = Town(sqlite_database, city_vault)
    yield Desk(made)
    made.close()


@pytest.fixture
def desk_on_either(city_database: CityConfig, city_vault: CityVault) -> Iterator[Desk]:
    """What is written to the database is tried on both kinds."""
    made = Town(city_database, city_vault)
    yield Desk(made)
    made.close()


@pytest.mark.parametrize("action", ["certificate", "revoke", "format", ""])
def test_the_vault_signs_no_other_order(city_vault: CityVault, action: str) -> None:
    with pytest.raises(VaultError, match="no order"):
        Commanding(city_vault.vault).order("cam-one", action, {})
    with pytest.raises(VaultError, match="no order"):
        Commanding(city_vault.vault).order("Cam One", "ping", {})
    with pytest.raises(VaultError, match="no order"):
        Commanding(city_vault.vault).order("cam-one", "ping", {"1": 1})  # type: ignore[dict-item]
    with pytest.raises(VaultError, match="no order"):
        Commanding(city_vault.vault).order("cam-one", "config", {1: bytes(70_000)})


def test_numbers_grow_even_where_the_clock_stands(
    city_vault: CityVault, monkeypatch: pytest.MonkeyPatch
) -> None:
    import time

    commanding = Commanding(city_vault.vault)
    at = time.time_ns()
    monkeypatch.setattr(time, "time_ns", lambda: at)
    numbers = [commanding.order("cam-one", "ping", {})[0] for _ in range(3)]
    assert numbers == sorted(set(numbers))


@pytest.mark.parametrize(
    "report",
    [
        b"{", b"[]", b'{"orders": 5, "settings": [], "stream": 7, "seal_key": {}}',
        b'{"orders": [5, {"number": "x"}], "stream": "zz", "receipted_seq": true}',
        b'{"stream": "' + b"0" * 32 + b'", "receipted_seq": 1e300, "seal_key": null}',
    ],
)  # fmt: skip
def test_a_malformed_report_orders_nothing(desk: Desk, report: bytes) -> None:
    desk.town.deliver((Channel.HEALTH, desk.camera.name, report))
    assert desk.sent() == []


def test_a_camera_that_is_away_or_out_or_of_another_worker_is_sent_nothing(desk: Desk) -> None:
    from alpr_city.orders.minder import ask
    from alpr_city.reads.models import Camera

    desk.tell(seal_key="00")
    ask(Camera.objects.get(), Action.PING, {}, "a.person")
    assert desk.sent(11.0, "cam-other") == []
    desk.town.deliver((Channel.HEALTH, desk.camera.name, b"offline"))
    assert desk.sent() == []
    Camera.objects.update(online=True, state=Camera.State.STOLEN)
    assert desk.sent() == []


def test_this_weeks_seal_key_goes_to_a_camera_that_uses_another(desk: Desk) -> None:
    desk.tell()
    assert desk.sent() == [], "a camera that does not say is left alone"
    desk.tell(seal_key=desk.current)
    assert desk.sent() == []
    desk.tell(seal_key="00" * 16)
    (command,) = desk.sent()
    assert command.action is Action.SEAL_KEY
    assert command.arguments == {1: desk.town.city_vault.vault.public.certified()["seal"]}
    assert desk.sent() == [], "not at every look"
    assert len(desk.sent(61.0)) == 1, "again where it was lost on the way"
    assert desk.sent(61.0) == [], "and slower each time"
    assert len(desk.sent(61.0)) == 1
    desk.tell(seal_key=desk.current)
    assert desk.sent(10_000.0) == []


def test_a_damaged_wish_or_report_stops_nothing(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    desk.tell(seal_key="00" * 16)
    desk.wishes.want(desk.camera.name, b"noise")
    assert [c.action for c in desk.sent()] == [Action.SEAL_KEY]
    desk.wishes.want(desk.camera.name, desk.commanding.desire(desk.camera.name, "x = 1"))
    desk.wishes._path(desk.camera.name, "report").write_text("{")
    assert desk.sent() == []
    assert "cannot be read" in caplog.text


def test_settings_that_are_wanted_go_out_until_they_were_dealt_with(desk: Desk) -> None:
    desk.tell(seal_key=desk.current)
    statement = desk.commanding.desire(desk.camera.name, "x = 1")
    desk.wishes.want(desk.camera.name, statement)
    (command,) = desk.sent()
    assert (command.action, command.arguments) == (Action.CONFIG, {1: statement})
    from alpr_wire.statements import decode_statement

    number = decode_statement(statement, "desired").body[2]
    desk.tell(seal_key=desk.current, settings={"number": number - 1, "outcome": "applied"})
    assert len(desk.sent(61.0)) == 1
    desk.tell(seal_key=desk.current, settings={"number": number, "outcome": "rolled-back"})
    assert desk.sent(10_000.0) == []
    assert Desired(camera="cam-one", number=number, settings="x = 1")


def test_records_that_a_restored_city_lacks_are_pulled_without_waiting_for_a_read(
    desk: Desk,
) -> None:
    for _ in range(5):
        desk.camera.read()
    desk.town.send(desk.camera.batch(0, 3))
    report = {"stream": desk.camera.stream.hex(), "last_seq": 6}
    desk.tell(**report, receipted_seq=3)
    assert desk.sent() == []
    desk.tell(**report, receipted_seq=6)
    (command,) = desk.sent()
    assert command.action is Action.PULL
    assert command.arguments == {1: desk.camera.stream, 2: 4}
    desk.town.send(desk.camera.batch(4, 4))
    assert desk.sent(61.0) == [], "it is on its way"
    assert len(desk.sent()) == 1, "it stopped"
    desk.town.send(desk.camera.batch(5, 6))
    assert desk.sent(10_000.0) == []


def test_a_stream_that_a_restored_city_has_never_heard_of_is_pulled_whole(desk: Desk) -> None:
    desk.tell(stream="ab" * 16, last_seq=9, receipted_seq=9)
    (command,) = desk.sent()
    assert command.arguments == {1: bytes.fromhex("ab" * 16), 2: 0}


def test_a_hit_pulls_its_crop_first(desk: Desk) -> None:
    put(desk.town, "8ABC123")
    seq = desk.camera.read("8ABC123")
    desk.camera.read("0TEST00")
    desk.town.send(desk.camera.batch(0))
    ((camera, payload),) = desk.minder.urgent()
    command = desk.opened(payload)
    assert camera == desk.camera.name
    assert (command.action, command.arguments) == (
        Action.PULL_PICTURE,
        {1: desk.camera.stream, 2: seq, 3: 1},
    )
    assert desk.minder.urgent() == []


def test_a_hit_from_a_backlog_pulls_nothing(desk: Desk) -> None:
    put(desk.town, "8ABC123")
    desk.camera.read("8ABC123", captured_us=now_us() - 3600 * 1_000_000)
    desk.town.send(desk.camera.batch(0))
    assert desk.minder.urgent() == []


def test_an_order_goes_out_until_the_camera_has_told(desk_on_either: Desk) -> None:
    desk = desk_on_either
    from alpr_city.cameras.models import Order
    from alpr_city.orders.minder import ask
    from alpr_city.reads.models import Camera

    desk.tell(seal_key=desk.current)
    ask(Camera.objects.get(), Action.PULL, {1: bytes(16), 2: 7}, "a.person")
    desk.broken = True
    with pytest.raises(VaultError):
        desk.sent()
    desk.broken = False
    (command,) = desk.sent(2.0)
    assert (command.action, command.arguments) == (Action.PULL, {1: bytes(16), 2: 7})
    assert desk.sent() == []
    Order.objects.update(sent_at=datetime.now(UTC) - timedelta(minutes=2))
    (again,) = desk.sent()
    assert again.number > command.number
    told = {"number": again.number, "outcome": "refused", "why": "never \x07 held"}
    desk.tell(seal_key=desk.current, orders=[told])
    assert desk.sent() == []
    row = Order.objects.get()
    assert (row.outcome, row.why) == ("refused", "never  held")
    assert row.done_at is not None


def test_an_order_that_nobody_took_expires(desk: Desk) -> None:
    from alpr_city.cameras.models import Order
    from alpr_city.orders.minder import ask
    from alpr_city.reads.models import Camera

    ask(Camera.objects.get(), Action.PING, {}, "a.person")
    Order.objects.update(asked_at=datetime.now(UTC) - timedelta(days=2))
    assert desk.sent() == []
    assert Order.objects.get().outcome == "expired"


def test_people_order_by_command(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    from alpr_city.orders import people
    from alpr_city.reads.models import Camera

    def args(action: str, **given: Any) -> argparse.Namespace:
        fields = {"camera": "cam-one", "by": "me", "seq": None, "stream": None, "picture": "crop"}
        return argparse.Namespace(action=action, **{**fields, **given})

    for wrong, why in (
        (args("ping", camera="cam-none"), "no such camera"),
        (args("pull"), "needs a record"),
        (args("pull", seq=-1), "needs a record"),
        (args("pull", seq=1), "has sent nothing yet"),
        (args("pull", seq=1, stream="xyz"), "no stream"),
    ):
        with pytest.raises(SetupError, match=why):
            people.order(wrong)
    desk.camera.read()
    desk.town.send(desk.camera.batch(0))
    assert people.order(args("pull-picture", seq=2, picture="overview")) == 0
    assert "is offline: it goes when the camera is back" in capsys.readouterr().out
    Camera.objects.update(online=True)
    (command,) = desk.sent()
    assert command.arguments == {1: desk.camera.stream, 2: 2, 3: 2}
    assert people.orders(argparse.Namespace(camera="cam-one", json=True)) == 0
    assert json.loads(capsys.readouterr().out)["state"] == "sent"
    assert people.orders(argparse.Namespace(camera="cam-one", json=False)) == 0
    assert " pull-picture   me               sent" in capsys.readouterr().out
    Camera.objects.update(state=Camera.State.REVOKED)
    with pytest.raises(SetupError, match="takes no orders"):
        people.order(args("ping"))


def test_a_look_asks_the_database_as_often_for_many_cameras_as_for_one(desk: Desk) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    names = [f"cam-{n}" for n in range(6)]
    for n, name in enumerate(names):
        camera = desk.town.camera(name, seed=n + 2)
        camera.read()
        desk.town.send(camera.batch(0))
        report = {"version": 1, "stream": camera.stream.hex(), "receipted_seq": camera.last + n}
        desk.town.deliver((Channel.HEALTH, name, json.dumps(report).encode()))
    counts = []
    for some in (names[:1], names):
        desk.now_s += 11.0
        with CaptureQueriesContext(
            connection,
        ) as asked:
            sent = desk.minder.step(some, desk.now_s)
        counts.append(len(asked))
    assert counts[0] == counts[1] <= 3
    assert [camera for camera, _ in sent] == names[1:], "all but the one that is held in full"
