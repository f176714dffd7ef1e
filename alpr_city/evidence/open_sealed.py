#!/usr/bin/env python3
"""Opens a sealed file from the city, and makes the key that it is sealed to.

    python3 open_sealed.py make-key KEY.pem          writes KEY.pem (keep) and KEY.pem.pub (send)
    python3 open_sealed.py open FILE KEY.pem FOLDER  opens a sealed bag into a new folder

Needs Python 3.9 and the package `cryptography`. HPKE (RFC 9180) is written out, so that an old
version of that package does.
"""

from __future__ import annotations

import hashlib
import hmac
import io
import os
import re
import sys
import zipfile
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

MAGIC, INFO = b"ALPRSEAL\x01", b"alpr/1/sealed-file"
PIECE, STANZA = 64 * 1024 + 16, 16 + 32 + 48
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*(/[A-Za-z0-9][A-Za-z0-9._-]*)*")
_KEM, _SUITE = b"KEM\x00\x20", b"HPKE\x00\x20\x00\x01\x00\x02"


class NotOpenedError(Exception):
    """The file stays shut."""


def unseal(data: bytes, key: X25519PrivateKey) -> bytes:
    """What a sealed file holds."""
    if data[: len(MAGIC)] != MAGIC or len(data) <= len(MAGIC):
        raise NotOpenedError("this is no sealed file of a city's")
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    end = len(MAGIC) + 1 + STANZA * data[len(MAGIC)]
    header = data[:end]
    stanzas = [header[i : i + STANZA] for i in range(len(MAGIC) + 1, end, STANZA)]
    mine = [s for s in stanzas if s[:16] == hashlib.sha256(public).digest()[:16]]
    if not mine:
        raise NotOpenedError("this file is not sealed to this key")
    about = hashlib.sha256(header).digest()
    pieces = range(end, max(len(data), end + 1), PIECE)
    try:
        cipher = AESGCM(_hpke(mine[0][16:48], mine[0][48:], key, public))
        return b"".join(
            cipher.decrypt(
                n.to_bytes(11, "big") + bytes([at == pieces[-1]]), data[at : at + PIECE], about
            )
            for n, at in enumerate(pieces)
        )
    except (InvalidTag, ValueError) as error:
        raise NotOpenedError("the file was changed or cut short") from error


def _hpke(enc: bytes, sealed: bytes, key: X25519PrivateKey, public: bytes) -> bytes:
    shared = key.exchange(X25519PublicKey.from_public_bytes(enc))
    secret = _expand(_extract(b"", b"eae_prk", shared, _KEM), b"shared_secret", enc + public, _KEM)
    context = b"\x00" + _extract(b"", b"psk_id_hash", b"") + _extract(b"", b"info_hash", INFO)
    secret = _extract(secret, b"secret", b"")
    nonce = _expand(secret, b"base_nonce", context, size=12)
    return AESGCM(_expand(secret, b"key", context)).decrypt(nonce, sealed, None)


def _extract(salt: bytes, label: bytes, secret: bytes, suite: bytes = _SUITE) -> bytes:
    return hmac.new(salt, b"HPKE-v1" + suite + label + secret, "sha256").digest()


def _expand(key: bytes, label: bytes, info: bytes, suite: bytes = _SUITE, size: int = 32) -> bytes:
    text = size.to_bytes(2, "big") + b"HPKE-v1" + suite + label + info + b"\x01"
    return hmac.new(key, text, "sha256").digest()[:size]


def make_key(path: Path) -> str:
    """A new pair; the fingerprint that both sides compare."""
    key = X25519PrivateKey.generate()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(pem)
    public = key.public_key()
    spki = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    path.with_name(path.name + ".pub").write_bytes(spki)
    raw = public.public_bytes(Encoding.Raw, PublicFormat.Raw)
    digits = hashlib.sha256(raw).hexdigest()[:32]
    return " ".join(digits[i : i + 4] for i in range(0, 32, 4))


def unpack(data: bytes, folder: Path) -> int:
    """The files of a bag into a new folder; how many."""
    with zipfile.ZipFile(io.BytesIO(data)) as bag:
        names = bag.namelist()
        if len(set(names)) != len(names) or not all(NAME.fullmatch(n) for n in names):
            raise NotOpenedError("the bag holds names that no city writes")
        folder.mkdir(mode=0o700)
        for name in names:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(bag.read(name))
    return len(names)


def main(arguments: list[str]) -> int:
    """Make a key or open a file."""
    try:
        if arguments[:1] == ["make-key"] and len(arguments) == 2:
            print(f"fingerprint: {make_key(Path(arguments[1]))}")
        elif arguments[:1] == ["open"] and len(arguments) == 4:
            key = load_pem_private_key(Path(arguments[2]).read_bytes(), None)
            if not isinstance(key, X25519PrivateKey):
                raise NotOpenedError("the key is of another kind")
            data = unseal(Path(arguments[1]).read_bytes(), key)
            print(f"{unpack(data, Path(arguments[3]))} files in {arguments[3]}")
        else:
            print("usage: open_sealed.py make-key KEY | open FILE KEY FOLDER", file=sys.stderr)
            return 2
    except (NotOpenedError, OSError, ValueError, TypeError, zipfile.BadZipFile) as error:
        print(f"open_sealed: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
