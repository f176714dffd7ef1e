"""What the city orders of its cameras, signed with the command key."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from alpr_city.vault.keyring import Use
from alpr_wire.desired import Desired

if TYPE_CHECKING:
    from alpr_city.vault.vault import Vault


class Commanding:
    """Signs; what is ordered is decided by whoever may ask."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def desire(self, camera: str, settings: str) -> bytes:
        """Sign the settings that are wanted on a camera; the time numbers them."""
        key = Ed25519PrivateKey.from_private_bytes(self._vault.keyring.secret(Use.COMMAND, "1"))
        number = time.time_ns() // 1000
        return Desired(camera=camera, number=number, settings=settings).sign(key)
