"""Compares what each camera told with what it should have, and says what to send it."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from alpr_city.cameras.models import Order
from alpr_city.enrolment.wishes import Wishes
from alpr_city.hits.arrivals import hits_noted
from alpr_city.orders.told import Told, told_by
from alpr_city.reads.models import Camera, Stream
from alpr_wire import seal_keys
from alpr_wire.commands import Action
from alpr_wire.errors import WireError
from alpr_wire.records import Picture
from alpr_wire.statements import decode_statement

log = logging.getLogger(__name__)

LOOK_S = 10.0
"""A camera tells every ten seconds, where something changed."""
FIRST_WAIT_S, MOST_WAIT_S = 60.0, 3600.0
"""Sent again where a report does not agree, slower each time."""
LIFE = timedelta(days=1)
"""An order that nobody took in so long is given up."""
MOST_PULLS = 100
"""Pictures of hits waiting to be pulled; beyond that they come in their order."""

Command = tuple[str, bytes]
"""Camera, and the signed command for its `cmd` topic."""


class Asks(Protocol):
    """The vault's client."""

    def call(self, operation: str, *arguments: Any) -> Any:
        """Ask for one operation."""


class Minder:
    """One ingest worker's orders. One thread uses it."""

    def __init__(self, vault: Asks, wishes: Wishes) -> None:
        self._vault, self._wishes = vault, wishes
        self._sent: dict[tuple[str, str], tuple[object, float, float]] = {}
        """By camera and matter: what was sent, when, and how long to wait before it goes again."""
        self._held: dict[str, int] = {}
        """Of cameras from which records are pulled: how far they were held at the last look."""
        self._looked_s = float("-inf")
        self._pulls: list[tuple[str, bytes, int]] = []
        hits_noted.connect(self._on_hits)

    def urgent(self) -> list[Command]:
        """The very crops of hits that were just stored, before every other picture."""
        pulls, self._pulls = self._pulls, []
        return [
            self._command(camera, Action.PULL_PICTURE, {1: stream, 2: seq, 3: int(Picture.CROP)})[1]
            for camera, stream, seq in pulls
        ]

    def step(self, names: Iterable[str], now_s: float) -> list[Command]:
        """What to send to which of these cameras now.

        Raises:
            VaultError: The vault is away. It is tried again.
        """
        names = set(names)
        sent: list[Command] = self._orders(names)
        if now_s - self._looked_s < LOOK_S:
            return sent
        self._looked_s = now_s
        rows = Camera.objects.filter(
            online=True, state=Camera.State.ACTIVE, name__in=names
        ).values_list("name", "health")
        told = {name: told_by(None if h is None else bytes(h)) for name, h in rows}
        statement = self._vault.call("public_keys")["seal"] if told else None
        # One question for all: asked camera by camera, a thousand keep ingest for half a second.
        streams = Stream.objects.filter(camera__in=told).values_list("camera_id", "stream", "seq")
        held = {(camera, bytes(stream)): seq for camera, stream, seq in streams}
        for camera, said in told.items():
            sent += self._seal_key(camera, said, statement, now_s)
            sent += self._settings(camera, said, now_s)
            sent += self._lost(camera, said, held, now_s)
        return sent

    def _seal_key(
        self, camera: str, told: Told, statement: bytes | None, now_s: float
    ) -> list[Command]:
        """The seal key of this week, to a camera that uses another."""
        if statement is None or told.seal_key is None:
            return []
        wanted = seal_keys.key_id(decode_statement(statement, "key").body[2]).hex()
        if told.seal_key == wanted:
            return []
        return self._once(camera, Action.SEAL_KEY, {1: statement}, wanted, now_s)

    def _settings(self, camera: str, told: Told, now_s: float) -> list[Command]:
        """The settings that are wanted, to a camera that has not dealt with them."""
        try:
            statement = self._wishes.wanted(camera)
            if not statement:
                return []
            number = decode_statement(statement, "desired").body[2]
            heard = self._wishes.outcome(camera) or {}
        except (OSError, ValueError, KeyError, WireError) as error:
            # A file of another room's; what cameras send goes on being taken in.
            log.error("settings for a camera cannot be read: %s", type(error).__name__)
            return []
        if max(told.settings.number if told.settings else -1, heard.get("number", -1)) >= number:
            return []
        return self._once(camera, Action.CONFIG, {1: statement}, number, now_s)

    def _lost(
        self, camera: str, told: Told, streams: Mapping[tuple[str, bytes], int], now_s: float
    ) -> list[Command]:
        """Records that the camera has a receipt for and this city does not hold: pull them.

        So it is after a restore, and no read has to come by first.
        """
        if told.stream is None or told.receipted_seq < 0:
            return []
        held = streams.get((camera, told.stream), -1)
        if held >= told.receipted_seq:
            self._held.pop(camera, None)
            return []
        before, self._held[camera] = self._held.get(camera), held
        if before is not None and held > before:
            return []  # it is on its way
        wanted = {1: told.stream, 2: held + 1}
        return self._once(camera, Action.PULL, wanted, told.stream, now_s)

    def _once(
        self, camera: str, action: Action, arguments: dict[int, Any], what: object, now_s: float
    ) -> list[Command]:
        """Sign and send, unless the same went a short while ago."""
        before, at_s, wait_s = self._sent.get((camera, action), (None, float("-inf"), 0.0))
        if before == what and now_s - at_s < wait_s:
            return []
        wait_s = min(MOST_WAIT_S, 2 * wait_s) if before == what else FIRST_WAIT_S
        self._sent[camera, action] = what, now_s, wait_s
        log.info("a command was sent", extra={"camera": camera, "action": str(action)})
        return [self._command(camera, action, arguments)[1]]

    def _orders(self, names: set[str]) -> list[Command]:
        """What people ordered: sent to cameras that are there, until they tell."""
        now = datetime.now(UTC)
        sent: list[Command] = []
        waiting = Order.objects.filter(done_at=None, camera__in=names).select_related("camera")
        for order in waiting.order_by("pk"):
            if order.number is not None:
                health = order.camera.health
                heard = told_by(None if health is None else bytes(health)).orders.get(order.number)
                if heard is not None:
                    order.outcome, order.why, order.done_at = heard.outcome, heard.why, now
                    order.save()
                    continue
            if now - order.asked_at > LIFE:
                order.outcome, order.done_at = "expired", now
                order.save()
                continue
            due = order.sent_at is None or now - order.sent_at > timedelta(seconds=FIRST_WAIT_S)
            if not (due and order.camera.online and order.camera.state == Camera.State.ACTIVE):
                continue
            arguments = {int(k): _argument(v) for k, v in json.loads(order.arguments).items()}
            order.number, command = self._command(order.camera_id, Action(order.action), arguments)
            order.sent_at = now
            order.save()
            sent.append(command)
        return sent

    def _command(
        self, camera: str, action: Action, arguments: dict[int, Any]
    ) -> tuple[int, Command]:
        number, payload = self._vault.call("order", camera, str(action), arguments)
        return number, (camera, payload)

    def _on_hits(self, **said: Any) -> None:
        self._pulls = (self._pulls + said["reads"])[:MOST_PULLS]


def _argument(value: int | str) -> int | bytes:
    """As `ask` has written it: bytes in hexadecimal."""
    return bytes.fromhex(value) if isinstance(value, str) else value


def ask(camera: Camera, action: Action, arguments: dict[int, int | bytes], by: str) -> Order:
    """Leave an order for a camera; the worker that has its line sends it within seconds."""
    order: Order = Order.objects.create(
        camera=camera,
        action=str(action),
        arguments=json.dumps(
            {k: v.hex() if isinstance(v, bytes) else v for k, v in arguments.items()}
        ),
        by=by,
        asked_at=datetime.now(UTC),
    )
    return order
