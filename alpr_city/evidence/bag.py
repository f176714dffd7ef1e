"""Writes a bag (BagIt 1.0, RFC 8493) that proves itself: reads, pictures, chains, access records.

Every read comes with its own keys, which open it and nothing else, so that whoever holds the bag
goes from the camera's signature to the text without asking the city. Nothing is written to disk
here: a bag leaves sealed (`seal`), and its recipient unpacks it.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from alpr_city.errors import EvidenceError
from alpr_city.evidence import verify_bag
from alpr_wire import cbor, chain
from alpr_wire.errors import ChainError
from alpr_wire.records import Picture

MOST_READS = 250
VERIFIER = Path(verify_bag.__file__)
_NAMES = {Picture.CROP: "crop", Picture.OVERVIEW: "overview"}

Certify = Callable[[dict[int, Any]], bytes]
"""Has the vault sign what the bag holds; the bytes of `certificate.cbor`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Part of a camera's chain, from a head to the next one that the camera signed."""

    before: bytes
    first: int
    digests: tuple[bytes, ...]
    """SHA-256 of each record's encoding, from `first` on: others' records show nothing more."""
    signature: bytes
    """Over the head after the last."""

    @classmethod
    def of(cls, before: bytes, first: int, encodings: Sequence[bytes], head: chain.Head) -> Span:
        """From whole records.

        Raises:
            ChainError: They do not lead to this head.
        """
        reached = before
        for encoding in encodings:
            reached = chain.extend(reached, encoding)
        if reached != head.digest or head.seq != first + len(encodings) - 1:
            raise ChainError("the records do not lead to the signed head")
        digests = tuple(verify_bag.sha(encoding) for encoding in encodings)
        return cls(before=before, first=first, digests=digests, signature=head.signature)

    def encode(self) -> bytes:
        """The bytes of `chain.cbor`."""
        last = self.first + len(self.digests) - 1
        return cbor.encode([self.before, self.first, list(self.digests), last, self.signature])


@dataclass(frozen=True, slots=True, kw_only=True)
class Exhibit:
    """One read, opened, with what proves it."""

    camera: str
    signing_key: bytes
    """The camera's, raw, as it was enrolled."""
    stream: bytes
    seq: int
    encoding: bytes
    span: Span
    keys: Mapping[int, bytes] = field(repr=False)
    plain: bytes = field(repr=False)
    pictures: Mapping[int, tuple[bytes, bytes]] = field(repr=False)
    """Sealed and opened, by kind."""


def build(
    exhibits: Sequence[Exhibit],
    access: bytes,
    record: int,
    facts: Mapping[str, str],
    certify: Certify,
) -> dict[str, bytes]:
    """The files of a bag.

    Args:
        exhibits: The reads.
        access: The bytes of `access.cbor`: the vault's proof that the export is on record.
        record: The number of the export's own access record.
        facts: Who, when, why, for whom, on which medium; shown and signed as they are.
        certify: Signs.

    Raises:
        EvidenceError: No read, too many, or one that is there twice.
    """
    if not 1 <= len(exhibits) <= MOST_READS:
        raise EvidenceError(f"a bag holds 1 to {MOST_READS} reads", fix="make several bags")
    if len({(e.camera, e.stream, e.seq) for e in exhibits}) != len(exhibits):
        raise EvidenceError("a read is in the bag twice")
    facts = {name: " ".join(text.split()) for name, text in facts.items()}
    files: dict[str, bytes] = {"data/access.cbor": access}
    for number, exhibit in enumerate(exhibits, 1):
        files |= _read(f"data/reads/{number:04}", exhibit)
    said = "".join(f"{name}: {text}\n" for name, text in facts.items())
    files["data/CERTIFICATE.txt"] = f"{len(exhibits)} reads.\n{said}".encode()
    size, count = sum(map(len, files.values())), len(files)
    files["manifest-sha256.txt"] = verify_bag.listing(files, list(files))
    files["bagit.txt"] = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
    files["bag-info.txt"] = (
        f"Source-Organization: {facts.get('organisation', '')}\n"
        f"External-Identifier: {facts.get('case', '')}\n"
        f"Bagging-Date: {datetime.now(UTC).date()}\nPayload-Oxum: {size}.{count}\n"
    ).encode()
    files["verify_bag.py"] = VERIFIER.read_bytes()
    signed = ("bagit.txt", "bag-info.txt", "manifest-sha256.txt", "verify_bag.py")
    files["certificate.cbor"] = certify(
        {
            1: facts,
            6: {name: verify_bag.sha(files[name]) for name in signed},
            7: [
                [e.camera, e.stream, e.seq, e.signing_key, sorted(int(k) for k in e.pictures)]
                for e in exhibits
            ],
            8: record,
        }
    )
    files["tagmanifest-sha256.txt"] = verify_bag.listing(files, list(verify_bag.TAGS))
    found = verify_bag.Bag(files)
    if not found.check():
        raise EvidenceError(f"the bag does not verify: {found.faults[0]}")
    return files


def pack(files: Mapping[str, bytes]) -> bytes:
    """A bag as one file, to be sealed."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as bag:
        for name in sorted(files):
            bag.writestr(zipfile.ZipInfo(name), files[name])
    return packed.getvalue()


def _read(folder: str, exhibit: Exhibit) -> dict[str, bytes]:
    files = {
        f"{folder}/record.cbor": exhibit.encoding,
        f"{folder}/chain.cbor": exhibit.span.encode(),
        f"{folder}/keys.cbor": cbor.encode(dict(exhibit.keys)),
        f"{folder}/read.json": verify_bag.as_json(exhibit.camera, cbor.decode(exhibit.plain)),
    }
    for kind, (sealed, opened) in exhibit.pictures.items():
        files[f"{folder}/{_NAMES[Picture(kind)]}.sealed"] = sealed
        files[f"{folder}/{_NAMES[Picture(kind)]}.jpg"] = opened
    return files
