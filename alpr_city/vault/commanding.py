"""What the city orders of its cameras, signed with the command key."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from alpr_city.errors import VaultError
from alpr_city.vault.keyring import Use
from alpr_wire.commands import Action, Command
from alpr_wire.desired import Desired
from alpr_wire.errors import WireError
from alpr_wire.topics import check_camera

if TYPE_CHECKING:
    from alpr_city.vault.vault import Vault


US = 1_000_000
LIFE_US = 15 * 60 * US
"""A camera whose clock is further ahead than this takes no command."""
ORDERS = frozenset({Action.PULL, Action.PULL_PICTURE, Action.CONFIG, Action.SEAL_KEY, Action.PING})
"""None can do harm by itself: settings and seal keys are signed for themselves inside."""


class Commanding:
    """Signs; what is ordered is decided by whoever may ask."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._last = 0

    def order(self, camera: str, action: str, arguments: dict[int, Any]) -> list[Any]:
        """Sign a command for one camera, for the next quarter of an hour: `[number, command]`.

        The time numbers them, so that they go on counting after a restore.

        Raises:
            VaultError: It is no order.
        """
        if action not in ORDERS or not all(type(k) is int for k in arguments):
            raise VaultError("no order that a camera takes")
        now_us = time.time_ns() // 1000
        self._last = max(now_us, self._last + 1)
        try:
            check_camera(camera)
            signed = Command(
                camera=camera,
                number=self._last,
                issued_us=now_us,
                expires_us=now_us + LIFE_US,
                action=Action(action),
                arguments=arguments,
            ).sign(self._key())
        except WireError as error:
            raise VaultError(f"no order that a camera takes: {error}") from error
        return [self._last, signed]

    def desire(
        self, camera: str, settings: str, models: bytes = b"", farewell: bool = False
    ) -> bytes:
        """Sign what is wanted of a camera: settings, models, or its end. The time numbers it."""
        number = time.time_ns() // 1000
        wish = Desired(
            camera=camera, number=number, settings=settings, models=models, farewell=farewell
        )
        return wish.sign(self._key())

    def _key(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self._vault.keyring.secret(Use.COMMAND, "1"))
