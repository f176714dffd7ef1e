"""The server as it stands in the network: its TLS, and bytes that are no request."""

from __future__ import annotations

import contextlib
import socket
import ssl
from urllib.parse import urlsplit

import pytest

from tests.city.console import Console


def speak(root: str, most: ssl.TLSVersion) -> ssl.SSLSocket:
    """A connection of a client that would speak anything up to a version."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    with contextlib.suppress(DeprecationWarning):
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.maximum_version = most
    port = urlsplit(root).port
    assert port is not None
    return context.wrap_socket(socket.create_connection(("127.0.0.1", port), 60))


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_old_tls_is_refused_by_the_server_itself(shared: tuple[Console, str]) -> None:
    _, root = shared
    for old in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1):
        with pytest.raises(ssl.SSLError, match="ALERT_PROTOCOL_VERSION"):
            speak(root, old)
    for new, name in ((ssl.TLSVersion.TLSv1_2, "TLSv1.2"), (ssl.TLSVersion.TLSv1_3, "TLSv1.3")):
        with speak(root, new) as connection:
            assert connection.version() == name


@pytest.mark.parametrize(
    "sent",
    [
        b"\x00" * 64 + b"\r\n\r\n",
        b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 200 + b"\r\n",
        b"POST /people/sign-in/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n"
        b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n",
    ],
)
def test_what_is_no_request_is_refused_and_says_nothing(
    shared: tuple[Console, str], sent: bytes
) -> None:
    _, root = shared
    with speak(root, ssl.TLSVersion.TLSv1_3) as connection:
        connection.sendall(sent)
        told = b""
        with contextlib.suppress(OSError):
            while piece := connection.recv(4096):
                told += piece
    assert told.split(b" ")[1:2] in ([b"400"], [b"431"], [b"414"], []), told[:100]
    for inside in (b"Traceback", b"site-packages", b"gunicorn/", b"Python"):
        assert inside not in told


def test_a_client_that_speaks_no_tls_gets_no_page(shared: tuple[Console, str]) -> None:
    _, root = shared
    port = urlsplit(root).port
    with socket.create_connection(("127.0.0.1", port), 60) as plain:
        plain.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        with contextlib.suppress(OSError):
            assert b"<html" not in plain.recv(4096)
