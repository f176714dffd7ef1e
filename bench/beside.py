"""What a city does beside taking reads in, for `bench.day`: it searches, and it purges."""

from __future__ import annotations

import math
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from alpr_city.bootstrap import open_vault
from alpr_city.config import CityConfig, load
from alpr_city.policy.store import EXAMPLE
from alpr_wire.batches import MOST_RECORDS
from bench import finding
from bench.crowd import KNOWN

SEARCHED_DAYS, PURGED_AGO = 30, 800


def fill(config: CityConfig, reads: int) -> None:
    """A policy that destroys days, the keys of a month, and an old day full of reads."""
    text = EXAMPLE.read_text(encoding="utf-8")
    for name in ("resolution", "consent"):
        text = text.replace(f'{name} = ""', f'{name} = "of a benchmark"')
    (config.files.policy / "policy.toml").write_text(text, encoding="utf-8")
    today = datetime.now(UTC).date()
    old = today - timedelta(PURGED_AGO)
    vault = open_vault(config)
    desk: Any = SimpleNamespace(vault=vault)
    for day in [old, *finding.days(today, SEARCHED_DAYS)]:
        finding.index_key(desk, day)
        finding.make_partition(day)
    vault.close()
    (stream,) = finding.register(1)
    with finding.quickly():
        finding.fill(old, stream, MOST_RECORDS, reads)  # what came before is purged already
        finding.heads(stream, MOST_RECORDS + reads + 1)


def search(settings: Path, pipe: Any) -> None:
    """In a process of its own: a search a second until told to stop; then when, how long, how
    many were found."""
    from alpr_city.django_setup import connect

    config = load(settings)
    connect(config)
    from alpr_city.reads.pictures import PictureStore
    from alpr_city.search.exact import Search
    from alpr_city.search.showing import PAGE
    from alpr_city.vault.client import VaultClient
    from tests.city.vaults import ACCESS

    pictures = PictureStore(config.files.pictures)
    searching = Search(VaultClient(config.files.socket), pictures)
    last = datetime.now(UTC).date()
    pipe.send("ready")
    done, due_s = [], time.perf_counter()
    while not pipe.poll(max(0.0, due_s - time.perf_counter())):
        text = ("0TEST00", KNOWN)[len(done) % 2]
        first = last - timedelta(SEARCHED_DAYS - 1)
        _, found = searching.places(ACCESS, text, first, last)
        if found:
            searching.look(ACCESS, found[:PAGE], (1,), text)
        done.append((due_s, time.perf_counter() - due_s, len(found)))
        due_s += 1
    pictures.close()
    pipe.send(done)


def purge(command: list[str], took_s: list[float]) -> None:
    """Run the command to its end and note how long it took; not a number where it failed."""
    began = time.perf_counter()
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    took_s.append(time.perf_counter() - began if said.returncode == 0 else math.nan)
    if said.returncode:
        print(said.stderr, file=sys.stderr)
