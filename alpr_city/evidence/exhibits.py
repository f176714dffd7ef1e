"""Gathers what a bag needs of a read: from the tables its proof, from the vault its contents."""

from __future__ import annotations

from typing import Any

from alpr_city.errors import EvidenceError
from alpr_city.evidence.bag import Exhibit, Span
from alpr_city.evidence.verify_bag import sha
from alpr_city.proof.inclusion import Inclusion
from alpr_city.reads.models import Camera


def exhibit(proof: Inclusion | None, encoding: bytes, sealed: list[list[Any]], row: Any) -> Exhibit:
    """One read: its proof, its bytes as stored, its sealed pictures, and the vault's row.

    Raises:
        EvidenceError: The camera has not signed a head after it yet.
    """
    if proof is None:
        raise EvidenceError(
            "a read stands where the camera has signed nothing after it",
            fix="wait for the camera's next batch; where records are missing, `verify-camera`",
        )
    keys, plain, opened = row
    pictures = dict(sealed)
    return Exhibit(
        camera=proof.camera,
        signing_key=bytes(Camera.objects.get(name=proof.camera).signing_key),
        stream=proof.stream,
        seq=proof.seq,
        encoding=encoding,
        span=Span(
            before=proof.before,
            first=proof.seq,
            digests=(sha(encoding), *proof.after),
            signature=proof.signature,
        ),
        keys=keys,
        plain=plain,
        pictures={kind: (pictures[kind], data) for kind, data in opened},
    )
