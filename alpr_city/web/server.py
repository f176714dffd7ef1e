"""The console's server: gunicorn, with TLS by a certificate of the city's own authority."""

from __future__ import annotations

import ssl
from typing import Any

from django.core.wsgi import get_wsgi_application
from gunicorn.app.base import BaseApplication

from alpr_city.config import CityConfig
from alpr_city.errors import SetupError
from alpr_city.web.beating import BeatingArbiter, BeatingWorker


class Server(BaseApplication):
    """One process of threads: SQLite has one writer, and the vault one lock."""

    def __init__(self, config: CityConfig) -> None:
        self._city = config
        super().__init__()

    def load_config(self) -> None:
        """Gunicorn's settings, from ours."""
        files, web = self._city.files, self._city.web
        for key, value in {
            "bind": f"{web.address}:{web.port}",
            "worker_class": BeatingWorker,
            "workers": 1,
            "threads": 48,  # an open live page holds one
            "timeout": 120,
            "graceful_timeout": 10,
            "certfile": str(files.services / "console.pem"),
            "keyfile": str(files.services / "console.key"),
            "ssl_context": _tls,
            "limit_request_line": 4094,
            "limit_request_fields": 60,
            "proc_name": "alpr-city-web",
            "loglevel": "warning",
            "control_socket_disable": True,
        }.items():
            if key in self.cfg.settings:
                self.cfg.set(key, value)

    def load(self) -> Any:
        """Django."""
        return get_wsgi_application()

    def run(self) -> None:
        """Serve until asked to stop; systemd's watchdog hears of it."""
        BeatingArbiter(self).run()


def _tls(_: Any, default: Any) -> ssl.SSLContext:
    context: ssl.SSLContext = default()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def serve(config: CityConfig) -> None:
    """Serve until asked to stop.

    Raises:
        SetupError: The certificate is missing.
    """
    if not (config.files.services / "console.pem").exists():
        raise SetupError("the console has no certificate", fix="run `alpr-city init`")
    Server(config).run()
