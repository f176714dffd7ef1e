"""Django for the city's rooms: which database, which apps. `connect` once, before any model."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from alpr_city import policy
from alpr_city.config import CityConfig
from alpr_city.web.settings import console

SQLITE_PRAGMAS = """
PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 30000;
PRAGMA cache_size = -65536; PRAGMA wal_autocheckpoint = 4000;
"""


def connect(config: CityConfig, *, serving: bool = False) -> None:
    """Set Django up for this process; a later call turns to another city's folder.

    Raises:
        ConfigError: This process serves browsers and the city's secret is missing.
    """
    import django
    from django.conf import settings

    policy.use(config.files.policy)
    if not settings.configured:
        settings.configure(
            DATABASES={"default": database(config)}, **console(config, serving=serving)
        )
        django.setup()
    elif config != settings.CITY:
        _turn_to(config)


def _turn_to(config: CityConfig) -> None:
    """One process, one city after another: what tests do."""
    from django.conf import settings
    from django.db import connections

    connections["default"].close()
    described = connections.configure_settings({"default": database(config)})
    connections.settings["default"] = described["default"]
    del connections["default"]
    settings.CITY = config


def database(config: CityConfig) -> dict[str, Any]:
    """Django's description of the one database."""
    if not config.database.url:
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": config.files.database,
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 30,
                "init_command": SQLITE_PRAGMAS.replace("\n", " "),
            },
        }
    parts = urlsplit(config.database.url)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.lstrip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or parse_qs(parts.query).get("host", [""])[0],
        "PORT": str(parts.port or ""),
    }
