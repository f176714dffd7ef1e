"""Models on their way to a camera: a tar of networks and manifests, named by its hash."""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Mapping

from alpr_wire.errors import WireError

NAMES = frozenset(
    f"plate_{name}.{end}"
    for name in ("detector", "detector_near", "ocr")
    for end in ("toml", "tflite")
)
"""What must be in it."""
ALLOWED = NAMES | {
    "plate_ocr_two.toml",
    "plate_ocr_two.tflite",
    "plate_syntax.toml",
}
MOST_BYTES = 32 << 20
HASH_BYTES = 32


def pack(files: Mapping[str, bytes]) -> bytes:
    """The bundle; the same files give the same bytes.

    Raises:
        WireError: A file is missing or has no place in it, or all are too long.
    """
    _check(files)
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name in sorted(files):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(files[name]), 0o644
            tar.addfile(entry, io.BytesIO(files[name]))
    if out.tell() > MOST_BYTES:
        raise WireError(f"a bundle of models is longer than {MOST_BYTES} bytes")
    return out.getvalue()


def unpack(data: bytes, digest: bytes) -> dict[str, bytes]:
    """The files of a bundle, once its SHA-256 is the one that the city signed.

    Raises:
        WireError: It is another, or holds something else than models.
    """
    if len(data) > MOST_BYTES or hashlib.sha256(data).digest() != digest:
        raise WireError("the bundle of models is not the one that the city names")
    files: dict[str, bytes] = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as tar:
            for entry in tar:
                held = tar.extractfile(entry) if entry.isreg() else None
                if held is None or entry.name in files:
                    raise WireError("the bundle of models is malformed")
                files[entry.name] = held.read()
    except tarfile.TarError as error:
        raise WireError("the bundle of models is malformed") from error
    _check(files)
    return files


def _check(files: Mapping[str, bytes]) -> None:
    missing, foreign = sorted(NAMES - set(files)), sorted(set(files) - ALLOWED)
    if missing:
        raise WireError(f"the bundle of models lacks {missing[0]}")
    if foreign:
        raise WireError("the bundle of models holds what is no model")
