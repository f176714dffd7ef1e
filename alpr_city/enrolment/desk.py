"""Who gets a certificate: decided here, spoken elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.x509.oid import NameOID

from alpr_city.ca import Authority
from alpr_city.enrolment.codes import Codes
from alpr_city.enrolment.wishes import Wishes
from alpr_city.errors import AuthorityError, CityError
from alpr_wire.bundles import HASH_BYTES
from alpr_wire.enrolment import Grant, open_request
from alpr_wire.errors import WireError

EXPIRED_MOST = timedelta(days=120)
"""How long after its end a certificate may still do one thing: renew."""
_NEW_CODE = "ask the city for a new code"


class RefusedError(CityError):
    """No certificate, and one line that says why; `status` is HTTP's."""

    def __init__(self, status: int, what: str, *, fix: str | None = None) -> None:
        super().__init__(what, fix=fix)
        self.status = status


class Desk:
    """Answers enrolment requests of cameras that the TLS layer has authenticated, or not yet."""

    def __init__(
        self,
        authority: Authority,
        codes: Codes,
        *,
        state_of: Callable[[str], str | None],
        admit: Callable[[bytes, str, bytes], Grant],
        put_out: Callable[[str], None],
        wishes: Wishes,
    ) -> None:
        """The register and the vault, as three functions.

        `state_of` gives a camera's state, None before admission; `admit` takes a request, a site
        and the certificate (PEM) that the camera holds; `put_out` decommissions.
        """
        self._authority, self._codes = authority, codes
        self._state_of, self._admit, self._put_out = state_of, admit, put_out
        self._wishes = wishes

    def enrol(self, csr: bytes, camera: str, secret: bytes) -> bytes | None:
        """A first certificate (PEM) for a one-time code; None while a second person is awaited.

        Raises:
            RefusedError: The code, the name or the request is no good.
        """
        row = self._codes.find(secret)
        if row is None:
            raise RefusedError(401, "this code is not known here", fix=_NEW_CODE)
        if row.expires_s < time.time():
            raise RefusedError(403, "this code has expired", fix=_NEW_CODE)
        if row.done:
            raise RefusedError(403, "this code was used already", fix=_NEW_CODE)
        if row.camera != camera:
            raise RefusedError(403, f"this code is for another camera than {camera}")
        if self._state_of(camera) not in (None, "active"):
            raise RefusedError(403, f"{camera} was put out", fix="give the camera a new name")
        if row.waits:
            return None
        if not self._codes.bind(row.id, _public_key(csr)):
            raise RefusedError(
                403,
                "this code was used by another machine",
                fix="if that was not you, tell the city now; ask for a new code",
            )
        return self._issue(csr, camera, "enrolled")

    def renew(self, held: x509.Certificate, csr: bytes) -> bytes:
        """A new certificate (PEM) for one that is held, or that expired not too long ago.

        Raises:
            RefusedError: It expired too long ago, or the camera is out or revoked.
        """
        camera = self._standing(held)
        if held.not_valid_after_utc + EXPIRED_MOST < datetime.now(UTC):
            raise RefusedError(
                403,
                f"the certificate expired more than {EXPIRED_MOST.days} days ago",
                fix="enrol the camera anew, with a code of the city",
            )
        return self._issue(csr, camera, "renewed")

    def grant(self, held: x509.Certificate, request: bytes) -> Grant:
        """What a camera with a fresh certificate must know of the city; it is admitted by that.

        Raises:
            RefusedError: Expired, put out, or the request is another camera's.
        """
        camera = self._current(held)
        try:
            asked = open_request(request)
        except WireError as error:
            raise RefusedError(400, f"this request is no good: {error}") from error
        if asked.camera != camera:
            raise RefusedError(403, "the request names another camera than the certificate")
        pem = held.public_bytes(serialization.Encoding.PEM)
        granted = self._admit(request, self._codes.site_of(camera), pem)
        self._codes.complete(camera)
        return granted

    def desired(self, held: x509.Certificate) -> bytes:
        """The settings that are wanted on a camera, signed; empty for none.

        Raises:
            RefusedError: It is out, or its certificate has expired.
        """
        return self._wishes.wanted(self._current(held))

    def bundle(self, held: x509.Certificate, digest: bytes) -> bytes:
        """Models that the city wants on cameras, by their hash.

        Raises:
            RefusedError: It is out, its certificate has expired, or there are no such models.
        """
        self._current(held)
        found = self._wishes.bundle(digest) if len(digest) == HASH_BYTES else None
        if found is None:
            raise RefusedError(404, "there are no such models here")
        return found

    def report(self, held: x509.Certificate, outcome: bytes) -> None:
        """What became of them.

        Raises:
            RefusedError: As above, or it is no report.
        """
        camera = self._current(held)
        try:
            self._wishes.report(camera, outcome)
        except ValueError as error:
            raise RefusedError(400, "this is no report") from error

    def farewell(self, held: x509.Certificate) -> str:
        """Put out a camera that was told to end, at its own word; its name.

        Raises:
            RefusedError: It is out already, or its certificate has expired.
        """
        camera = self._current(held)
        self._put_out(camera)
        return camera

    def _issue(self, csr: bytes, camera: str, why: str) -> bytes:
        try:
            issued = self._authority.issue_device(csr, camera)
        except AuthorityError as error:
            raise RefusedError(400, str(error)) from error
        self._codes.note_issued(issued.serial, camera, why)
        return issued.certificate

    def _current(self, held: x509.Certificate) -> str:
        if held.not_valid_after_utc < datetime.now(UTC):
            raise RefusedError(403, "the certificate has expired and may only renew")
        return self._standing(held)

    def _standing(self, held: x509.Certificate) -> str:
        """The camera's name, where neither it nor this certificate was put out."""
        camera = str(held.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)
        if self._authority.is_revoked(held.serial_number):
            raise RefusedError(403, f"{camera}: this certificate was revoked")
        state = self._state_of(camera)
        if state not in (None, "active"):
            raise RefusedError(403, f"{camera} was put out as {state}")
        return camera


def _public_key(csr: bytes) -> bytes:
    try:
        request = x509.load_pem_x509_csr(csr)
    except ValueError as error:
        raise RefusedError(400, "this is no certificate request") from error
    return request.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
