"""Memoranda of understanding: filed with their document, which is sealed, and read on record."""

from __future__ import annotations

import hashlib
import uuid
from datetime import date

from django.db import transaction

from alpr_city.errors import ReleaseError
from alpr_city.people.journal import note, vault
from alpr_city.people.models import Person
from alpr_city.releases.models import Memorandum
from alpr_city.releases.workflow import access_for, check_document, refused, register


def file(
    by: Person, *, agency: str, title: str, signed_on: date, expires_on: date, document: bytes
) -> Memorandum:
    """Put an agreement on file.

    Raises:
        ReleaseError: With an agency that may receive no plates, or something of it is wrong.
    """
    found = register().get(agency)
    if found is None or not found.plates:
        refused(by, "a memorandum with an agency outside the register", "only California law"
                " enforcement and prosecutors in the register receive plates")  # fmt: skip
    if not title.strip():
        raise ReleaseError("a memorandum has a title")
    if signed_on > expires_on:
        raise ReleaseError("a memorandum does not end before it was signed")
    check_document(document, "memorandum")
    label = uuid.uuid4().hex
    access = access_for(by, "release.memorandum", label, {"agency": found.code})
    _, sealed = vault().call("release_file", access, label, {"document": document})
    with transaction.atomic():
        made: Memorandum = Memorandum.objects.create(
            agency=found.code,
            title=title.strip(),
            signed_on=signed_on,
            expires_on=expires_on,
            filed_by=by.username,
            label=label,
            document=sealed["document"],
            document_sha256=hashlib.sha256(document).hexdigest(),
        )
        note("release.memorandum", by.username, f"{made.pk} with {made.agency}")
    return made


def read(by: Person, memorandum: Memorandum) -> bytes:
    """Its document, in the clear; looking is an access, on record."""
    sealed = {"document": bytes(memorandum.document)}
    access = access_for(by, "release.read", memorandum.label, {"memorandum": memorandum.pk})
    _, opened = vault().call("release_papers", access, memorandum.label, sealed)
    return bytes(opened["document"])
