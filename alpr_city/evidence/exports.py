"""Exports the reads of a hold to a sealed bag, and keeps the chain of custody."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from alpr_city.door.door import staff
from alpr_city.errors import EvidenceError
from alpr_city.evidence import bag as bags
from alpr_city.evidence.exhibits import exhibit
from alpr_city.evidence.models import Custody, Export
from alpr_city.evidence.seal import Recipient, seal
from alpr_city.people.journal import note, vault
from alpr_city.people.models import Person
from alpr_city.proof.inclusion import Inclusion
from alpr_city.retention.models import BASES, HeldRead, Hold
from alpr_wire import cbor

LOG_SPAN = 20_000
"""How far back a bag shows its case's access records; of others it carries the digest alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What an export must say."""

    why: str
    recipient: str
    medium: str
    keys: Sequence[Recipient]
    part: int = 1


def parts(hold: Hold) -> int:
    """How many bags a hold fills."""
    return -(-int(hold.reads.count()) // bags.MOST_READS)


def export(by: Person, hold: Hold, wanted: Wanted) -> tuple[Export, bytes]:
    """The sealed bag of a hold, or of one part of it.

    Raises:
        EvidenceError: The hold was released, or something is not said.
        CityError: The vault refused, or a read cannot be proven.
    """
    if hold.released_at is not None:
        raise EvidenceError("this hold was released; its key is gone")
    for name in ("why", "recipient", "medium"):
        if not getattr(wanted, name).strip():
            raise EvidenceError(f"an export says its {name}")
    first = bags.MOST_READS * (wanted.part - 1)
    reads = list(hold.reads.order_by("captured_us", "pk")[first : first + bags.MOST_READS])
    if not reads:
        raise EvidenceError(f"part {wanted.part} of this hold is empty")
    pictures = [[[p.kind, bytes(p.sealed)] for p in r.pictures.order_by("kind")] for r in reads]
    asked = [
        [r.camera, f"case/{hold.label}", bytes(r.encoding), bytes(r.wrapped), sealed]
        for r, sealed in zip(reads, pictures, strict=True)
    ]
    query = {"hold": hold.pk, "part": wanted.part, "medium": wanted.medium}
    access = staff(
        by,
        action="evidence.export",
        purpose="evidence",
        case=hold.case,
        reason=wanted.why,
        query=query,
    )
    client, root = vault(), settings.CITY.files.root_public.read_bytes()
    record, rows = client.call("evidence_open", access, asked)
    exhibits = [
        exhibit(_proof(read), bytes(read.encoding), sealed, row)
        for read, sealed, row in zip(reads, pictures, rows, strict=True)
    ]
    facts = {
        "organisation": by.organisation.name,
        "exported_by": f"{by.name} ({by.username})",
        "exported_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "case": hold.case,
        "basis": BASES[hold.basis],
        "why": wanted.why,
        "recipient": wanted.recipient,
        "medium": wanted.medium,
        "part": f"{wanted.part} of {parts(hold)}",
        "policy": str(access["policy"]),
    }
    proof = cbor.encode(client.call("evidence_proof", record, max(record - LOG_SPAN, 0)))
    certify = access | {"action": "evidence.certify"}
    files = bags.build(
        exhibits,
        proof,
        record,
        facts,
        lambda body: cbor.encode([root, *client.call("evidence_certify", certify, body)]),
    )
    package = seal(bags.pack(files), list(wanted.keys))
    with transaction.atomic():
        made = Export.objects.create(
            hold=hold,
            part=wanted.part,
            exported_by=by.username,
            exported_at=datetime.now(UTC),
            why=wanted.why,
            recipient=wanted.recipient,
            sealed_to=[key.fingerprint for key in wanted.keys],
            medium=wanted.medium,
            reads=len(reads),
            record=record,
            package_sha256=hashlib.sha256(package).hexdigest(),
            policy=str(access["policy"]),
        )
        enter(by, made, Custody.Step.EXPORTED, by.name)
    return made, package


def enter(
    by: Person, made: Export, step: Any, holder: str, reference: str = "", remark: str = ""
) -> Custody:
    """Enter one step of a medium's way.

    Raises:
        EvidenceError: It names no holder, or a booking no reference.
    """
    if step not in Custody.Step.values:
        raise EvidenceError("there is no such step")
    if not holder.strip():
        raise EvidenceError("a step says who has the medium from then on")
    if step == Custody.Step.BOOKED and not reference.strip():
        raise EvidenceError("a booking has its reference")
    note("evidence.custody", by.username, f"export {made.pk}: {step}")
    entered: Custody = Custody.objects.create(
        export=made,
        step=step,
        at=datetime.now(UTC),
        entered_by=by.username,
        holder=holder.strip(),
        reference=reference.strip(),
        remark=remark.strip(),
    )
    return entered


def _proof(read: HeldRead) -> Inclusion | None:
    return None if read.proof is None else Inclusion.decode(bytes(read.proof))
