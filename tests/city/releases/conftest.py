"""A city that has a request of the highway patrol on file."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from alpr_city.evidence.seal import Recipient
from tests.city.console import Console

LETTER = b"%PDF-1.4 a letter"
WANTED = {
    "agency": "chp",
    "person": "Sgt. B. Example",
    "purpose": "criminal",
    "description": "where 0TEST00 was seen",
    "document": LETTER,
}


@pytest.fixture
def key() -> X25519PrivateKey:
    return X25519PrivateKey.generate()


@pytest.fixture
def recipient(key: X25519PrivateKey) -> Recipient:
    return Recipient(key.public_key().public_bytes_raw())


@pytest.fixture
def asked(city: Console) -> Any:
    """By the officer."""
    from alpr_city.releases import workflow

    root = city.vault.root.public_key().public_bytes_raw()
    city.config.files.root_public.write_bytes(root)
    return workflow.ask(city.person("officer"), **WANTED)


def scope(city: Console, **changes: Any) -> dict[str, Any]:
    return {
        "cameras": ["cam-one"],
        "first": city.day - timedelta(days=1),
        "last": city.day,
        "plates": ["0TEST00"],
        **changes,
    }


@pytest.fixture
def approved(city: Console, asked: Any) -> Any:
    """By the designee, for one plate."""
    from alpr_city.releases import workflow

    workflow.approve(city.person("designee"), asked, **scope(city))
    return asked
