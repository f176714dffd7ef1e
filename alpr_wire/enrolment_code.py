"""The one-time code that a technician types: a secret for one enrolment, and the city's pin.

27 bytes as base32 in groups of four: 10 secret, 16 of the SHA-256 of the authority that signs the
city's servers, 1 to notice a slip of the finger.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass, field

from alpr_wire.errors import WireError

SECRET_BYTES, PIN_BYTES = 10, 16
_ALL = SECRET_BYTES + PIN_BYTES + 1
_LOOKALIKES = str.maketrans({"0": "O", "1": "I", "8": "B"})


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolmentCode:
    """A code, taken apart."""

    secret: bytes = field(repr=False)
    pin: bytes

    @classmethod
    def draw(cls, authority: bytes) -> EnrolmentCode:
        """A fresh code under an authority (its certificate, DER)."""
        return cls(secret=secrets.token_bytes(SECRET_BYTES), pin=pin_of(authority))

    @classmethod
    def parse(cls, text: str) -> EnrolmentCode:
        """A code as it was typed; case, spaces and hyphens do not matter.

        Raises:
            WireError: It is none.
        """
        bare = "".join(text.replace("-", " ").split()).upper().translate(_LOOKALIKES)
        try:
            raw = base64.b32decode(bare + "=" * (-len(bare) % 8))
        except ValueError as error:
            raise WireError("the code is mistyped") from error
        if len(raw) != _ALL or _check(raw[:-1]) != raw[-1:]:
            raise WireError("the code is mistyped, or not whole")
        return cls(secret=raw[:SECRET_BYTES], pin=raw[SECRET_BYTES:-1])

    @property
    def text(self) -> str:
        """As it is shown: eleven groups of four."""
        raw = self.secret + self.pin
        bare = base64.b32encode(raw + _check(raw)).decode().rstrip("=")
        return "-".join(bare[i : i + 4] for i in range(0, len(bare), 4))


def pin_of(authority: bytes) -> bytes:
    """What a code holds of a certificate (DER)."""
    return hashlib.sha256(authority).digest()[:PIN_BYTES]


def _check(raw: bytes) -> bytes:
    return hashlib.sha256(b"alpr/1/code" + raw).digest()[:1]
