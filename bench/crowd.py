"""A thousand simulated cameras for `bench.day`, all in one selector loop, each with its session."""

from __future__ import annotations

import json
import random
import resource
import selectors
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from paho.mqtt import client as paho

from alpr_city.config import CityConfig
from alpr_edge.postman import REPORT_S
from alpr_edge.sync.link import KEEPALIVE_S
from alpr_wire.batches import MOST_RECORDS, WINDOW_S
from alpr_wire.statements import decode_statement
from alpr_wire.topics import Channel, topic
from bench.senders import LETTERS, lattice, mqtt_client
from tests.city.fleet import FleetCamera

KNOWN, SEEN_AGAIN = "0TEST01", 100
"""One plate that comes by again and again: one read in so many."""
A_GREETING = 100
"""Cameras that make themselves known together; the broker drops what ingest has not taken."""
GIVE_UP_S = 120.0


@dataclass(slots=True)
class Due:
    """A batch, and when it is closed, in seconds from the day's beginning."""

    at_s: float
    camera: int
    reads_s: list[float]
    last: int = -1
    payload: bytes = field(default=b"", repr=False)
    receipted_s: float = 0.0


def plan(rates: list[float], cameras: int, hour_s: float, chance: random.Random) -> list[Due]:
    """Poisson arrivals of each camera at these rates (reads/s of all together), closed as sync
    closes them: half a second after the first, or full."""
    made = []
    for number in range(cameras):
        arrivals = []
        for hour, rate in enumerate(rates):
            at_s = hour * hour_s + chance.expovariate(rate / cameras)
            while at_s < (hour + 1) * hour_s:
                arrivals.append(at_s)
                at_s += chance.expovariate(rate / cameras)
        while arrivals:
            closes_s = arrivals[0] + WINDOW_S
            taken = [a for a in arrivals[:MOST_RECORDS] if a <= closes_s]
            del arrivals[: len(taken)]
            made.append(Due(taken[-1] if len(taken) == MOST_RECORDS else closes_s, number, taken))
    return sorted(made, key=lambda due: due.at_s)


def seal(due: Due, camera: FleetCamera, chance: random.Random) -> None:
    """Make the batch's payload."""
    first = camera.last + 1
    for _ in due.reads_s:
        again = chance.randrange(SEEN_AGAIN) == 0
        text = KNOWN if again else "".join(chance.choices(LETTERS, k=7))
        camera.read(text, lattice=lattice(text, chance))
    due.last, due.payload = camera.last, camera.batch(first).encode()


@dataclass(slots=True)
class Client:
    """One camera's session."""

    camera: FleetCamera
    mqtt: paho.Client
    ready: bool = False
    receipted: int = -1
    under_way: deque[Due] = field(default_factory=deque)

    def heard(self, _client: Any, _userdata: Any, message: Any) -> None:
        """A receipt, for all up to its number."""
        statement = decode_statement(bytes(message.payload), "receipt", "request")
        if statement.kind != "receipt":
            return
        self.receipted = max(self.receipted, statement.body[3])
        while self.under_way and self.under_way[0].last <= self.receipted:
            self.under_way.popleft().receipted_s = time.perf_counter()

    def publish(self, channel: Channel, payload: bytes) -> None:
        """Send, as sync does."""
        self.mqtt.publish(topic(channel, self.camera.name), payload, 1, channel is Channel.HEALTH)

    def report(self) -> None:
        """What a camera says of itself every ten seconds."""
        last = self.under_way[-1].last if self.under_way else self.receipted
        report = {
            "version": 1,
            "stream": self.camera.stream.hex(),
            "last_seq": last,
            "receipted_seq": self.receipted,
        }
        self.publish(Channel.HEALTH, json.dumps(report).encode())


class Crowd:
    """All of them."""

    def __init__(self, config: CityConfig, made: list[tuple[FleetCamera, Any, Path]]) -> None:
        """Connect and subscribe.

        Raises:
            SystemExit: There are too few descriptors, or the broker refuses.
        """
        wanted = 2 * len(made) + 500
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if hard < wanted:
            raise SystemExit(f"{hard} descriptors are too few: ulimit -Hn {wanted}")
        self._selector = selectors.DefaultSelector()
        self.clients = []
        for camera, _, papers in made:
            mqtt = mqtt_client(camera.name, papers)
            client = Client(camera, mqtt)
            mqtt.on_connect = lambda c, *_, name=camera.name: c.subscribe(
                topic(Channel.ACK, name), 1
            )
            mqtt.on_subscribe = lambda *_, one=client: setattr(one, "ready", True)
            mqtt.on_message = client.heard
            mqtt.connect("localhost", config.broker.camera_port, keepalive=KEEPALIVE_S)
            self._selector.register(mqtt.socket(), selectors.EVENT_READ, client)
            self.clients.append(client)
            self._until(lambda one=client: one.ready)

    def greet(self) -> None:
        """Make every stream and its epoch known."""
        for at in range(0, len(self.clients), A_GREETING):
            for client in self.clients:  # which keep their sessions alive meanwhile
                client.mqtt.loop_misc()
            some = self.clients[at : at + A_GREETING]
            for client in some:
                client.publish(Channel.UP, client.camera.batch(0, 2).encode())
            self._until(lambda some=some: all(c.receipted >= 0 for c in some))

    def play(
        self, day: list[Due], hour_s: float, hours: int, begins: Callable[[int], None]
    ) -> float:
        """Send every batch when it is due, and a report of each camera every ten seconds.

        `begins` is called at the start of each hour, and once at the end. Returns when it began.
        """
        began = time.perf_counter()
        position = hour = 0
        report_s, reporter = 0.0, 0
        while hour <= hours:
            now_s = time.perf_counter() - began
            if now_s >= hour * hour_s:
                begins(hour)
                hour += 1
            while position < len(day) and day[position].at_s <= now_s:
                due = day[position]
                client = self.clients[due.camera]
                client.under_way.append(due)
                client.publish(Channel.UP, due.payload)
                position += 1
            while report_s <= now_s:
                self.clients[reporter].report()
                reporter = (reporter + 1) % len(self.clients)
                report_s += REPORT_S / len(self.clients)
            next_s = min(day[position].at_s if position < len(day) else 1e9, report_s)
            self._turn(max(0.0, next_s - (time.perf_counter() - began)))
        for due in day[position:]:  # those that close after midnight
            self.clients[due.camera].under_way.append(due)
            self.clients[due.camera].publish(Channel.UP, due.payload)
        self._until(lambda: not any(c.under_way for c in self.clients))
        return began

    def close(self) -> None:
        """Hang up."""
        for client in self.clients:
            client.mqtt.disconnect()
        self._selector.close()

    def _until(self, there: Callable[[], bool]) -> None:
        until = time.monotonic() + GIVE_UP_S
        while not there():
            if time.monotonic() > until:
                raise SystemExit("a camera waits for the city in vain")
            self._turn(0.2)

    def _turn(self, most_s: float) -> None:
        """Whatever has come in, once."""
        for key, _ in self._selector.select(most_s):
            mqtt = key.data.mqtt
            while True:
                told = mqtt.loop_read()
                if told or mqtt.socket() is None:
                    raise SystemExit(f"{key.data.camera.name}: the session broke: {told!r}")
                if mqtt.want_write():
                    mqtt.loop_write()
                if not mqtt.socket().pending():
                    break
