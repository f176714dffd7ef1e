"""The seal key that the city sent after enrolment: certified by its root, used from then on.

It lies beside the outbox, where capture may write; the pins of enrolment stay as they are. Nothing
in it has to be believed: the root's signature is checked whenever it is read.
"""

from __future__ import annotations

import logging
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from alpr_edge.enrolment import write_whole
from alpr_edge.errors import OutboxError
from alpr_wire import seal_keys
from alpr_wire.errors import SealError, WireError
from alpr_wire.keys import CertifiedKey, Purpose, open_key
from alpr_wire.statements import StatementError, decode_statement

log = logging.getLogger(__name__)

FILE = "seal.key"


def install(
    folder: Path, statement: bytes, *, root: Ed25519PublicKey, not_older_us: int, now_us: int
) -> CertifiedKey:
    """Keep a seal key that is the root's word, valid now, and not older than the last one.

    `not_older_us` is the start of the key that enrolment gave.

    Raises:
        WireError: It is not; nothing is changed.
        OutboxError: It cannot be kept, and must not be used.
    """
    key = open_key(statement, purpose=Purpose.SEAL, root=root, now_us=now_us)
    try:
        seal_keys.from_raw(key.public)
    except SealError as error:
        raise StatementError(f"no key that can be sealed to ({error})") from error
    held = kept(folder, root)
    if key.not_before_us < max(not_older_us, held.not_before_us if held else 0):
        raise StatementError("an older seal key than the one in use")
    try:
        write_whole(folder / FILE, statement, mode=0o640)
    except OSError as error:
        raise OutboxError(f"{folder / FILE}: cannot be written ({error.strerror})") from error
    return key


def kept(folder: Path, root: Ed25519PublicKey) -> CertifiedKey | None:
    """The seal key that was sent last; None where none was, or where the file does not hold.

    Its dates were checked when it came. Here the clock may not be set yet, and an old key is worse.
    """
    try:
        statement = (folder / FILE).read_bytes()
    except OSError:
        return None
    try:
        first_us = int(decode_statement(statement, "key").body.get(3, 0))
        return open_key(statement, purpose=Purpose.SEAL, root=root, now_us=first_us)
    except (WireError, ValueError, TypeError) as error:
        log.error("the seal key beside the outbox does not hold: %s", error)
        return None


def newest(enrolled: Path, outbox: Path, root: Ed25519PublicKey) -> CertifiedKey | None:
    """The newest seal key there is: the one of enrolment, or the one that was sent."""
    keys = [key for key in (kept(enrolled, root), kept(outbox, root)) if key is not None]
    return max(keys, key=lambda key: key.not_before_us, default=None)
