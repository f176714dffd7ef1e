"""What the city signs: one envelope for receipts, requests, commands and keys.

`[version, kind, key id, body, signature]`; the Ed25519 signature is over the first four under a
label of its own, so nothing that was signed for one purpose passes for another.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from alpr_wire import cbor
from alpr_wire.chain import SIGNATURE_BYTES
from alpr_wire.errors import WireError
from alpr_wire.records import VERSION

MOST_STATEMENT_BYTES = 64 * 1024
KEY_ID_BYTES = 16
_LABEL = "alpr/1/statement"


class StatementError(WireError):
    """A statement that is not signed by who it must be, or is not meant for here and now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A signed body, not yet trusted."""

    kind: str
    key_id: bytes
    body: dict[int, Any]
    signature: bytes

    def verify(self, key: Ed25519PublicKey) -> None:
        """Check the signature.

        Raises:
            StatementError: It is not this key's.
        """
        try:
            key.verify(self.signature, _signed(self.kind, self.key_id, self.body))
        except InvalidSignature as error:
            raise StatementError(f"the {self.kind}'s signature does not hold") from error


def key_id(key: Ed25519PublicKey) -> bytes:
    """What names a signing key."""
    return hashlib.sha256(key.public_bytes_raw()).digest()[:KEY_ID_BYTES]


def sign(
    key: Ed25519PrivateKey, kind: str, body: dict[int, Any], named: bytes | None = None
) -> bytes:
    """A signed statement, encoded. Who signs all day gives the key's id, which is hashed else.

    Raises:
        WireError: It is too long.
    """
    named = named or key_id(key.public_key())
    signature = key.sign(_signed(kind, named, body))
    data = cbor.encode([VERSION, kind, named, body, signature])
    if len(data) > MOST_STATEMENT_BYTES:
        raise WireError(f"a {kind} is longer than {MOST_STATEMENT_BYTES} bytes")
    return data


def decode_statement(data: bytes, *kinds: str) -> Statement:
    """The statement that bytes hold; its signature is not checked yet.

    Raises:
        WireError: Not a statement of one of these kinds.
    """
    value = cbor.decode(data, most_bytes=MOST_STATEMENT_BYTES)
    if not isinstance(value, list) or len(value) != 5:
        raise WireError("not a statement")
    version, kind, named, body, signature = value
    if type(version) is not int or version != VERSION or kind not in kinds:
        raise WireError(f"not a {' or '.join(kinds)} of version {VERSION}")
    if not isinstance(named, bytes) or len(named) != KEY_ID_BYTES:
        raise WireError("a statement without a key's id")
    if not isinstance(signature, bytes) or len(signature) != SIGNATURE_BYTES:
        raise WireError("a statement without a signature")
    if not isinstance(body, dict) or not all(type(k) is int for k in body):
        raise WireError("a statement without a body")
    return Statement(kind=kind, key_id=named, body=body, signature=signature)


def _signed(kind: str, named: bytes, body: dict[int, Any]) -> bytes:
    return cbor.encode([_LABEL, VERSION, kind, named, body])
