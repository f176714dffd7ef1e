"""From a batch in ingest's hands to the hit on screen: `python -m bench.hits [--vehicles N]`.

Vault behind its socket, SQLite, ingest, live stream and card, in one process without TLS or MQTT.
Before it come the camera's own time and at most half a second for which it gathers a batch.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from alpr_city.django_setup import connect
from alpr_city.vault.lists import encode_row
from tests.city.console import client_of, people, served, settings_in
from tests.city.hits.lists import put
from tests.city.vaults import make_vault


def measure(vehicles: int, listed: int) -> dict[str, Any]:
    """Seconds from batch to event, and from batch to the card's page."""
    with tempfile.TemporaryDirectory(dir=".") as name:
        folder = Path(name).resolve()
        made = make_vault(folder / "city")
        config = settings_in(folder)
        connect(config)
        from django.core.management import call_command
        from django.test.utils import setup_test_environment

        setup_test_environment()
        call_command("migrate", verbosity=0)
        from tests.city.town import Town

        with served(config, made):
            people()
            town = Town(config, made)
            put(town, "8ABC123")
            _fill(made, listed)
            client = client_of(config, "officer")
            events, cards = [], []
            lines = iter(client.get("/hits/live/?auto").streaming_content)
            next(lines)
            for _ in range(vehicles):
                camera = town.camera("cam-one", stream=os.urandom(16))
                camera.read("8ABC123", pictures=True)
                batch = camera.batch(0)
                began = time.monotonic()
                with made.vault.lock:
                    town.send(batch)
                event = next(line for line in lines if line.startswith(b"event"))
                events.append(time.monotonic() - began)
                number = int(event.split()[-1])
                assert client.get(f"/hits/{number}/").status_code == 200
                cards.append(time.monotonic() - began)
            town.close()
        made.vault.close()
    return {
        "vehicles": vehicles,
        "listed": listed,
        "event_p50_s": statistics.median(events),
        "event_max_s": max(events),
        "card_p50_s": statistics.median(cards),
        "card_max_s": max(cards),
    }


def _fill(made: Any, listed: int) -> None:
    """A second list, so that matching has something to do."""
    watch, lists = made.vault.watching, made.vault.lists
    facts = dict(lists.tables["svs"].facts)
    from tests.city.vaults import ACCESS

    version = watch.begin(ACCESS, "big", facts)
    rows = sorted(encode_row(f"Z{n:06}", "CA", "", "", "") for n in range(listed))
    for at in range(0, len(rows), 1024):
        lists.add(version, rows[at : at + 1024])
    watch.commit(ACCESS, version, len(rows))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.hits", description=__doc__)
    parser.add_argument("--vehicles", type=int, default=20)
    parser.add_argument("--listed", type=int, default=100_000)
    args = parser.parse_args()
    # The stream ends by itself after 50 s and a browser begins it again; this bench does not.
    json.dump(measure(args.vehicles, args.listed), sys.stdout, indent=1)
    print()
