"""A bag of three reads of two cameras, made as the console makes it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from alpr_city.evidence import bag as bags
from alpr_city.vault.evidence import Evidence
from alpr_wire import cbor
from tests.city.fleet import FleetCamera
from tests.city.vaults import ACCESS, CityVault, arrive, make_vault

EXPORT = ACCESS | {"action": "evidence.export"}
FACTS = {
    "organisation": "City of Testville",
    "exported_by": "a.person",
    "case": "26-0001",
    "why": "criminal: 26-0001",
    "recipient": "District Attorney",
    "medium": "stick 4711",
}


@pytest.fixture
def city_vault(tmp_path: Path) -> Iterator[CityVault]:
    made = make_vault(tmp_path)
    yield made
    made.vault.close()


@pytest.fixture
def bag(city_vault: CityVault) -> dict[str, bytes]:
    return make_bag(city_vault)


def make_bag(city_vault: CityVault) -> dict[str, bytes]:
    vault, evidence = city_vault.vault, Evidence(city_vault.vault)
    asked, spans = [], []
    for name, texts in (("cam-one", ("0TEST00", "0TEST01")), ("cam-two", ("0TEST02",))):
        camera = city_vault.camera(name)
        for text in texts:
            camera.read(text, pictures=True)
        camera.read("0OTHER0")
        day, (answers,), _ = arrive(vault, camera)
        for seq, wrapped, _, _ in answers[: len(texts)]:
            pictures = [[int(p.kind), p.data] for p in camera.pictures[seq]]
            asked.append([camera.name, day, camera.encodings[seq], wrapped, pictures])
            spans.append((camera, seq))
    record, rows = evidence.open(EXPORT, asked)
    exhibits = [
        exhibit(camera, seq, read, row)
        for (camera, seq), read, row in zip(spans, asked, rows, strict=True)
    ]
    root = city_vault.root.public_key().public_bytes_raw()
    return bags.build(
        exhibits,
        cbor.encode(evidence.prove_log(record, 0)),
        record,
        FACTS,
        lambda body: cbor.encode([root, *evidence.certify(EXPORT, body)]),
    )


def exhibit(camera: FleetCamera, seq: int, read: list, row: list) -> bags.Exhibit:  # type: ignore[type-arg]
    keys, plain, opened = row
    head = camera.batch(2).head
    sealed = dict(read[4])
    return bags.Exhibit(
        camera=camera.name,
        signing_key=camera.public,
        stream=camera.stream,
        seq=seq,
        encoding=read[2],
        span=bags.Span.of(camera.heads[2], 2, camera.encodings[2:], head),
        keys=keys,
        plain=plain,
        pictures={kind: (sealed[kind], data) for kind, data in opened},
    )
