#!/usr/bin/env python3
"""Verifies a bag of licence plate evidence, on a machine that has none of the city's software.

    python3 verify_bag.py FOLDER [--root FINGERPRINT]

Needs Python 3.9 and the package `cryptography`. Take this program and the fingerprint of the city's
root from the city, not from the bag: a forger would bring both. Exit 0: all holds; 1: it does not;
2: it was not asked properly.
"""

from __future__ import annotations

import hashlib
import io
import json
import sys
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

Files = dict[str, bytes]
TAGS = ("bag-info.txt", "bagit.txt", "certificate.cbor", "manifest-sha256.txt", "verify_bag.py")
PICTURES = {1: "crop", 2: "overview"}
FIELDS = (  # of a read, by number
    *("text", "raw_text", "alternatives_of_10000", "confidence_of_10000", "region"),
    *("region_confidence_of_10000", "captured_us_utc", "clock_synchronised", "clock_error_us"),
    *("monotonic_us", "dwell_us", "direction", "looks", "readings", "corners_tenths_px"),
    *("frame_px", "mode", "source", "models"),
)


class DiffersError(Exception):
    """Something is not as it must be."""


def encode(value: Any) -> bytes:
    """CBOR (RFC 8949): what the city writes, in its one deterministic form."""
    if value is None or isinstance(value, bool):
        return {None: b"\xf6", False: b"\xf4", True: b"\xf5"}[value]
    if isinstance(value, int):
        return _number(0, value) if value >= 0 else _number(1, -1 - value)
    if isinstance(value, bytes):
        return _number(2, len(value)) + value
    if isinstance(value, str):
        return _number(3, len(value.encode())) + value.encode()
    if isinstance(value, list):
        return _number(4, len(value)) + b"".join(map(encode, value))
    pairs = sorted(
        ((encode(k), encode(v)) for k, v in value.items()), key=lambda p: (len(p[0]), p[0])
    )
    return _number(5, len(pairs)) + b"".join(k + v for k, v in pairs)


def _number(major: int, n: int) -> bytes:
    if n < 24:
        return bytes([major << 5 | n])
    size = next(s for s in (1, 2, 4, 8) if n < 1 << 8 * s)
    return bytes([major << 5 | {1: 24, 2: 25, 4: 26, 8: 27}[size]]) + n.to_bytes(size, "big")


def decode(data: bytes) -> Any:
    """The value of an encoding, which must be the one that `encode` gives."""
    file = io.BytesIO(data)
    try:
        value = _item(file, 0)
        if encode(value) == data:
            return value
    except (ValueError, IndexError, KeyError, TypeError, UnicodeDecodeError, AttributeError):
        pass
    raise DiffersError("is not what the city writes")


def _item(file: io.BytesIO, depth: int) -> Any:
    first = file.read(1)[0]
    major, n = first >> 5, first & 31
    if major == 7:
        return {20: False, 21: True, 22: None}[n]
    if n > 23:
        n = int.from_bytes(file.read({24: 1, 25: 2, 26: 4, 27: 8}[n]), "big")
    if depth > 8 or (major > 1 and n > len(file.getbuffer())):
        raise ValueError
    if major < 2:
        return n if major == 0 else -1 - n
    if major < 4:
        raw = file.read(n)
        return raw if major == 2 else raw.decode()
    if major == 4:
        return [_item(file, depth + 1) for _ in range(n)]
    return {_item(file, depth + 1): _item(file, depth + 1) for _ in range(n)}


def statement(data: bytes, kind: str, key: bytes) -> dict[int, Any]:
    """The body of a statement that this key signed."""
    value = decode(data)
    if not isinstance(value, list) or len(value) != 5 or value[:2] != [1, kind]:
        raise DiffersError(f"is no {kind} statement")
    _, _, named, body, signature = value
    _signed(key, signature, encode(["alpr/1/statement", 1, kind, named, body]))
    return dict(body)


def _signed(key: bytes, signature: bytes, message: bytes) -> None:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except (InvalidSignature, ValueError, TypeError) as error:
        raise DiffersError("carries a signature that does not hold") from error


def sha(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


class Bag:
    """One bag, held against itself."""

    def __init__(self, files: Files, root: str = "") -> None:
        self.files, self.root = files, "".join(root.split()).lower()
        self.faults: list[str] = []
        self.lines: list[str] = []
        self.body: dict[int, Any] = {}

    def check(self) -> bool:
        """Everything; whether it holds."""
        self._try("certificate.cbor", self._certificate)
        self._try("manifest-sha256.txt", self._manifests)
        for number in range(1, len(self.body.get(7, [])) + 1):
            self._try(f"data/reads/{number:04}", self._read, number)
        if self.body:
            self._try("data/access.cbor", self._access)
        return not self.faults

    def _try(self, what: str, step: Any, *arguments: Any) -> None:
        try:
            step(*arguments)
        except DiffersError as error:
            self.faults.append(f"{what} {error}")
        except (KeyError, ValueError, TypeError, IndexError, AttributeError) as error:
            self.faults.append(f"{what} is malformed ({type(error).__name__})")

    def _get(self, name: str) -> bytes:
        if name not in self.files:
            raise DiffersError(f"cannot be checked: {name} is missing")
        return self.files[name]

    def _certificate(self) -> None:
        value = decode(self._get("certificate.cbor"))
        root, key_statement, certificate = value
        fingerprint = sha(root).hex()[:32]
        if self.root and self.root != fingerprint:
            raise DiffersError(f"is of another city: its root's fingerprint is {fingerprint}")
        key = statement(key_statement, "key", root)
        body = statement(certificate, "evidence", key[2])
        if key[1] != "evidence" or not key[3] <= body[4] <= key[4]:
            raise DiffersError("is signed by a key that was not for this, or not then")
        self.body = body
        self.lines += [f"root {fingerprint}", *(f"{k}: {v}" for k, v in body[1].items())]

    def _manifests(self) -> None:
        """Every file is listed, every listed file is here, and every byte is the listed one."""
        payload = sorted(n for n in self.files if n.startswith("data/"))
        listed = {}
        for line in self._get("manifest-sha256.txt").decode("ascii").splitlines():
            digest, _, name = line.partition("  ")
            listed[name] = digest
        for name in sorted(set(listed) | set(payload)):
            if name not in self.files:
                self.faults.append(f"{name} is missing")
            elif name not in listed:
                self.faults.append(f"{name} was added")
            elif sha(self.files[name]).hex() != listed[name]:
                self.faults.append(f"{name} was changed")
        expected = listing(self.files, list(TAGS))
        for name in sorted(set(self.files) - set(payload)):
            if name not in TAGS and name != "tagmanifest-sha256.txt":
                self.faults.append(f"{name} was added")
        if self._get("tagmanifest-sha256.txt") != expected:
            self.faults.append("tagmanifest-sha256.txt differs from the files it lists")
        if self.body:
            for name, digest in self.body[6].items():
                if sha(self._get(name)) != digest:
                    self.faults.append(f"{name} is not the one that the city signed for")

    def _read(self, number: int) -> None:
        camera, stream, seq, key, pictures = self.body[7][number - 1]
        folder = f"data/reads/{number:04}"
        record = self._get(f"{folder}/record.cbor")
        version, kind, said_stream, said_seq, body = decode(record)
        if (version, kind, said_stream, said_seq) != (1, 1, stream, seq):
            raise DiffersError("is another record than the certificate names")
        # The camera's own signature: from the head before, over every record between, to a head.
        before, first, digests, last, signature = decode(self._get(f"{folder}/chain.cbor"))
        if not first <= seq <= last or len(digests) != last - first + 1:
            raise DiffersError("has a chain that does not reach it")
        if digests[seq - first] != sha(record):
            raise DiffersError("is not the record that stands in the camera's chain")
        head = before
        for digest in digests:
            head = sha(head + digest)
        _signed(key, signature, encode(["alpr/1/head", camera, stream, last, head]))
        # The text and pictures: by the read's own keys, out of the very bytes the camera chained.
        keys = decode(self._get(f"{folder}/keys.cbor"))
        here = encode(["alpr/1", "read", camera, stream, seq])
        salted = _open(keys[0], body[3], here)
        if sha(salted) != body[4]:
            raise DiffersError("does not hold the text that the camera committed to")
        plain = decode(salted[16:])
        if self._get(f"{folder}/read.json") != as_json(camera, plain):
            raise DiffersError("has a read.json that says something else than the camera")
        present = []
        for picture, digest, size in body[5]:
            name = f"{folder}/{PICTURES[picture]}"
            if f"{name}.sealed" not in self.files:
                continue  # the certificate's line says which pictures the city held
            sealed = self.files[f"{name}.sealed"]
            if (sha(sealed), len(sealed)) != (digest, size):
                raise DiffersError(f"has a {PICTURES[picture]} that the camera did not take")
            if _open(keys[picture], sealed, here) != self._get(f"{name}.jpg"):
                raise DiffersError(f"has a {PICTURES[picture]}.jpg that is not the camera's")
            present.append(picture)
        if present != pictures:
            raise DiffersError("has other pictures than the certificate names")
        names = ", ".join(PICTURES[p] for p in present) or "no picture"
        self.lines.append(f"read {number}: {camera}, record {seq} of {stream.hex()[:8]}, {names}")

    def _access(self) -> None:
        log_key, signed_head, first, before, entries = decode(self._get("data/access.cbor"))
        if log_key != self.body[5]:
            raise DiffersError("is of another log than the certificate names")
        head = before
        shown = {}
        for number, (digest, entry) in enumerate(entries, first):
            if entry is not None:
                if sha(entry) != digest:
                    raise DiffersError(f"has a changed record {number}")
                shown[number] = decode(entry)
            head = sha(head + digest)
        said = statement(signed_head, "log-head", log_key)
        if (said[1], said[2]) != (first + len(entries) - 1, head):
            raise DiffersError("does not lead to the head that the city's log signed")
        if self.body[8] not in shown:
            raise DiffersError("lacks the record of this very export")
        self.lines.append(f"access log: {len(shown)} records shown, export is {self.body[8]}")


def as_json(camera: str, plain: dict[int, Any]) -> bytes:
    """What a read says, for people."""
    said = {"camera": camera, **{FIELDS[k - 1]: v for k, v in sorted(plain.items())}}
    return (json.dumps(said, indent=1) + "\n").encode()


def listing(files: Files, names: list[str]) -> bytes:
    """A BagIt manifest of these files."""
    return "".join(f"{sha(files[n]).hex()}  {n}\n" for n in sorted(names) if n in files).encode()


def _open(key: bytes, data: bytes, about: bytes, nonce: bytes = bytes(12)) -> bytes:
    try:
        return AESGCM(key).decrypt(nonce, data, about)
    except (InvalidTag, ValueError, TypeError, OverflowError) as error:
        raise DiffersError("does not open: a key is wrong or bytes were changed") from error


def load(folder: Path) -> Files:
    """Every file of a folder; a link or device is none."""
    paths = sorted(p for p in folder.rglob("*") if p.is_symlink() or not p.is_dir())
    for path in paths:
        if path.is_symlink() or not path.is_file():
            raise DiffersError(f"{path.name} is no plain file")
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in paths}


def main(arguments: list[str]) -> int:
    """Check one bag and say what was found."""
    options = {1: "", 3: arguments[-1]} if arguments[1:2] in ([], ["--root"]) else {}
    if len(arguments) not in options or not Path(arguments[0]).is_dir():
        print("usage: verify_bag.py FOLDER [--root FINGERPRINT]", file=sys.stderr)
        return 2
    try:
        bag = Bag(load(Path(arguments[0])), options[len(arguments)])
    except (DiffersError, OSError) as error:
        print(f"DIFFERS  {error}\nREFUSED: the folder cannot be checked")
        return 1
    holds = bag.check()
    print("\n".join(bag.lines + [f"DIFFERS  {fault}" for fault in bag.faults]))
    if not holds:
        print(f"REFUSED: {len(bag.faults)} things differ")
    elif not bag.root:
        print("HOLDS, if the root's fingerprint above is the one that the city publishes")
    else:
        print("VERIFIED: this is what the cameras signed and the city exported")
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
