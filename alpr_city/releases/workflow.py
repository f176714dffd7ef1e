"""A request of an agency: entered by one person, decided by a second. Refusals are on record."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NoReturn
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

from alpr_city.door.door import staff
from alpr_city.errors import ReleaseError
from alpr_city.people.journal import note, vault
from alpr_city.people.models import Person
from alpr_city.policy import in_force
from alpr_city.releases.models import Memorandum, Release
from alpr_city.releases.register import Agency, agencies
from alpr_wire.reads import CHARACTERS, MOST_CHARACTERS

State = Release.State
MOST_DOCUMENT_BYTES = 10 << 20
_DOCUMENTS = {b"%PDF-": "PDF", b"\x89PNG": "PNG", b"\xff\xd8\xff": "JPEG"}


def register() -> dict[str, Agency]:
    """The agencies of this city's register."""
    return agencies(settings.CITY.files.path)


def ask(
    by: Person,
    *,
    agency: str,
    person: str,
    purpose: str,
    description: str,
    document: bytes | None = None,
    memorandum: Memorandum | None = None,
) -> Release:
    """Enter a written request.

    Raises:
        ReleaseError: The agency may receive nothing or only counts, or something is missing; the
            refusal is on record.
    """
    found = register().get(agency)
    if found is None:
        refused(by, "an agency outside the register", "only California public agencies in the"
                " register receive ALPR information (Civil Code 1798.90.55)")  # fmt: skip
    if not found.plates:
        refused(by, f"plates for {found.code}", f"{found.name} is neither law enforcement nor a"
                " prosecutor: it gets counts alone. Enter a request for counts")  # fmt: skip
    if purpose not in in_force().searchable():
        refused(by, "a purpose outside the policy", f"the policy has no purpose {purpose!r}")
    for name, text in (("person", person), ("description", description)):
        if not text.strip():
            raise ReleaseError(f"a written request names the {name}")
    if document is None and memorandum is None:
        raise ReleaseError("attach the agency's letter, or name a memorandum of understanding")
    if document is not None:
        check_document(document, "letter")
    if memorandum is not None:
        check_memorandum(by, memorandum, found.code)
    label = uuid.uuid4().hex
    papers = {"description": description.strip().encode()}
    papers |= {} if document is None else {"document": document}
    access = access_for(by, "release.ask", label, {"agency": found.code})
    _, sealed = vault().call("release_file", access, label, papers)
    with transaction.atomic():  # no request that is not on record
        made: Release = Release.objects.create(
            label=label,
            agency=found.code,
            agency_name=found.name,
            person=person.strip(),
            purpose=purpose,
            description=sealed["description"],
            document=sealed.get("document"),
            document_sha256="" if document is None else hashlib.sha256(document).hexdigest(),
            memorandum=memorandum,
            entered_by=by.username,
            policy=in_force().version,
        )
        note("release.asked", by.username, f"release {made.pk} for {found.code}")
    return made


def check_document(document: bytes, what: str) -> None:
    """A scan that people can open, and no more.

    Raises:
        ReleaseError: It is of another kind, or too large.
    """
    if not any(document.startswith(magic) for magic in _DOCUMENTS):
        raise ReleaseError(f"the {what} is none of {', '.join(_DOCUMENTS.values())}")
    if len(document) > MOST_DOCUMENT_BYTES:
        raise ReleaseError(f"the {what} is larger than 10 MB")


def papers(by: Person, release: Release) -> dict[str, bytes]:
    """Description and letter, in the clear; looking is an access, on record."""
    sealed = {"description": bytes(release.description)}
    if release.document is not None:
        sealed["document"] = bytes(release.document)
    access = access_for(by, "release.read", release.label, {"release": release.pk})
    _, opened = vault().call("release_papers", access, release.label, sealed)
    return dict(opened)


def approve(
    by: Person,
    release: Release,
    *,
    cameras: Sequence[str],
    first: date,
    last: date,
    plates: Sequence[str],
) -> None:
    """Approve a request for these cameras and days, and these plates alone where some are named.

    Raises:
        ReleaseError: By who entered it; decided before; the memorandum or the policy has run out.
    """
    _undecided(by, release)
    still_allowed(by, release)
    wrong = [p for p in plates if not 2 <= len(p) <= MOST_CHARACTERS or set(p) - CHARACTERS]
    if wrong:
        raise ReleaseError("a plate is 2 to 16 of A-Z and 0-9, without spaces")
    if not cameras or first > last:
        raise ReleaseError(
            "an approval names cameras, and a period that does not end before it begins"
        )
    scope: dict[str, Any] = {
        "cameras": sorted(cameras),
        "first_us": _midnight_us(first),
        "after_us": _midnight_us(last + timedelta(1)),
        "plates": sorted(set(plates)),
    }
    access = access_for(by, "release.approve", release.label, scope)
    _, sealed = vault().call("release_approve", access, release.label, release.entered_by, scope)
    release.scope, release.cameras = sealed, sorted(cameras)
    release.first, release.last, release.plates = first, last, len(scope["plates"])
    note("release.approved", by.username, f"release {release.pk} for {release.agency}")
    _decide(by, release, State.APPROVED, "")


def refuse(by: Person, release: Release, why: str) -> None:
    """Refuse a request; it stays on file with the reason.

    Raises:
        ReleaseError: No reason; by who entered it; decided before.
    """
    _undecided(by, release)
    if not why.strip():
        raise ReleaseError("a refusal gives its reason")
    note("release.refused", by.username, f"release {release.pk} for {release.agency}")
    _decide(by, release, State.REFUSED, why.strip())


def still_allowed(by: Person, release: Release) -> None:
    """What must hold at every step, not only at the first.

    Raises:
        ReleaseError: The agency left the register, the memorandum ran out, the purpose is gone.
    """
    found = register().get(release.agency)
    if found is None or not found.plates:
        refused(
            by, f"release {release.pk}", f"{release.agency_name} may receive no plates any more"
        )
    if release.memorandum is not None:
        check_memorandum(by, release.memorandum, release.agency)
    if release.purpose not in in_force().searchable():
        refused(by, f"release {release.pk}", "the policy in force no longer has its purpose")


def check_memorandum(by: Person, memorandum: Memorandum, agency: str) -> None:
    """A memorandum is with this agency, on file, and in force.

    Raises:
        ReleaseError: It is not.
    """
    if memorandum.agency != agency:
        refused(by, "another agency's memorandum", "the memorandum is with another agency")
    if memorandum.document is None:
        refused(by, "a memorandum without its document", "the memorandum itself is not on file")
    if not memorandum.signed_on <= datetime.now(UTC).date() <= memorandum.expires_on:
        refused(by, "a memorandum not in force", "the memorandum is not in force")


def refused(by: Person, what: str, why: str) -> NoReturn:
    """Put a refusal on record and say it."""
    note("release.refused", by.username, what)
    raise ReleaseError(why)


def access_for(
    by: Person, action: str, label: str, query: dict[str, Any], to: Release | None = None
) -> dict[str, Any]:
    """The fields of the vault's `Access` for work on a release; `to` names who gets something."""
    case, reason = f"release {label[:8]}", "an agency's written request"
    if to is not None:
        reason = f"release to {to.agency_name}, on the written request of {to.person}"
    return staff(by, action=action, purpose="release", case=case, reason=reason, query=query)


def _undecided(by: Person, release: Release) -> None:
    if release.state != State.ASKED:
        raise ReleaseError(f"release {release.pk} was decided by {release.decided_by}")
    if by.username == release.entered_by:
        refused(by, f"own request {release.pk}", "who enters a request does not decide on it")


def _decide(by: Person, release: Release, state: Any, why: str) -> None:
    release.state, release.decided_by, release.why = state, by.username, why
    release.decided_at, release.policy = datetime.now(UTC), in_force().version
    release.save()


def _midnight_us(day: date) -> int:
    at = datetime.combine(day, time(), ZoneInfo(settings.CITY.city.zone))
    return int(at.timestamp()) * 1_000_000
