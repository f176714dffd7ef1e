"""From a passage at the camera to the hit's card with its crop: `python -m bench.screen`.

Everything is a process of its own as on a road and in a city: the outbox seals and signs here, as
the capture process does; `alpr-edge sync` carries it over MQTT and TLS to a real broker; ingest and
vault take it in; `alpr-city web` tells an open live page (server-sent events) and serves the card.
One machine has all of it, so no road's network is in the figures. Before it come the camera's own
eyes: the passage is over once its vehicle has left the picture.

Counted from the moment the passage is over: `event` is the live page's word of the hit, `card` the
whole page with plate and pictures so far, `crop` the first such page with the very crop on it.
`--behind` stores other reads, with pictures, just before each: the hit's crop must overtake theirs.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import queue
import shutil
import ssl
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from alpr_city.demo.processes import free_ports
from alpr_city.django_setup import connect
from alpr_city.hotlists.files import Row
from alpr_city.policy.store import EXAMPLE
from alpr_city.vault.client import VaultClient
from alpr_city.vault.lists import encode_row
from tests.buffer.cast import passage
from tests.city.console import client_of, people
from tests.city.vaults import ACCESS
from tests.system.whole import Whole

PLATE = "8ABC123"
LOOK_S = 0.05
MOST_S = 60.0


class Screen:
    """An officer's browser, without the drawing: one open live page, and cards."""

    def __init__(self, port: int, cookie: str) -> None:
        self._port, self._headers = port, {"Cookie": cookie, "Accept": "text/html"}
        self.events: queue.Queue[tuple[int, float]] = queue.Queue()
        self._open = threading.Event()
        threading.Thread(target=self._listen, daemon=True).start()
        assert self._open.wait(MOST_S), "the live page did not open"

    def card(self, number: int) -> str:
        """The page of one hit."""
        with closing(self._connection()) as connection:
            connection.request("GET", f"/hits/{number}/", headers=self._headers)
            answer = connection.getresponse()
            page = answer.read().decode()
        assert answer.status == 200, answer.status
        return page

    def _listen(self) -> None:
        headers = dict(self._headers)
        with contextlib.suppress(OSError):  # the console ended
            while True:  # a browser connects again by itself when the stream ends
                with closing(self._connection()) as connection:
                    connection.request("GET", "/hits/live/?auto", headers=headers)
                    answer = connection.getresponse()
                    assert answer.status == 200, answer.status
                    while line := answer.readline():
                        if line.startswith(b"id: "):
                            headers["Last-Event-ID"] = line[4:].decode().strip()
                            self._open.set()
                        if line.startswith(b"data: "):
                            self.events.put((int(line[6:]), time.monotonic()))

    def _connection(self) -> http.client.HTTPSConnection:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return http.client.HTTPSConnection("localhost", self._port, timeout=90, context=context)


@contextmanager
def system(folder: Path, listed: int) -> Iterator[tuple[Whole, Screen]]:
    """City, camera and screen, with a list of so many plates."""
    whole = Whole(folder)
    try:
        (port,) = free_ports(1)
        settings = folder / "city.toml"
        settings.write_text(settings.read_text().replace("port = 8443", f"port = {port}"))
        from alpr_city.config import load

        config = load(settings)
        config.files.policy.mkdir(exist_ok=True)
        shutil.copy(EXAMPLE, config.files.policy / "draft-1.toml")
        connect(config, serving=True)
        people()
        _import(config.files.socket, listed)
        client = client_of(config, "officer")
        cookie = "; ".join(f"{name}={m.value}" for name, m in client.cookies.items())
        whole.processes.start("web", "alpr-city", "web")
        whole.start("sync")
        _wait_for(port)
        yield whole, Screen(port, cookie)
    finally:
        whole.close()


def measure(vehicles: int, listed: int, behind: int) -> dict[str, Any]:
    """Seconds, of each vehicle."""
    found: dict[str, list[float]] = {"event": [], "card": [], "crop": []}
    with (
        tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_DIR", ".")) as name,
        system(Path(name).resolve(), listed) as (whole, screen),
    ):
        pictures = {"crop": os.urandom(6_000), "overview": os.urandom(40_000)}
        _pass(whole, screen, pictures, 0, {n: [] for n in found})  # connections open with the first
        for _ in range(vehicles):
            _pass(whole, screen, pictures, behind, found)
    figures = {
        f"{what}_{word}_s": round(value, 3)
        for what, seconds in found.items()
        for word, value in (
            ("median", statistics.median(seconds)),
            ("p95", sorted(seconds)[-(len(seconds) // 20) - 1]),
            ("longest", max(seconds)),
        )
    }
    return {
        "vehicles": vehicles,
        "listed": listed,
        "behind": behind,
        "load": round(os.getloadavg()[0], 1),
        **figures,
    }


def _pass(
    whole: Whole, screen: Screen, pictures: dict[str, bytes], behind: int, found: dict[str, Any]
) -> None:
    """One listed vehicle, after so many others."""
    for _ in range(behind):
        whole.outbox.store(passage("0TEST00", datetime.now(UTC)), pictures)
    began = time.monotonic()
    whole.outbox.store(passage(PLATE, datetime.now(UTC)), pictures)
    number, at = _soon(whole, lambda: screen.events.get_nowait())
    found["event"].append(at - began)
    page = screen.card(number)
    found["card"].append(time.monotonic() - began)
    while "The crop that was read" not in page:
        whole.answers.step(whole.outbox)
        time.sleep(LOOK_S)
        assert time.monotonic() - began < MOST_S, "the crop did not come"
        page = screen.card(number)
    found["crop"].append(time.monotonic() - began)
    until = time.monotonic() + MOST_S
    while not whole.settled() and time.monotonic() < until:  # the next one starts from rest
        time.sleep(0.05)


def _soon(whole: Whole, ask: Any) -> Any:
    until = time.monotonic() + MOST_S
    while time.monotonic() < until:
        whole.answers.step(whole.outbox)
        try:
            return ask()
        except queue.Empty:
            time.sleep(0.005)
    raise AssertionError(f"no hit came; {whole.said()}")


def _import(socket_file: Path, listed: int) -> None:
    from alpr_city.hotlists.forms import rules_of
    from alpr_city.hotlists.importing import Description, Reading, put
    from alpr_city.policy import in_force

    now = datetime.now(UTC)
    row = Row(line=1, plate=PLATE, state="CA", kind="stolen", noted="", reference="")
    rows = [encode_row(row.plate, row.state, row.kind, row.noted, row.reference)]
    rows += [encode_row(f"Z{n:06}", "CA", "stolen", "", "") for n in range(listed)]
    about = Description(
        name="svs",
        owner="bench",
        legal_basis="bench",
        made_at=now - timedelta(hours=1),
        expires_at=now + timedelta(days=1),
    )
    access = ACCESS | {"action": "list-import", "query": {"list": "svs"}}
    with closing(VaultClient(socket_file)) as vault:
        put(
            vault, access, Reading(rows=sorted(rows)), about, rules_of(in_force(), "stolen-vehicle")
        )


def _wait_for(port: int) -> None:
    import socket

    until = time.monotonic() + MOST_S
    while True:
        try:
            socket.create_connection(("localhost", port), 5).close()
            return
        except OSError:
            assert time.monotonic() < until, "the console did not come"
            time.sleep(0.1)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.screen", description=__doc__)
    parser.add_argument("--vehicles", type=int, default=20)
    parser.add_argument("--listed", type=int, default=100_000)
    parser.add_argument("--behind", type=int, default=0, metavar="READS")
    args = parser.parse_args()
    json.dump(measure(args.vehicles, args.listed, args.behind), sys.stdout, indent=1)
    print()
