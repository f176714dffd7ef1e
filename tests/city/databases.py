"""The city's database for a test: the same tests run on SQLite and on PostgreSQL."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, closing
from itertools import count
from pathlib import Path

from alpr_city import django_setup
from alpr_city.config import CityConfig
from alpr_city.config.load import City, Database
from tests.city.postgres import Cluster

KINDS = ("sqlite", "postgresql")
_numbers = count()


def config_for(folder: Path, url: str = "") -> CityConfig:
    return CityConfig(city=City(name="Testville", folder=folder), database=Database(url=url))


def use(config: CityConfig) -> None:
    """Make this the database of the process."""
    from django.db import connections

    django_setup.connect(config)
    connections["default"].close()
    settings = connections.configure_settings({"default": django_setup.database(config)})
    connections.settings["default"] = settings["default"]
    del connections["default"]


class Templates:
    """A migrated database of each kind, made when first wanted and copied for each test."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._folder = Path(tempfile.mkdtemp(prefix="alpr-databases-"))
        self._folder.chmod(0o755)
        self._stack.callback(shutil.rmtree, self._folder)
        self._cluster: Cluster | None = None
        self._sqlite: Path | None = None

    def fresh(self, kind: str, folder: Path) -> CityConfig:
        """An empty database, in use."""
        config = self._on_postgres(folder) if kind == "postgresql" else self._on_sqlite(folder)
        use(config)
        return config

    def close(self) -> None:
        from django.db import connections

        connections.close_all()
        self._stack.close()

    def _on_sqlite(self, folder: Path) -> CityConfig:
        if self._sqlite is None:
            made = config_for(self._folder)
            use(made)
            _migrate()
            self._sqlite = made.files.database
            with closing(sqlite3.connect(self._sqlite)) as database:
                # A tenth of the size: nearly every one of 150 tables and indexes stays empty.
                database.executescript(
                    "PRAGMA journal_mode = DELETE; PRAGMA page_size = 1024; VACUUM"
                )
        config = config_for(folder)
        shutil.copy(self._sqlite, config.files.database)
        return config

    def _on_postgres(self, folder: Path) -> CityConfig:
        if self._cluster is None:
            cluster = Cluster(self._folder / "postgres")
            cluster.start()
            self._stack.callback(cluster.stop)
            cluster.sql("CREATE DATABASE pattern")
            use(config_for(folder, cluster.url("pattern")))
            _migrate()
            self._cluster = cluster
        name = f"city{next(_numbers)}"
        self._cluster.sql(f"CREATE DATABASE {name} TEMPLATE pattern")
        return config_for(folder, self._cluster.url(name))


def _migrate() -> None:
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    connection.close()


def templates() -> Iterator[Templates]:
    made = Templates()
    yield made
    made.close()
