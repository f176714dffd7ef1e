"""EST (RFC 7030) over HTTPS, and calls of our own beside it.

GET  /.well-known/est/cacerts          anyone
POST /.well-known/est/simpleenroll     HTTP Basic: the camera's name, and the code's secret
POST /.well-known/est/simplereenroll   the camera's certificate, even if it has expired
POST /alpr/v1/grant                    the camera's certificate
POST /alpr/v1/desired, report, models  the camera's certificate
POST /alpr/v1/farewell                 the camera's certificate
"""

from __future__ import annotations

import base64
import binascii
import logging
import ssl
import sys
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs7

from alpr_city.enrolment.desk import Desk, RefusedError
from alpr_city.errors import CityError, SetupError

log = logging.getLogger(__name__)

MOST_BYTES = 64 * 1024
PATIENCE_S = 15.0
RETRY_S = 5
EST = "/.well-known/est/"
# X509_V_FLAG_NO_CHECK_TIME (openssl/x509_vfy.h): the desk judges dates, since an expired
# certificate may still renew.
NO_CHECK_TIME = 0x200000


def serve(
    desk: Desk,
    authorities: bytes,
    *,
    address: tuple[str, int],
    papers: tuple[Path, Path],
    devices: Path,
    asked: Callable[[], bool],
    on_tick: Callable[[], object] = lambda: None,
    after_call: Callable[[], object] = lambda: None,
) -> None:
    """Serve until asked to stop.

    `authorities` (PEM) is what `cacerts` tells; `papers` are certificate and key of this server;
    `devices` is the authority of the cameras.

    Raises:
        SetupError: The address is taken or the papers are no good.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.verify_mode = ssl.CERT_OPTIONAL
    context.verify_flags = ssl.VerifyFlags(int(context.verify_flags) | NO_CHECK_TIME)
    try:
        context.load_cert_chain(*papers)
        context.load_verify_locations(devices)
        server = _Server(address, context, desk, authorities)
        server.after_call = after_call
    except OSError as error:
        raise SetupError(f"{address[0]}:{address[1]}: {error.strerror}") from error
    server.timeout = 0.2
    with server:
        while not asked():
            server.handle_request()
            on_tick()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    after_call: Callable[[], object]

    def __init__(
        self, address: tuple[str, int], context: ssl.SSLContext, desk: Desk, authorities: bytes
    ) -> None:
        self.context, self.desk = context, desk
        found = x509.load_pem_x509_certificates(authorities)
        self.authorities = _certs_only(found)
        super().__init__(address, _Call)

    def handle_error(self, *_: Any) -> None:
        """Nothing of a request is logged, only the kind of what went wrong."""
        log.info("a connection ended early (%s)", type(sys.exc_info()[1]).__name__)


class _Call(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "alpr", ""
    timeout = PATIENCE_S
    server: _Server

    def setup(self) -> None:
        """The handshake is made here, in this connection's own thread."""
        self.request.settimeout(PATIENCE_S)
        self.request = self.server.context.wrap_socket(self.request, server_side=True)
        super().setup()

    def finish(self) -> None:
        """Close what `setup` has wrapped, which the server does not know."""
        try:
            super().finish()
        finally:
            self.request.close()
            self.server.after_call()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Requests hold codes; what was decided is logged instead."""

    def do_GET(self) -> None:
        """What authorities there are."""
        if self.path == EST + "cacerts":
            self._answer(200, self.server.authorities, "application/pkcs7-mime")
        else:
            self._say(404, "there is nothing here")

    def do_POST(self) -> None:
        """Everything else."""
        calls = {
            EST + "simpleenroll": self._enrol,
            EST + "simplereenroll": self._renew,
            "/alpr/v1/grant": self._grant,
            "/alpr/v1/farewell": self._farewell,
            "/alpr/v1/desired": self._desired,
            "/alpr/v1/report": self._report,
            "/alpr/v1/models": self._models,
        }
        call = calls.get(self.path)
        length = self.headers.get("Content-Length", "")
        self.close_connection = True
        if call is None or not length.isdigit():
            self._say(404 if call is None else 411, "there is nothing here")
            return
        if int(length) > MOST_BYTES:
            self._say(413, "too long")
            return
        try:
            call(self.rfile.read(int(length)))
        except RefusedError as error:
            log.warning("%s refused: %s", self.path, error)
            self._say(error.status, str(error))
        except CityError as error:
            log.error("%s failed: %s", self.path, error)
            self._say(503, "the city cannot answer now. Fix: try again, and tell the city")

    def _enrol(self, body: bytes) -> None:
        name, secret = self._basic()
        certificate = self.server.desk.enrol(_csr(body), name, secret)
        if certificate is None:
            self.send_response(202)
            self.send_header("Retry-After", str(RETRY_S))
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        log.info("%s got its first certificate", name)
        self._give(certificate)

    def _renew(self, body: bytes) -> None:
        self._give(self.server.desk.renew(self._held(), _csr(body)))

    def _grant(self, body: bytes) -> None:
        granted = self.server.desk.grant(self._held(), body)
        log.info("%s is admitted", granted.camera)
        self._answer(200, granted.encode(), "application/cbor")

    def _desired(self, _body: bytes) -> None:
        self._answer(200, self.server.desk.desired(self._held()), "application/cbor")

    def _models(self, digest: bytes) -> None:
        self._answer(200, self.server.desk.bundle(self._held(), digest), "application/x-tar")

    def _report(self, body: bytes) -> None:
        self.server.desk.report(self._held(), body)
        self._say(200, "noted")

    def _farewell(self, _body: bytes) -> None:
        name = self.server.desk.farewell(self._held())
        log.info("%s said farewell", name)
        self._say(200, f"{name} is decommissioned")

    def _basic(self) -> tuple[str, bytes]:
        kind, _, given = self.headers.get("Authorization", "").partition(" ")
        try:
            name, _, secret = base64.b64decode(given, validate=True).decode().partition(":")
            if kind != "Basic":
                raise ValueError(kind)
            return name, bytes.fromhex(secret)
        except ValueError as error:
            raise RefusedError(401, "a code is needed") from error

    def _held(self) -> x509.Certificate:
        der = self.request.getpeercert(binary_form=True)
        if not der:
            raise RefusedError(401, "a camera's certificate is needed")
        return x509.load_der_x509_certificate(der)

    def _give(self, certificate: bytes) -> None:
        found = [x509.load_pem_x509_certificate(certificate)]
        self._answer(200, _certs_only(found), "application/pkcs7-mime; smime-type=certs-only")

    def _say(self, status: int, line: str) -> None:
        self._answer(status, line.encode(), "text/plain; charset=utf-8")

    def _answer(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        if status == 401:
            self.send_header("WWW-Authenticate", 'Basic realm="enrolment"')
        self.send_header("Content-Type", kind)
        if kind.startswith("application/pkcs7"):
            self.send_header("Content-Transfer-Encoding", "base64")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _certs_only(certificates: list[x509.Certificate]) -> bytes:
    """CMS without a signer, base64, as RFC 7030 4.1.3 and 4.2.3 want it."""
    return base64.encodebytes(
        pkcs7.serialize_certificates(certificates, serialization.Encoding.DER)
    )


def _csr(body: bytes) -> bytes:
    try:
        der = base64.b64decode(b"".join(body.split()), validate=True)
        request = x509.load_der_x509_csr(der)
    except (binascii.Error, ValueError) as error:
        raise RefusedError(400, "this is no certificate request") from error
    return request.public_bytes(serialization.Encoding.PEM)
