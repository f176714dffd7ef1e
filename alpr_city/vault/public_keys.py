"""The vault's public keys: made ahead, certified by the offline root, retired when safe."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from alpr_city.errors import VaultError
from alpr_city.vault.access_log import AccessLog
from alpr_city.vault.backup import draw_seeds, public_of
from alpr_city.vault.keyring import Keyring, Use
from alpr_city.vault.streams import Streams
from alpr_wire import seal_keys
from alpr_wire.errors import WireError
from alpr_wire.keys import CertifiedKey, Purpose, open_key

SEAL_KEY_WEEK = timedelta(days=7)
SENT_AGAIN = timedelta(days=8)
"""A camera keeps what was receipted for seven days, and a restored city asks for it again."""
US = 1_000_000
_SIGNS = {
    Use.RECEIPT: Purpose.RECEIPT,
    Use.COMMAND: Purpose.COMMAND,
    Use.EVIDENCE: Purpose.EVIDENCE,
}


class PublicKeys:
    """What the city publishes, and when a seal key may die. One thread at a time uses it."""

    def __init__(self, keyring: Keyring, streams: Streams, log: AccessLog) -> None:
        self.keyring, self.streams, self.log = keyring, streams, log

    def certified(self) -> dict[str, Any]:
        """What a camera must know, as far as the root has certified it."""
        seal = self._current_seal_label()
        return {
            "receipt": self.keyring.certificate(Use.RECEIPT, "1"),
            "command": self.keyring.certificate(Use.COMMAND, "1"),
            "seal": None if seal is None else self.keyring.certificate(Use.SEAL, seal),
        }

    def make_seal_keys(self, weeks: int) -> int:
        """Draw seal keys for the weeks to come, one each; how many are new.

        They are not used before the root has certified them.
        """
        start = datetime.now(UTC) - timedelta(days=datetime.now(UTC).weekday())
        start = start.replace(hour=0, minute=0, second=0, microsecond=0)
        known = {a for _, a, _ in self.keyring.labels(Use.SEAL)}
        made = 0
        for week in range(weeks):
            first = int((start + week * SEAL_KEY_WEEK).timestamp()) * US
            if first in known:
                continue
            seeds = draw_seeds()
            label = seal_keys.key_id(public_of(seeds)).hex()
            # A camera that misses its successor goes on sealing to it.
            last = first + 5 * int(SEAL_KEY_WEEK.total_seconds()) * US
            self.keyring.make(Use.SEAL, label, seeds, not_before_us=first, not_after_us=last)
            made += 1
        return made

    def uncertified(self) -> list[list[Any]]:
        """Public keys the root has not certified: `[purpose, public key, from, until]`."""
        wanted: list[list[Any]] = []
        ten_years = int(timedelta(days=3653).total_seconds()) * US
        now_us = time.time_ns() // 1000
        for use, purpose in _SIGNS.items():
            if self.keyring.certificate(use, "1") is None:
                public = self._signs(use).public_bytes_raw()
                wanted.append([str(purpose), public, now_us - 300 * US, now_us + ten_years])
        for label, first, last in self.keyring.labels(Use.SEAL):
            if self.keyring.certificate(Use.SEAL, label) is None:
                public = public_of(self.keyring.secret(Use.SEAL, label))
                wanted.append([str(Purpose.SEAL), public, first, last])
        return wanted

    def certify(self, root: bytes, statement_list: list[bytes]) -> int:
        """Take the root's statements for keys of this vault; how many.

        Raises:
            VaultError: A statement is not the root's, or is for no key of ours.
        """
        key = Ed25519PublicKey.from_public_bytes(root)
        wanted = {bytes(public): (p, first) for p, public, first, _ in self.uncertified()}
        for statement in statement_list:
            certified = _opened(statement, key, wanted)
            if certified.purpose is Purpose.SEAL:
                label = seal_keys.key_id(certified.public).hex()
                self.keyring.certify(Use.SEAL, label, statement)
            else:
                self.keyring.certify(Use(str(certified.purpose)), "1", statement)
        return len(statement_list)

    def retire_seal_keys(self) -> list[str]:
        """Destroy the seal keys to which nothing is sealed that a camera may still send; labels.

        Receipts must cover every epoch sealed to it, for as long as cameras send again.
        """
        now_us = time.time_ns() // 1000
        keys = self.keyring.labels(Use.SEAL)
        began = {label: first for label, first, _ in keys}
        since_us = now_us - int(SENT_AGAIN.total_seconds()) * US
        needed_from = self.streams.oldest_needed(began, since_us)
        gone = []
        for (label, first, _), (_, next_first, _) in pairwise(keys):
            if next_first <= now_us and needed_from is not None and first < needed_from:
                self.keyring.destroy(Use.SEAL, label, "receipts cover every epoch sealed to it")
                self.log.note("seal-key-destroyed", {1: label})
                gone.append(label)
        return gone

    def write_off(self, camera: str, why: str, stream: bytes | None = None) -> None:
        """Put on record that a camera, or one stream of it, will send nothing more.

        Raises:
            VaultError: There is no such camera or stream, or no reason is given.
        """
        if not why.strip():
            raise VaultError("a camera is written off for a reason")
        self.streams.write_off(camera, why, stream)
        self.log.note("camera-written-off", {1: camera, 2: why[:200], 3: stream})

    def certified_until(self) -> int:
        """Until when the root has certified a seal key for every week, microseconds."""
        until_us = 0
        for label, first, _ in self.keyring.labels(Use.SEAL):
            if self.keyring.certificate(Use.SEAL, label) is not None:
                until_us = first + int(SEAL_KEY_WEEK.total_seconds()) * US
        return until_us

    def _current_seal_label(self) -> str | None:
        now_us = time.time_ns() // 1000
        current = [
            label
            for label, first, _ in self.keyring.labels(Use.SEAL)
            if first <= now_us and self.keyring.certificate(Use.SEAL, label) is not None
        ]
        return current[-1] if current else None

    def _signs(self, use: Use) -> Ed25519PublicKey:
        return Ed25519PrivateKey.from_private_bytes(self.keyring.secret(use, "1")).public_key()


def _opened(
    statement: bytes, root: Ed25519PublicKey, wanted: dict[bytes, tuple[str, int]]
) -> CertifiedKey:
    for public, (purpose, first) in wanted.items():
        try:
            certified = open_key(
                statement, purpose=Purpose(purpose), root=root, now_us=max(first, 0)
            )
        except WireError:
            continue
        if certified.public == public:
            return certified
    raise VaultError("a statement is not the root's, or is for no key of this vault")
