"""How a camera asks to be admitted and how it is, as files: for a bench, or a site without network.

A request is the camera's own word, signed by the key that will sign its chain. A grant is worth
what the root in it is worth, which the technician compares by its fingerprint.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from alpr_wire import cbor
from alpr_wire.chain import SIGNATURE_BYTES
from alpr_wire.errors import WireError
from alpr_wire.records import VERSION, take, take_bytes
from alpr_wire.topics import check_camera

MOST_BYTES = 64 * 1024
PUBLIC_BYTES = 32
_LABEL = "alpr/1/enrolment"


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolmentRequest:
    """What a camera shows of itself."""

    camera: str
    csr: bytes
    """PEM, for the TLS key."""
    signing_key: bytes
    """Raw Ed25519, for the chain."""

    def sign(self, key: Ed25519PrivateKey) -> bytes:
        """The request's bytes."""
        body = {1: self.camera, 2: self.csr, 3: self.signing_key}
        return cbor.encode([VERSION, "enrolment", body, key.sign(cbor.encode([_LABEL, body]))])


def open_request(data: bytes) -> EnrolmentRequest:
    """A request, whose signature shows that the camera holds the key it names.

    Raises:
        WireError: It is malformed, or the signature does not hold.
    """
    value = cbor.decode(data, most_bytes=MOST_BYTES)
    if not isinstance(value, list) or len(value) != 4 or value[:2] != [VERSION, "enrolment"]:
        raise WireError("not an enrolment request")
    _, _, body, signature = value
    if not isinstance(body, dict) or not isinstance(signature, bytes):
        raise WireError("not an enrolment request")
    request = EnrolmentRequest(
        camera=take(body, 1, str, "the camera"),
        csr=take(body, 2, bytes, "the certificate request"),
        signing_key=take_bytes(body, 3, PUBLIC_BYTES, "the signing key"),
    )
    check_camera(request.camera)
    if len(signature) != SIGNATURE_BYTES:
        raise WireError("not an enrolment request")
    try:
        Ed25519PublicKey.from_public_bytes(request.signing_key).verify(
            signature, cbor.encode([_LABEL, body])
        )
    except (InvalidSignature, ValueError) as error:
        raise WireError("the camera does not hold the key it names") from error
    return request


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What a city gives an admitted camera. None of it is secret."""

    camera: str
    root: bytes
    """The city's root, raw Ed25519."""
    certificate: bytes
    """PEM, for the camera's TLS key."""
    trust: bytes
    """PEM: who signs the broker's certificate."""
    receipt: bytes
    command: bytes
    seal: bytes
    """The root's statements of the city's keys."""
    host: str
    port: int

    @property
    def fingerprint(self) -> str:
        """What people compare: of the root."""
        return fingerprint(self.root)

    def encode(self) -> bytes:
        """The grant's bytes."""
        body = {
            1: self.camera,
            2: self.root,
            3: self.certificate,
            4: self.trust,
            5: self.receipt,
            6: self.command,
            7: self.seal,
            8: self.host,
            9: self.port,
        }
        return cbor.encode([VERSION, "grant", body])


def decode_grant(data: bytes) -> Grant:
    """A grant; its statements are not checked yet.

    Raises:
        WireError: It is malformed.
    """
    value = cbor.decode(data, most_bytes=MOST_BYTES)
    if not isinstance(value, list) or len(value) != 3 or value[:2] != [VERSION, "grant"]:
        raise WireError("not a grant")
    body = value[2]
    if not isinstance(body, dict):
        raise WireError("not a grant")
    check_camera(take(body, 1, str, "the camera"))
    return Grant(
        camera=body[1],
        root=take_bytes(body, 2, PUBLIC_BYTES, "the root"),
        certificate=take(body, 3, bytes, "the certificate"),
        trust=take(body, 4, bytes, "the broker's authority"),
        receipt=take(body, 5, bytes, "the receipt key"),
        command=take(body, 6, bytes, "the command key"),
        seal=take(body, 7, bytes, "the seal key"),
        host=take(body, 8, str, "the broker's name"),
        port=take(body, 9, int, "the broker's port"),
    )


def fingerprint(root: bytes) -> str:
    """Of a city's root, as people read it out: eight groups of four."""
    text = hashlib.sha256(root).hexdigest()[:32]
    return " ".join(text[i : i + 4] for i in range(0, 32, 4))
