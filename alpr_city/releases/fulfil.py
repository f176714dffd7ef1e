"""Makes an approved release: finds, opens within the scope, bags, seals, hands over."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from alpr_city.errors import ReleaseError
from alpr_city.evidence import bag as bags
from alpr_city.evidence.exhibits import exhibit
from alpr_city.evidence.seal import Recipient, seal
from alpr_city.people.journal import note, vault
from alpr_city.people.models import Person
from alpr_city.policy import in_force
from alpr_city.proof.inclusion import inclusion
from alpr_city.reads.models import Stream
from alpr_city.reads.pictures import PictureStore
from alpr_city.releases.models import Package, Release
from alpr_city.releases.workflow import access_for, refused, register, still_allowed
from alpr_wire import cbor

State = Release.State


def fulfil(by: Person, release: Release, recipient: Recipient) -> bytes:
    """The sealed package of an approved release. Custody passes where the register says so.

    Raises:
        ReleaseError: Not approved; by who entered or approved it; nothing or too much is found.
        CityError: The vault refused, or a read cannot be proven.
    """
    if release.state != State.APPROVED:
        refused(
            by, f"release {release.pk} is {release.state}", "only an approved request is fulfilled"
        )
    record, reads, package = _make(by, release, recipient)
    agency = register()[release.agency]
    with transaction.atomic():
        release.state, release.fulfilled_by = State.FULFILLED, by.username
        release.fulfilled_at, release.record = datetime.now(UTC), record
        release.reads, release.recipient = reads, recipient.fingerprint
        release.package_sha256 = hashlib.sha256(package).hexdigest()
        release.custody = agency.name if agency.custody else ""
        release.save()
        _keep(by, release, record, reads, package)
        note("release.fulfilled", by.username,
             f"release {release.pk}: {reads} reads to {release.agency}")  # fmt: skip
        if agency.custody:
            note("release.custody", by.username, f"release {release.pk} passes to {release.agency}")
    return package


def again(by: Person, release: Release, recipient: Recipient) -> bytes:
    """The package once more, where it was lost on its way: to the same key, and not for ever.

    Raises:
        ReleaseError: It was never made, too long ago, or is wanted for another key; and as above.
        CityError: As above.
    """
    if release.state != State.FULFILLED:
        refused(by, f"release {release.pk} is {release.state}", "this release was not made yet")
    if not may_again(release):
        refused(
            by,
            f"release {release.pk} again, too late",
            f"a package is sealed again within {in_force().release_again_days} days alone:"
            " have it asked for anew",
        )
    if recipient.fingerprint != release.recipient:
        refused(
            by,
            f"release {release.pk} again, to another key",
            "a package is sealed again to the key that it was made for, and no other",
        )
    record, reads, package = _make(by, release, recipient)
    with transaction.atomic():
        _keep(by, release, record, reads, package)
        note("release.again", by.username, f"release {release.pk}: {reads} reads")
    return package


def may_again(release: Release) -> bool:
    """Whether a package may still be sealed again."""
    made_at = release.fulfilled_at
    return made_at is not None and datetime.now(UTC) < made_at + timedelta(
        days=in_force().release_again_days
    )


def _make(by: Person, release: Release, recipient: Recipient) -> tuple[int, int, bytes]:
    """Access record, number of reads, and the package."""
    if by.username in (release.entered_by, release.decided_by):
        refused(by, f"own release {release.pk}", "who asked or approved does not fulfil")
    still_allowed(by, release)
    scope_sealed = bytes(release.scope)
    access = access_for(by, "release.find", release.label, {"release": release.pk})
    _, scope, buckets = vault().call(
        "release_find", access, release.label, scope_sealed, _days(release)
    )
    rows = _rows(scope, buckets)
    if len(rows) > 4 * bags.MOST_READS:
        raise ReleaseError("too many reads", fix="refuse it and have it asked in parts")
    pictures = PictureStore(settings.CITY.files.pictures)
    try:
        asked = [
            [camera, str(day), encoding, wrapped,
             [[k, d] for k, d in pictures.get(day, stream, seq)]]
            for camera, stream, seq, day, encoding, wrapped in rows
        ]  # fmt: skip
    finally:
        pictures.close()
    query = {"agency": release.agency}
    access = access_for(by, "release.fulfil", release.label, query, to=release)
    record, opened = vault().call("release_fulfil", access, release.label, scope_sealed, asked)
    exhibits = [
        exhibit(inclusion(Stream.objects.get(pk=row[1]), row[2]), row[4], read[4], found)
        for row, read, found in zip(rows, asked, opened, strict=True)
        if found is not None
    ]
    if not exhibits:
        raise ReleaseError("nothing in the approved scope is stored", fix="tell the agency so")
    package = seal(bags.pack(_bag(by, release, record, exhibits, access)), [recipient])
    return record, len(exhibits), package


def _keep(by: Person, release: Release, record: int, reads: int, package: bytes) -> None:
    Package.objects.create(
        release=release,
        made_by=by.username,
        made_at=datetime.now(UTC),
        record=record,
        reads=reads,
        recipient=release.recipient,
        sha256=hashlib.sha256(package).hexdigest(),
    )


def _bag(
    by: Person, release: Release, record: int, exhibits: list[bags.Exhibit], access: dict[str, Any]
) -> dict[str, bytes]:
    client, root = vault(), settings.CITY.files.root_public.read_bytes()
    facts = {
        "organisation": by.organisation.name,
        "exported_by": f"{by.name} ({by.username})",
        "case": str(access["case"]),
        "why": f"release {release.pk}, purpose {release.purpose}, approved by {release.decided_by}",
        "requested_by": f"{release.person}, {release.agency_name}",
        "recipient": release.agency_name,
        "custody": f"passes to {release.agency_name}, which retains and manages it from now on"
        if register()[release.agency].custody
        else "a copy; the city keeps its own",
        "policy": release.policy,
    }
    proof = cbor.encode(client.call("evidence_proof", record, max(record - 50, 0)))
    certify = access | {"action": "release.certify"}
    return bags.build(
        exhibits,
        proof,
        record,
        facts,
        lambda body: cbor.encode([root, *client.call("evidence_certify", certify, body)]),
    )


def _days(release: Release) -> list[str]:
    """Days of receipt on which reads of the period may have come, backlog included."""
    first, until = release.first - timedelta(1), datetime.now(UTC).date()
    return [str(first + timedelta(n)) for n in range((until - first).days + 1)]


def _rows(scope: dict[str, Any], buckets: list[list[Any]]) -> list[tuple[Any, ...]]:
    marks = ", ".join(["%s"] * len(scope["cameras"]))
    sql = (
        "SELECT s.camera_id, r.stream_id, r.seq, r.day, r.encoding, r.wrapped FROM record r"
        " JOIN stream s ON s.id = r.stream_id {join} WHERE s.camera_id IN ({marks})"
        " AND r.captured_us >= %s AND r.captured_us < %s AND r.wrapped IS NOT NULL {more}"
        " ORDER BY r.captured_us LIMIT 2000"
    )
    bounds = [*scope["cameras"], scope["first_us"], scope["after_us"]]
    found: dict[tuple[Any, ...], tuple[Any, ...]] = {}
    with connection.cursor() as cursor:
        for day, token in buckets if scope["plates"] else [(None, None)]:
            join, more, extra = "", "", []
            if day is not None:
                join = (
                    "JOIN token t ON t.day = r.day AND t.stream_id = r.stream_id AND t.seq = r.seq"
                )
                more, extra = "AND t.day = %s AND t.token = %s", [day, token]
            cursor.execute(sql.format(join=join, marks=marks, more=more), [*bounds, *extra])
            for camera, stream, seq, received, encoding, wrapped in cursor.fetchall():
                when = received if isinstance(received, date) else date.fromisoformat(received)
                found[stream, seq] = (camera, stream, seq, when, bytes(encoding), bytes(wrapped))
    return list(found.values())
