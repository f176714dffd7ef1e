"""The camera's side of enrolment: EST (RFC 7030) over HTTPS, with the city pinned by the code."""

from __future__ import annotations

import base64
import http.client
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs7

from alpr_edge import device_key
from alpr_edge.errors import EnrollError
from alpr_wire import bundles
from alpr_wire.enrolment_code import EnrolmentCode, pin_of

EST = "/.well-known/est/"
PORT = 8445
TIMEOUT_S = 20.0
MOST_BYTES = 256 * 1024
MOST_CLOCK_S = 120.0
AGAIN = "run the same command again; what is done is kept"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the endpoint is."""

    host: str
    port: int

    @classmethod
    def of(cls, url: str) -> Place:
        """From an address as people write it.

        Raises:
            EnrollError: It is no https address.
        """
        try:
            parts = urlsplit(url)
            port = parts.port or PORT
        except ValueError:
            parts, port = urlsplit(""), 0
        if parts.scheme != "https" or not parts.hostname or parts.path not in ("", "/"):
            raise EnrollError(f"{url}: no address of a city", fix="write it as https://HOST[:PORT]")
        return cls(host=parts.hostname, port=port)

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Status, body and the server's clock."""

    status: int
    body: bytes
    at: datetime | None


def pinned(place: Place, code: EnrolmentCode) -> bytes:
    """The authority (PEM) of the city that issued the code.

    The first connection trusts nobody and sends nothing; the authorities it hears of count only
    if the code names one of them.

    Raises:
        EnrollError: It is another city's, it does not answer, or this clock is wrong.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    answer = _call(place, context, "GET", EST + "cacerts")
    try:
        found = _certificates(answer.body)
    except ValueError as error:
        raise EnrollError(
            f"{place}: is no enrolment endpoint", fix="check address and port"
        ) from error
    for certificate in found:
        if pin_of(certificate.public_bytes(serialization.Encoding.DER)) == code.pin:
            _check_clock(answer.at)
            return certificate.public_bytes(serialization.Encoding.PEM)
    raise EnrollError(
        f"{place}: is not the city that issued this code",
        fix="check the address; if it is right, somebody stands between: tell the city",
    )


class Endpoint:
    """The enrolment endpoint of a city whose authority is known."""

    def __init__(
        self, place: Place, authority: bytes, papers: tuple[Path, Path] | None = None
    ) -> None:
        """`papers` are certificate and key, once there are some.

        Raises:
            EnrollError: They do not fit together.
        """
        self._place = place
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self._context.minimum_version = ssl.TLSVersion.TLSv1_3
        try:
            self._context.load_verify_locations(cadata=authority.decode())
            if papers:
                device_key.ready(papers[1])
                self._context.load_cert_chain(papers[0], papers[1])
        except (OSError, ssl.SSLError, ValueError) as error:
            raise EnrollError(
                "certificate and key of this camera do not fit", fix="enrol it with a new code"
            ) from error

    def enrol(
        self,
        csr: x509.CertificateSigningRequest,
        camera: str,
        code: EnrolmentCode,
        wait: Callable[[], bool],
    ) -> bytes:
        """The first certificate, PEM. `wait` is called while a second person is awaited.

        Raises:
            EnrollError: The city refused, or `wait` gave up.
        """
        basic = base64.b64encode(f"{camera}:{code.secret.hex()}".encode()).decode()
        while True:
            answer = self._post(EST + "simpleenroll", _pkcs10(csr), f"Basic {basic}")
            if answer.status != 202:
                return _one(answer, self._place)
            if not wait():
                raise EnrollError("nobody has approved this camera yet", fix=AGAIN)

    def renew(self, csr: x509.CertificateSigningRequest) -> bytes:
        """A new certificate, PEM, for the one that is shown.

        Raises:
            EnrollError: The city refused.
        """
        return _one(self._post(EST + "simplereenroll", _pkcs10(csr)), self._place)

    def grant(self, request: bytes) -> bytes:
        """What this camera must know of the city.

        Raises:
            EnrollError: The city refused.
        """
        return _good(self._post("/alpr/v1/grant", request))

    def desired(self) -> bytes:
        """The settings that the city wants here, signed; empty where it wants nothing else.

        Raises:
            EnrollError: The city refused.
        """
        return _good(self._post("/alpr/v1/desired", b""))

    def models(self, digest: bytes) -> bytes:
        """A bundle of models that the city wants here, by its hash.

        Raises:
            EnrollError: The city refused, or has no such models.
        """
        return _good(self._post("/alpr/v1/models", digest, most_bytes=bundles.MOST_BYTES))

    def report(self, outcome: bytes) -> None:
        """Tell what became of them.

        Raises:
            EnrollError: The city refused.
        """
        _good(self._post("/alpr/v1/report", outcome))

    def farewell(self) -> str:
        """Have the city put this camera out; its word for it.

        Raises:
            EnrollError: The city refused.
        """
        return _good(self._post("/alpr/v1/farewell", b"")).decode("ascii", "replace")

    def _post(
        self,
        path: str,
        body: bytes,
        authorization: str | None = None,
        most_bytes: int = MOST_BYTES,
    ) -> Answer:
        headers = {"Content-Type": "application/pkcs10", "Content-Transfer-Encoding": "base64"}
        if authorization:
            headers["Authorization"] = authorization
        return _call(self._place, self._context, "POST", path, body, headers, most_bytes)


def _call(
    place: Place,
    context: ssl.SSLContext,
    method: str,
    path: str,
    body: bytes | None = None,
    headers: dict[str, str] | None = None,
    most_bytes: int = MOST_BYTES,
) -> Answer:
    link = http.client.HTTPSConnection(place.host, place.port, timeout=TIMEOUT_S, context=context)
    try:
        link.request(method, path, body, headers or {})
        response = link.getresponse()
        date = response.getheader("Date")
        return Answer(
            status=response.status,
            body=response.read(most_bytes),
            at=parsedate_to_datetime(date) if date else None,
        )
    except ssl.SSLCertVerificationError as error:
        if "expired" in error.verify_message or "not yet valid" in error.verify_message:
            raise EnrollError(
                f"by this clock ({_now()}) the city's certificate is not valid", fix=_SET_CLOCK
            ) from error
        raise EnrollError(
            f"{place}: is not the city of this camera ({error.verify_message})",
            fix="check the address; if it is right, somebody stands between: tell the city",
        ) from error
    except TimeoutError as error:
        raise EnrollError(
            f"{place}: did not answer within {TIMEOUT_S:.0f} s", fix=f"check the link, then {AGAIN}"
        ) from error
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise EnrollError(
            f"{place}: cannot be reached ({reason})",
            fix=f"check address, cable and firewall, then {AGAIN}",
        ) from error
    finally:
        link.close()


_SET_CLOCK = "set the clock: sudo timedatectl set-ntp true, and look with timedatectl"


def _check_clock(city: datetime | None) -> None:
    if city is None:
        return
    off_s = (datetime.now(UTC) - city).total_seconds()
    if abs(off_s) > MOST_CLOCK_S:
        raise EnrollError(
            f"this clock says {_now()}, the city's {city:%Y-%m-%d %H:%M} UTC", fix=_SET_CLOCK
        )


def _now() -> str:
    return f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"


def _pkcs10(csr: x509.CertificateSigningRequest) -> bytes:
    return base64.encodebytes(csr.public_bytes(serialization.Encoding.DER))


def _certificates(body: bytes) -> list[x509.Certificate]:
    return pkcs7.load_der_pkcs7_certificates(base64.b64decode(b"".join(body.split())))


def _good(answer: Answer) -> bytes:
    if answer.status == 200:
        return answer.body
    line = answer.body.decode("utf-8", "replace").splitlines() or ["nothing"]
    told = "".join(c for c in line[0][:200] if c.isprintable())
    what, _, fix = told.partition(". Fix: ")
    raise EnrollError(f"the city says: {what}", fix=fix or None, permanent=answer.status < 500)


def _one(answer: Answer, place: Place) -> bytes:
    try:
        return _certificates(_good(answer))[0].public_bytes(serialization.Encoding.PEM)
    except (ValueError, IndexError) as error:
        raise EnrollError(f"{place}: its answer holds no certificate", fix=AGAIN) from error
