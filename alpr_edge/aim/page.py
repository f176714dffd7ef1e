"""The meters as a page on the loopback address, for a technician's SSH tunnel.

A one-time PIN opens it for one browser; three wrong ones close it for good.
"""

from __future__ import annotations

import hmac
import secrets
import threading
from html import escape
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

from alpr_edge.aim.session import Session
from alpr_edge.aim.terminal import text
from alpr_edge.errors import InputError

MOST_TRIES = 3
MOST_FORM_BYTES = 200
HOSTS = {"localhost", "127.0.0.1"}
STYLE = (
    "body{font:16px system-ui;margin:1rem;background:#111;color:#eee}"
    "img{max-width:100%;border:1px solid #444}pre{font-size:14px}input,button{font-size:1.2rem}"
)


class Page:
    """Listens until `close`; the session's own end closes it in any case."""

    def __init__(self, session: Session, port: int = 0) -> None:
        """Bind to the loopback address.

        Raises:
            InputError: The port is taken.
        """
        self.pin = f"{secrets.randbelow(10**8):08}"
        self._session = session
        self._token: str | None = None
        self._tries = 0
        self._lock = threading.Lock()
        handler = type("Handler", (_Handler,), {"page": self})
        try:
            self._server = ThreadingHTTPServer(("127.0.0.1", port), handler)
        except OSError as error:
            raise InputError(f"port {port}: {error.strerror}", fix="give another --port") from error
        self._server.daemon_threads = True
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()

    def open_with(self, pin: str) -> str | None:
        """A cookie for the one browser that gives the PIN first."""
        with self._lock:
            if self._token is not None or self._tries >= MOST_TRIES:
                return None
            self._tries += 1
            if not hmac.compare_digest(pin.encode(), self.pin.encode()):
                return None
            self._token = secrets.token_urlsafe(32)
            return self._token

    def admits(self, token: str) -> bool:
        """Whether this is the browser that gave the PIN, and the session is not over."""
        return (
            self._token is not None
            and self._session.left_s > 0
            and hmac.compare_digest(token.encode(), self._token.encode())
        )

    def body(self) -> str:
        """The meters."""
        shown = self._session.shown
        return "waiting for the first frame" if shown is None else text(shown)

    def picture(self) -> bytes:
        """The masked preview."""
        shown = self._session.shown
        return b"" if shown is None else shown.picture


class _Handler(BaseHTTPRequestHandler):
    page: Page
    server_version, sys_version = "alpr", ""
    timeout = 20.0

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Nothing of a request is logged."""

    def do_GET(self) -> None:
        """The form, or with the cookie the meters and the preview."""
        if not self._host():
            return
        if not self.page.admits(self._cookie()):
            form = '<form method="post"><label>PIN <input name="pin" autocomplete="off"></label>'
            self._html(f"{form} <button>Open</button></form>")
        elif self.path.startswith("/preview.jpg"):
            self._send(200, self.page.picture(), "image/jpeg")
        else:
            self._html(f'<img src="/preview.jpg" alt=""><pre>{escape(self.page.body())}</pre>', 1)

    def do_POST(self) -> None:
        """Take the PIN."""
        if not self._host():
            return
        length = self.headers.get("Content-Length", "")
        if not length.isdigit() or int(length) > MOST_FORM_BYTES:
            self._send(413, b"too long", "text/plain")
            return
        given = parse_qs(self.rfile.read(int(length)).decode("ascii", "replace"))
        token = self.page.open_with(given.get("pin", [""])[0].strip())
        if token is None:
            self._send(403, b"not this PIN, or it was used already", "text/plain")
            return
        self.send_response(303)
        self.send_header("Location", "/")
        self.send_header("Set-Cookie", f"aim={token}; HttpOnly; SameSite=Strict; Path=/")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _host(self) -> bool:
        """A page of elsewhere that names our address by another name gets nothing."""
        good = self.headers.get("Host", "").rpartition(":")[0] in HOSTS
        if not good:
            self._send(403, b"only localhost", "text/plain")
        return good

    def _cookie(self) -> str:
        found = SimpleCookie(self.headers.get("Cookie", "")).get("aim")
        return "" if found is None else found.value

    def _html(self, body: str, refresh_s: int = 0) -> None:
        again = f'<meta http-equiv="refresh" content="{refresh_s}">' if refresh_s else ""
        page = f"<!doctype html><meta charset=utf-8>{again}<title>aim</title><style>{STYLE}</style>"
        self._send(200, (page + body).encode(), "text/html; charset=utf-8")

    def _send(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header(
            "Content-Security-Policy",
            "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; form-action 'self';"
            " frame-ancestors 'none'",
        )
        self.end_headers()
        self.wfile.write(body)
