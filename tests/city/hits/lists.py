"""Puts a list into a town's vault, and reads into its cameras."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

from alpr_city.vault.lists import encode_row
from tests.city.town import Town
from tests.city.vaults import ACCESS

if TYPE_CHECKING:
    from alpr_city.hits.models import Hit

HOUR_US = 3600 * 1_000_000
IMPORT = ACCESS | {"action": "list-import", "query": {"list": "svs"}}


def put(town: Town, plate: str, *, state: str = "CA", name: str = "svs", **changes: Any) -> None:
    now_us = time.time_ns() // 1000
    facts = {
        "owner": "Sheriff's station",
        "legal_basis": "policy I",
        "class": "stolen-vehicle",
        "policy": "1",
        "made_us": now_us - HOUR_US,
        "expires_us": now_us + 48 * HOUR_US,
        "least_confidence": 0.8,
        "least_character": 0.5,
        "region_sure": 0.7,
        "stale_s": 24 * 3600,
        "live_s": 600,
        "hit_s": 3600,
        **changes,
    }
    vault = town.city_vault.vault
    version = vault.watching.begin(IMPORT, name, facts)
    vault.lists.add(version, [encode_row(plate, state, "stolen", "261101", "")])
    vault.watching.commit(IMPORT, version, 1)


def pass_by(town: Town, text: str, **fields: Any) -> list[Hit]:
    """A vehicle passes; every hit there is."""
    from alpr_city.hits.models import Hit

    camera = town.camera("cam-one", stream=os.urandom(16))
    camera.read(text, **fields)
    town.send(camera.batch(0))
    return list(Hit.objects.order_by("pk"))
