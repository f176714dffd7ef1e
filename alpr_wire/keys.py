"""The city's keys, certified by its offline root: what a camera needs to know before it trusts."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from alpr_wire import statements
from alpr_wire.batches import take_seq
from alpr_wire.errors import WireError
from alpr_wire.records import take


class Purpose(StrEnum):
    """What a certified key is for."""

    SEAL = "seal"
    RECEIPT = "receipt"
    COMMAND = "command"
    EVIDENCE = "evidence"


@dataclass(frozen=True, slots=True, kw_only=True)
class CertifiedKey:
    """A public key of the city with its purpose and life."""

    purpose: Purpose
    public: bytes
    """Raw: Ed25519, or ML-KEM-768 followed by X25519 for the seal key."""
    not_before_us: int
    not_after_us: int

    def certify(self, root: Ed25519PrivateKey) -> bytes:
        """The root's statement."""
        body = {
            1: str(self.purpose),
            2: self.public,
            3: self.not_before_us,
            4: self.not_after_us,
        }
        return statements.sign(root, "key", body)


def open_key(data: bytes, *, purpose: Purpose, root: Ed25519PublicKey, now_us: int) -> CertifiedKey:
    """A key, checked to be the root's word, for this purpose, now.

    Raises:
        StatementError: Forged, for another purpose, or not valid now.
        WireError: Malformed.
    """
    statement = statements.decode_statement(data, "key")
    statement.verify(root)
    said = take(statement.body, 1, str, "the purpose")
    if said not in Purpose._value2member_map_:
        raise WireError("a key of an unknown purpose")
    key = CertifiedKey(
        purpose=Purpose(said),
        public=take(statement.body, 2, bytes, "the key"),
        not_before_us=take_seq(statement.body, 3),
        not_after_us=take_seq(statement.body, 4),
    )
    if key.purpose is not purpose:
        raise statements.StatementError(f"the key is not for this purpose: {key.purpose}")
    if not key.not_before_us <= now_us <= key.not_after_us:
        raise statements.StatementError("the key is not valid now")
    return key
