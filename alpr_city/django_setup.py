"""Django for the city's rooms: which database, which apps. `connect` once, before any model."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from alpr_city.config import CityConfig
from alpr_city.web.apps import ROOMS

SQLITE_PRAGMAS = """
PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 30000;
PRAGMA cache_size = -65536; PRAGMA wal_autocheckpoint = 4000;
"""


def connect(config: CityConfig) -> None:
    """Set Django up for this process; a second call changes nothing."""
    import django
    from django.conf import settings

    if settings.configured:
        return
    settings.configure(
        DATABASES={"default": database(config)},
        INSTALLED_APPS=["alpr_city.reads", "alpr_city.web", *(f"alpr_city.{r}" for r in ROOMS)],
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        USE_TZ=True,
        TIME_ZONE="UTC",
        ROOT_URLCONF="alpr_city.web.urls",
        ALLOWED_HOSTS=["localhost", "127.0.0.1", config.broker.host],
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "APP_DIRS": True,
            }
        ],
        MIDDLEWARE=["django.middleware.security.SecurityMiddleware"],
        # Sessions and forms come with the console; this process signs nothing yet.
        SECRET_KEY="unused-" + "x" * 50,
    )
    django.setup()


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
