"""A small server for the loopback address."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

from django.core.wsgi import get_wsgi_application

from alpr_city.errors import SetupError


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Addresses are not logged."""


def serve(port: int, asked: Callable[[], bool]) -> None:
    """Serve until asked to stop.

    Raises:
        SetupError: The port is taken.
    """
    try:
        server = make_server("127.0.0.1", port, get_wsgi_application(), handler_class=_Quiet)
    except OSError as error:
        raise SetupError(f"port {port}: {error.strerror}", fix="set web.port") from error
    server.timeout = 0.2
    with server:
        while not asked():
            server.handle_request()
