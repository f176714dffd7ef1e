"""Encrypts what leaves the city to whom it is for: whoever finds the stick finds noise.

A recipient makes a key pair (`open_sealed.py make-key`, or `openssl genpkey -algorithm x25519`),
keeps the private half and sends the public one; both compare its fingerprint by telephone.

A sealed file is `MAGIC`, the number of recipients in one byte, for each the first 16 bytes of
SHA-256 of its raw key and HPKE (RFC 9180: X25519, HKDF-SHA256, AES-256-GCM) of one random content
key, and then the data in pieces of 64 KiB, each AES-256-GCM under that key. A piece's nonce is its
number in eleven bytes and one that says whether it is the last; SHA-256 of everything before the
pieces is their associated data. So no byte can be changed, dropped, added or moved.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hpke, serialization
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from alpr_city.errors import EvidenceError

MAGIC = b"ALPRSEAL\x01"
INFO = b"alpr/1/sealed-file"
PIECE_BYTES = 64 * 1024
MOST_RECIPIENTS = 8
_SUITE = hpke.Suite(hpke.KEM.X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)
_MOST_PEM = 4096


@dataclass(frozen=True, slots=True)
class Recipient:
    """Whom something is sealed to: a public X25519 key."""

    raw: bytes

    @property
    def key_id(self) -> bytes:
        """What names the key in a sealed file."""
        return hashlib.sha256(self.raw).digest()[:16]

    @property
    def fingerprint(self) -> str:
        """For two people to compare: 32 hexadecimal digits in groups of four."""
        digits = self.key_id.hex()
        return " ".join(digits[i : i + 4] for i in range(0, len(digits), 4))

    @classmethod
    def from_pem(cls, pem: bytes) -> Recipient:
        """The key of a PEM file.

        Raises:
            EvidenceError: It is none.
        """
        if b"PRIVATE KEY" in pem:
            raise EvidenceError(
                "this is a private key, and must not leave its owner",
                fix="ask the recipient for the public half, and for a new pair: this one is spoilt",
            )
        fix = "ask the recipient for the public half of an X25519 key, as PEM"
        if len(pem) > _MOST_PEM:
            raise EvidenceError("the recipient's key is too long for one", fix=fix)
        try:
            key = serialization.load_pem_public_key(pem)
        except (ValueError, UnsupportedAlgorithm) as error:
            raise EvidenceError("the recipient's key is no public key in PEM", fix=fix) from error
        if not isinstance(key, X25519PublicKey):
            raise EvidenceError("the recipient's key is of another kind", fix=fix)
        return cls(key.public_bytes_raw())


def seal(data: bytes, recipients: Sequence[Recipient]) -> bytes:
    """Data for these recipients; any one of them opens it, and nobody else, the city included.

    Raises:
        EvidenceError: No recipient, too many, the same twice, or a key that agrees on nothing.
    """
    if not 1 <= len(recipients) <= MOST_RECIPIENTS:
        raise EvidenceError(f"something is sealed to 1 to {MOST_RECIPIENTS} recipients")
    if len(set(recipients)) != len(recipients):
        raise EvidenceError("a recipient is named twice")
    key = AESGCM.generate_key(256)
    header = MAGIC + bytes([len(recipients)])
    for recipient in recipients:
        public = X25519PublicKey.from_public_bytes(recipient.raw)
        try:
            header += recipient.key_id + _SUITE.encrypt(key, public, info=INFO)
        except ValueError as error:
            raise EvidenceError(
                "a recipient's key is a weak one", fix="ask for a new pair"
            ) from error
    about, cipher = hashlib.sha256(header).digest(), AESGCM(key)
    starts = range(0, max(len(data), 1), PIECE_BYTES)
    pieces = [
        cipher.encrypt(_nonce(n, start == starts[-1]), data[start : start + PIECE_BYTES], about)
        for n, start in enumerate(starts)
    ]
    return header + b"".join(pieces)


def _nonce(number: int, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])
